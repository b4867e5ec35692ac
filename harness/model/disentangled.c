/* Products of contents with distances: all rows of the table that an example needs at once, then picked by distance. */
#include "model/disentangled.h"

#include "math/linalg.h"

#include <math.h>
#include <stdlib.h>

#define ROW(m, i) ((m).v + (size_t)(i) * (size_t)(m).ld)

static int bucket_of(int r, int S, int far)
{
    int mid = S / 2, m = abs(r);
    if (m <= mid)
        return r;
    int grown = mid + (int)ceil(log((double)m / mid) / log((double)(far - 1) / mid) * (mid - 1));
    return r > 0 ? grown : -grown;
}

void disentangled_rows(int S, int far, int span, int *row)
{
    for (int distance = -span; distance <= span; distance++) { /* j - i */
        int p = S + bucket_of(-distance, S, far);
        row[span + distance] = p < 0 ? 0 : p > 2 * S - 1 ? 2 * S - 1 : p;
    }
}

/* The rows of the table between the farthest key in front and the farthest behind, which are those that are read. */
static int first_row(const struct disentangled *d, int *count)
{
    int least = d->row[d->span + d->k.rows - 1 - d->first], most = d->row[d->span - (d->first + d->q.rows - 1)];
    *count = most - least + 1;
    return least;
}

static int row_of(const struct disentangled *d, int j, int i)
{
    return d->row[d->span + j - (d->first + i)];
}

void disentangled_add(const struct disentangled *d, struct mat P, struct arena *scratch)
{
    size_t mark = arena_mark(scratch);
    int n, least = first_row(d, &n);
    struct mat asked = arena_mat_raw(scratch, d->q.rows, n), asking = arena_mat_raw(scratch, d->k.rows, n);
    gemm_nt((double)d->scale, d->q, mat_rows(d->Kr, least, n), 0, asked);
    gemm_nt((double)d->scale, d->k, mat_rows(d->Qr, least, n), 0, asking);
    for (int j = 0; j < d->k.rows; j++)
        for (int i = 0; i < d->q.rows; i++) {
            int p = row_of(d, j, i) - least;
            ROW(P, j)[i] += ROW(asked, i)[p] + ROW(asking, j)[p];
        }
    arena_release(scratch, mark);
}

void disentangled_backward(const struct disentangled *d, struct mat dS, struct arena *scratch)
{
    size_t mark = arena_mark(scratch);
    int n, least = first_row(d, &n);
    struct mat asked = arena_mat(scratch, d->q.rows, n), asking = arena_mat(scratch, d->k.rows, n);
    for (int j = 0; j < d->k.rows; j++)
        for (int i = 0; i < d->q.rows; i++) {
            int p = row_of(d, j, i) - least;
            ROW(asked, i)[p] += ROW(dS, j)[i];
            ROW(asking, j)[p] += ROW(dS, j)[i];
        }
    gemm_nn(1, asked, mat_rows(d->Kr, least, n), 1, d->dq);
    gemm_tn(1, asked, d->q, 1, mat_rows(d->dKr, least, n));
    gemm_nn(1, asking, mat_rows(d->Qr, least, n), 1, d->dk);
    gemm_tn(1, asking, d->k, 1, mat_rows(d->dQr, least, n));
    arena_release(scratch, mark);
}

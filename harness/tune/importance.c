/* What matters most: smoothed sensitivity of triplets (Zhang et al. 2023), and choosing among triplets or sites. */
#include "tune/importance.h"

#include "core/order.h"
#include "math/linalg.h"
#include "tune/lowrank.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void importance_attach(struct tuning *t, const struct lowrank *l, struct importance *m)
{
    const struct param *const w[3] = {l->A, l->E, l->B};
    m->keep = tuning_buffer(t, 1, l->A->w.rows);
    for (int k = 0; k < 3; k++) {
        m->I[k] = tuning_buffer(t, w[k]->w.rows, w[k]->w.cols);
        m->U[k] = tuning_buffer(t, w[k]->w.rows, w[k]->w.cols);
    }
}

void importance_update(const struct lowrank *l, struct importance *m, double b1, double b2)
{
    const struct param *const w[3] = {l->A, l->E, l->B};
    for (int k = 0; k < 3; k++) {
        real *I = m->I[k].v, *U = m->U[k].v;
        for (size_t j = 0; j < mat_size(m->I[k]); j++) {
            double now = fabs((double)w[k]->w.v[j] * (double)w[k]->g.v[j]);
            I[j] = (real)(b1 * (double)I[j] + (1 - b1) * now);
            U[j] = (real)(b2 * (double)U[j] + (1 - b2) * fabs(now - (double)I[j]));
        }
    }
}

double importance_of_triplet(const struct importance *m, int k)
{
    struct mat IB = {m->I[2].v + k, m->I[2].rows, 1, m->I[2].ld}, UB = {m->U[2].v + k, m->U[2].rows, 1, m->U[2].ld};
    return (double)m->I[1].v[k] * (double)m->U[1].v[k] +
           mat_dot(mat_rows(m->I[0], k, 1), mat_rows(m->U[0], k, 1)) / m->I[0].cols + mat_dot(IB, UB) / IB.rows;
}

double importance_threshold(const double *score, int count, int n)
{
    if (n < 1)
        return -INFINITY;
    double *sorted = mem_alloc((size_t)count * sizeof *sorted);
    memcpy(sorted, score, (size_t)count * sizeof *sorted);
    qsort(sorted, (size_t)count, sizeof *sorted, order_double);
    double value = sorted[n - 1];
    free(sorted);
    return value;
}

/* Marks unmarked sites of one type (or of all, TARGETS) in order of falling value: at most n, until their shares sum to
 * T. Returns how many; T >= 1 never stops early, whatever rounding says. */
static int mark(const struct tuning *t, int type, const double *value, const double *share, int n, double T,
                bool *marked)
{
    int done = 0;
    for (double sum = 0; done < n && (T >= 1 || sum < T); done++) {
        int best = -1;
        for (int i = 0; i < t->nsites; i++) {
            bool here = type == TARGETS || type == (int)t->site[i]->target;
            if (here && !marked[i] && (best < 0 || value[i] > value[best]))
                best = i;
        }
        if (best < 0)
            break;
        marked[best] = true;
        sum += share[best];
    }
    return done;
}

static void normalise(const struct tuning *t, int type, double *share)
{
    double sum = 0;
    int n = 0;
    for (int i = 0; i < t->nsites; i++)
        if (type == TARGETS || type == (int)t->site[i]->target) {
            sum += share[i];
            n++;
        }
    for (int i = 0; i < t->nsites; i++)
        if (type == TARGETS || type == (int)t->site[i]->target)
            share[i] = sum > 0 ? share[i] / sum : 1.0 / n;
}

void importance_select(const struct tuning *t, double *share, bool by_type, const double *value, int n, double T,
                       bool *kept)
{
    bool *counted = mem_alloc((size_t)t->nsites * sizeof *counted);
    memset(kept, 0, (size_t)t->nsites * sizeof *kept);
    for (int type = by_type ? 0 : TARGETS; type < (by_type ? TARGETS : TARGETS + 1); type++)
        normalise(t, type, share);
    if (!value)
        value = share;
    if (n > 0)
        mark(t, TARGETS, value, share, n, 1, kept);
    else
        for (int type = by_type ? 0 : TARGETS; type < (by_type ? TARGETS : TARGETS + 1); type++)
            mark(t, type, value, share, mark(t, type, share, share, t->nsites, T, counted), 1, kept);
    free(counted);
}

/* Softmax over the largest of each row. */
#include "tune/mixture.h"

#include "math/linalg.h"

#include <math.h>

void mixture_choose(struct mat z, int k, struct mat w)
{
    mat_fill(w, 0);
    for (int row = 0; row < z.rows; row++) {
        const real *logit = mat_at(z, row, 0);
        real *weight = mat_at(w, row, 0), sum = 0, largest = 0;
        for (int n = 0; n < k; n++) {
            int best = -1;
            for (int i = 0; i < z.cols; i++)
                if (weight[i] == 0 && (best < 0 || logit[i] > logit[best]))
                    best = i;
            largest = n ? largest : logit[best];
            sum += weight[best] = (real)exp((double)(logit[best] - largest));
        }
        mat_scale(1 / (double)sum, mat_rows(w, row, 1));
    }
}

void mixture_gradient(struct arena *scratch, struct mat w, struct mat V, struct mat e, struct mat dz, struct mat dV)
{
    size_t mark = arena_mark(scratch);
    struct mat c = arena_mat_raw(scratch, w.rows, w.cols), mean = arena_mat(scratch, 1, w.rows);
    gemm_tn(1, w, e, 1, dV);
    gemm_nt(1, e, V, 0, c);
    mat_add_rowdot(-1, w, c, mean);
    mat_multiply(w, c);
    mat_add(1, c, dz);
    mat_scale_rows(w, mean, c);
    mat_add(1, c, dz);
    arena_release(scratch, mark);
}

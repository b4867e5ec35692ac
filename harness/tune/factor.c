/* A matrix, full or of low rank, behind one face. */
#include "tune/factor.h"

#include "math/linalg.h"

#include <stdio.h>

void factor_attach(struct tuning *t, struct site *s, struct factor *f, const char *name, int rows, int cols, bool full)
{
    char part[MODEL_NAME];
    if (full) {
        f->full = tuning_param(t, s, name, rows, cols);
        tuning_train(f->full, 1);
        return;
    }
    snprintf(part, sizeof part, "%s_a", name);
    f->a = tuning_param(t, s, part, rows, s->rank);
    snprintf(part, sizeof part, "%s_b", name);
    f->b = tuning_param(t, s, part, s->rank, cols);
    tuning_train(f->a, 1);
    tuning_train(f->b, 1);
}

void factor_form(struct factor *f, const struct pass *p)
{
    if (f->full) {
        f->M = f->full->w;
        return;
    }
    f->M = arena_mat_raw(p->keep ? p->saved : p->scratch, f->a->w.rows, f->b->w.cols);
    gemm_nn(1, f->a->w, f->b->w, 0, f->M);
}

void factor_gradient(const struct factor *f, struct mat G)
{
    if (f->full) {
        mat_add(1, G, f->full->g);
        return;
    }
    gemm_nt(1, G, f->b->w, 1, f->a->g);
    gemm_tn(1, f->a->w, G, 1, f->b->g);
}

double factor_entry(const struct factor *f, int i, int j)
{
    double sum = 0;
    if (f->full)
        return (double)f->full->w.v[i * f->full->w.ld + j];
    for (int k = 0; k < f->a->w.cols; k++)
        sum += (double)f->a->w.v[i * f->a->w.ld + k] * (double)f->b->w.v[k * f->b->w.ld + j];
    return sum;
}

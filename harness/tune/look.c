/* From a look at data to the start of a pair. */
#include "tune/look.h"

#include "math/linalg.h"

void look_attach(struct tuning *t, struct site *s, int rows, int cols)
{
    struct look *k = s->state;
    lowrank_attach(t, s, &k->l);
    tuning_train(k->l.A, 1);
    tuning_train(k->l.B, 1);
    if (t->phase == 0)
        k->sum = tuning_buffer(t, rows, cols);
}

static struct mat keep(struct tuning *t, struct mat m)
{
    struct mat kept = mat_of(tuning_keep(t, mat_size(m) * sizeof(real)), m.rows, m.cols);
    mat_copy(m, kept);
    return kept;
}

void look_decide(struct tuning *t, struct site *s, struct mat A, struct mat B)
{
    struct looked *seen = t->shared;
    s->rank = A.rows;
    seen->A[s->nth] = keep(t, A);
    if (B.v)
        seen->B[s->nth] = keep(t, B);
}

void look_init(struct tuning *t, struct site *s)
{
    const struct looked *seen = t->shared;
    struct look *k = s->state;
    struct mat A = seen->A[s->nth], B = seen->B[s->nth];
    if (t->phase == 0 || !A.v) {
        lowrank_init(t, s, &k->l);
        return;
    }
    mat_copy(A, k->l.A->w);
    if (!B.v)
        return;
    mat_copy(B, k->l.B->w);
    gemm_nn(-k->l.s, B, A, 1, s->W->w);
}

long look_stored(const struct tuning *t)
{
    long n = 0;
    for (int i = 0; i < t->nsites; i++)
        n += 2 * lowrank_count(t->site[i]->rank, t->site[i]->in, t->site[i]->out);
    return n;
}

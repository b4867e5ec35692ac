/* AdamW in PyTorch's order of operations, so that in double states agree with it to rounding. In float 1 - beta2 is taken of the
 * rounded beta2: at 0.999 it is off by 1.3e-5 of itself, at the largest that is allowed by 1.4e-3. */
#include "model/optim.h"

#include "core/arena.h"
#include "math/linalg.h"
#include "math/vecmath.h"

#include <math.h>

VECTOR_CLONES static void update(real *restrict w, const real *restrict g, real *restrict m1, real *restrict m2,
                                 size_t n, real b1, real b2, real keep, real step, real root2, real eps)
{
    for (size_t i = 0; i < n; i++) {
        m1[i] = b1 * m1[i] + (1 - b1) * g[i];
        m2[i] = b2 * m2[i] + (1 - b2) * (g[i] * g[i]);
        w[i] = keep * w[i] - step * m1[i] / ((real)sqrt(m2[i]) / root2 + eps);
    }
}

void adamw_step(struct model *m, const struct adamw *o, double lr, long t)
{
    double c1 = 1 - pow(o->beta1, (double)t), c2 = 1 - pow(o->beta2, (double)t);
    for (int i = 0; i < m->nparam; i++) {
        struct param *p = m->param[i];
        if (!p->g.v)
            continue;
        double eta = lr * (double)p->lr_scale, keep = 1 - (p->decay ? eta * o->weight_decay : 0);
        update(p->w.v, p->g.v, p->m1.v, p->m2.v, mat_size(p->w), (real)o->beta1, (real)o->beta2, (real)keep,
               (real)(eta / c1), (real)sqrt(c2), (real)o->eps);
    }
}

typedef double four __attribute__((vector_size(4 * sizeof(double))));

/* Sums of squares of four vectors, each in the order of mat_dot: one sum alone waits for each of its additions. */
VECTOR_CLONES static void squares(const real *const v[4], size_t n, double sum[4])
{
    four s = {0};
    for (size_t i = 0; i < n; i++) {
        const four x = {(double)v[0][i], (double)v[1][i], (double)v[2][i], (double)v[3][i]};
        s += x * x;
    }
    for (int k = 0; k < 4; k++)
        sum[k] = s[k];
}

/* square[j] of parameter i, and of three more of its size after it if there are. */
static void square_next(const struct model *m, int i, double *square)
{
    const struct mat first = m->param[i]->g;
    const real *v[4] = {first.v};
    double sum[4];
    int found[4] = {i}, n = 1;
    for (int j = i + 1; j < m->nparam && n < 4; j++) {
        const struct mat g = m->param[j]->g;
        if (g.v && isnan(square[j]) && mat_size(g) == mat_size(first)) {
            v[n] = g.v;
            found[n++] = j;
        }
    }
    if (n == 4)
        squares(v, mat_size(first), sum);
    else
        sum[0] = mat_dot(first, first);
    for (int k = 0; k < (n == 4 ? 4 : 1); k++)
        square[found[k]] = sum[k];
}

double grad_norm(const struct model *m)
{
    static double *square;
    static int room;
    double sum = 0;
    if (m->nparam > room) {
        room = m->nparam;
        square = mem_grow(square, (size_t)room * sizeof *square);
    }
    for (int i = 0; i < m->nparam; i++)
        square[i] = NAN; /* not yet */
    for (int i = 0; i < m->nparam; i++) {
        if (!m->param[i]->g.v)
            continue;
        if (isnan(square[i]))
            square_next(m, i, square);
        sum += square[i];
    }
    return sqrt(sum);
}

void grad_clip(struct model *m, double norm, double max)
{
    if (max <= 0 || !(norm > max))
        return;
    for (int i = 0; i < m->nparam; i++)
        if (m->param[i]->g.v)
            mat_scale(max / (norm + 1e-6), m->param[i]->g);
}

double schedule_factor(enum schedule s, int step, int steps, int warmup)
{
    if (step < warmup)
        return (double)(step + 1) / warmup;
    if (s == SCHEDULE_CONSTANT || steps <= warmup)
        return 1;
    double left = (double)(steps - step) / (steps - warmup);
    return s == SCHEDULE_LINEAR ? left : 0.5 * (1 - cos(3.14159265358979323846 * left));
}

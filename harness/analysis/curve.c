/* Mean test scores over the steps of a group's runs, and where they come to a score. */
#include "analysis/curve.h"

#include "core/arena.h"

#include <math.h>
#include <stdlib.h>

struct curve curve_of(const struct group *g)
{
    struct curve c = {0};
    for (int more = 1; more; c.n += more) {
        double sum = 0, step = 0;
        int n = 0;
        for (int i = 0; i < g->samples; i++) {
            const struct run *r = result_run(g->sample[i]);
            if (c.n < r->evals) {
                sum += r->test[c.n].metric;
                step = r->eval_step[c.n];
                n++;
            }
        }
        more = n > 0;
        if (more) {
            c.step = mem_grow(c.step, (size_t)(c.n + 1) * sizeof *c.step);
            c.score = mem_grow(c.score, (size_t)(c.n + 1) * sizeof *c.score);
            c.step[c.n] = step;
            c.score[c.n] = sum / n;
        }
    }
    return c;
}

void curve_free(struct curve *c)
{
    free(c->step);
    free(c->score);
    *c = (struct curve){0};
}

double curve_at(const struct curve *c, double step)
{
    if (c->n == 0 || !(step >= c->step[0]))
        return NAN;
    int i = 0;
    while (i + 1 < c->n && c->step[i + 1] <= step)
        i++;
    if (i + 1 == c->n)
        return c->score[i];
    double part = (step - c->step[i]) / (c->step[i + 1] - c->step[i]);
    return c->score[i] + part * (c->score[i + 1] - c->score[i]);
}

/* Index of the first evaluation that has `goal`; n when none has. */
static int first_with(const struct curve *c, double goal)
{
    int i = 0;
    while (i < c->n && !(c->score[i] >= goal))
        i++;
    return i;
}

double curve_evaluation(const struct curve *c, double goal)
{
    int i = first_with(c, goal);
    return i < c->n ? c->step[i] : NAN;
}

double curve_reaches(const struct curve *c, double goal)
{
    int i = first_with(c, goal);
    if (i == c->n)
        return NAN;
    if (i == 0)
        return c->step[0];
    double part = (goal - c->score[i - 1]) / (c->score[i] - c->score[i - 1]); /* score[i - 1] < goal <= score[i] */
    return c->step[i - 1] + part * (c->step[i] - c->step[i - 1]);
}

/* Who is faster: steps to 95 % of the worse one's final score, against a reference, for every length of a run. */
#include "analysis/along.h"
#include "analysis/curve.h"
#include "table/kind.h"

#include "core/arena.h"
#include "stats/stats.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double share = 0.95; /* of the final score of the one that ends lower */

/* Steps until a run's test score first reaches `goal`, on a line between evaluations; NaN where it never does. */
static double steps_to(const struct run *r, double goal)
{
    double *step = mem_alloc((size_t)(2 * r->evals + 2) * sizeof *step), *score = step + r->evals + 1;
    for (int i = 0; i < r->evals; i++)
        step[i] = r->eval_step[i], score[i] = r->test[i].metric;
    const double at = curve_reaches(&(struct curve){step, score, r->evals}, goal);
    free(step);
    return at;
}

/* Log10 of the reference's steps over those of the line into v (tasks, seeds), NaN without the records of both; returns how many
 * there are. Adds to `steps` what each needs. */
static int ratios(const struct along *a, int series, int x, int seeds, double *v, double steps[2])
{
    int n = 0;
    for (int i = 0; i < a->tasks * seeds; i++)
        v[i] = NAN;
    steps[0] = steps[1] = 0;
    for (int i = 0; i < a->n; i++) {
        const struct along_run *one = &a->run[i];
        if (one->series != series || one->x != x || !one->run->ok)
            continue;
        const struct along_run *other = along_find(a, a->reference, x, one->task, one->seed, NAN);
        const struct run *r = result_run(one->run), *q = other && other->run->ok ? result_run(other->run) : NULL;
        if (!q || r->evals < 2 || q->evals < 2)
            continue;
        const double goal = share * fmin(one->score, other->score), own = steps_to(r, goal), its = steps_to(q, goal);
        if (isnan(own) || isnan(its))
            continue;
        steps[0] += own, steps[1] += its;
        v[one->task * seeds + one->seed - a->least] = log10(its / own);
        n++;
    }
    return n;
}

static void fill(struct table *t, const struct groups *g, const struct display *d)
{
    struct along a = along_make(g, d, false);
    const int seeds = a.n ? a.most - a.least + 1 : 0;
    double *v = mem_alloc((size_t)(a.tasks * seeds + 1) * sizeof *v), steps[2];
    char kind[256];
    const int what = table_column(t, "Method", "method", EVERYONE, false),
              count = table_column(t, "n", "n", EVERYONE, true), own = table_column(t, "Steps", "own", EVERYONE, true),
              its = table_column(t, "The reference’s", "reference", EVERYONE, true),
              faster = interval_columns(t, "Times as fast", "faster"),
              row = table_column(t, "", "name", PROGRAMS, false), tasks = table_column(t, "", "tasks", PROGRAMS, true);
    for (int i = 0; i < a.nseries && a.reference >= 0; i++)
        for (int x = 0; x < a.nx; x++) {
            const int n = i == a.reference ? 0 : ratios(&a, i, x, seeds, v, steps);
            if (!n)
                continue;
            char *name = along_name(&a, i, x);
            const struct interval m = nested_interval(v, a.tasks, seeds, 0);
            table_row(t);
            table_text(t, what, "%s", name);
            table_number(t, tasks, a.tasks, 0);
            table_text(t, row, "%s", name);
            table_number(t, count, n, 0);
            table_number(t, own, steps[0] / n, 0);
            table_number(t, its, steps[1] / n, 0);
            put_interval(
                t, faster,
                (struct interval){.estimate = pow(10, m.estimate), .low = pow(10, m.low), .high = pow(10, m.high)}, 2,
                false);
            values_present(v, a.tasks * seeds);
            for (int k = 0; k < n; k++)
                v[k] = pow(10, v[k]);
            table_draws(t, faster, v, n);
            free(name);
        }
    nested_words(a.tasks, kind, sizeof kind);
    table_caption(t,
                  "%s: steps until a run first has 95 %% of the final test score of the worse of the two runs of a "
                  "task and seed, on a "
                  "line between evaluations, and how many times as fast as %s that is: mean of logarithms over n pairs "
                  "of a task and "
                  "a seed. Intervals: %s.",
                  t->id, a.reference >= 0 ? a.series[a.reference] : "nothing", kind);
    free(v);
    along_free(&a);
}

const struct table_kind table_speed = {
    .name = "speed",
    .title = "Who gets there first",
    .help =
        "Steps to 95 % of the worse run’s final score beside those of a reference; for runs with records and several "
        "evaluations.",
    .keys = ALONG_KEYS,
    .absent = "no two runs have records with several evaluations",
    .fill = fill,
};

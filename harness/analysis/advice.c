/* From judgements to sentences. */
#include "analysis/advice.h"

#include "analysis/verdict.h"
#include "analysis/words.h"
#include "core/arena.h"
#include "stats/distribution.h"
#include "stats/stats.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LEAST = INTERVAL_LEAST }; /* good runs, for a word on a method */

/* A method among the others. */
struct rival {
    const struct group *group;
    struct judgement from_best; /* its difference to the best one */
    double mean, time, work;    /* ms and operations of a step */
    bool told;                  /* apart from the best */
    bool near;                  /* within the margin of the best one's mean: cost may decide */
    bool fails;                 /* too often to be recommended at its rate */
};

static const char *rate_of(const struct group *g)
{
    for (int i = 0; i < g->n; i++)
        if (g->run[i]->ok)
            return rate_text(g->run[i]->lr);
    return "";
}

/* "DoRA, VeRA and LoRA": those that are (not) told from the best; returns how many. */
static int name_rivals(FILE *f, const struct rival *r, int n, bool told)
{
    int all = 0, said = 0;
    for (int i = 0; i < n; i++)
        all += r[i].told == told;
    for (int i = 0; i < n; i++)
        if (r[i].told == told) {
            fprintf(f, "%s%s", !said ? "" : said + 1 == all ? " and " : ", ", r[i].group->label);
            said++;
        }
    return all;
}

static int by_mean(const void *a, const void *b)
{
    const struct rival *x = a, *y = b;
    return (x->mean < y->mean) - (x->mean > y->mean);
}

/* The groups of the first task with good runs enough, the best first. Which is best the same runs say, so that any two could have been
 * compared: each is told from the best as all pairs can be told at once (Games and Howell 1976: the studentized range with Welch's degrees of freedom). */
static struct rival *rank_groups(const struct groups *g, int *n)
{
    const double margin = g->rows->plan->experiment->margin;
    struct rival *r = mem_alloc((size_t)(g->n + 1) * sizeof *r);
    *n = 0;
    for (int i = 0; i < g->n; i++) {
        const struct group *one = &g->group[i];
        if (strcmp(one->task, g->group[0].task) == 0 && one->ok >= LEAST)
            r[(*n)++] = (struct rival){.group = one,
                                       .mean = judgement_of(g, one, FACT_test_metric, "").mean,
                                       .fails = fails_often(group_failed(g, one), one->n),
                                       .time = group_median(one, FACT_step_ms),
                                       .work = group_mean(one, FACT_flops_per_step)};
    }
    qsort(r, (size_t)*n, sizeof *r, by_mean);
    for (int i = 1; i < *n; i++) {
        r[i].from_best = judgement_of(g, r[i].group, FACT_test_metric, r[0].group->label);
        const struct contrast *c = &r[i].from_best.contrast;
        r[i].told = c->high < 0 && range_cdf(M_SQRT2 * fabs(c->difference) / c->error, *n, c->df) >= 0.95;
        r[i].near = !r[i].told && r[i].mean >= r[0].mean - margin;
    }
    return r;
}

/* One standard error that so many test rows leave in a score: 1 / sqrt(n) for correlations; for shares and F1 binomial, of (k + 1) /
 * (n + 2), since n of n right do not mean that none of the next is wrong. */
static double rows_error(const struct tested *t, enum metric m, double score)
{
    const bool correlation = m == METRIC_MCC || m == METRIC_PEARSON || m == METRIC_SPEARMAN;
    return !t->rows      ? 0
           : correlation ? 1 / sqrt(t->rows)
                         : binomial_error((score * t->effective + 1) / (t->effective + 2), t->effective);
}

/* Whether a method has learned anything at all: most of its runs say more than the most frequent class, the interval of its
 * score lies above that of a guess, and the score further above than the test rows' own chance explains. */
static bool has_learned(const struct groups *g, const struct rival *r, const struct tested *t)
{
    int same = 0;
    for (int i = 0; i < r->group->n; i++)
        same += r->group->run[i]->ok && r->group->run[i]->collapsed;
    return 2 * same < r->group->ok && judgement_of(g, r->group, FACT_test_metric, "").interval.low > t->guess &&
           r->mean > t->guess + 2 * rows_error(t, r->group->setup->metric, t->guess);
}

/* Whether a step of a costs less than one of b: times alone change with what else the machine does. */
static bool cheaper(const struct rival *a, const struct rival *b)
{
    return a->work < b->work && a->time <= 0.95 * b->time;
}

/* Of the best and those near it, the one whose step takes least; NULL where all of these fail too often. A method that may be far
 * behind is not recommended because it is cheap: that so few runs cannot tell it apart speaks against the runs, not for the
 * method. */
static const struct rival *cheapest(const struct rival *r, int n)
{
    const struct rival *best = NULL;
    for (int i = 0; i < n; i++)
        if ((i == 0 || r[i].near) && !r[i].fails && (!best || cheaper(&r[i], best)))
            best = &r[i];
    return best;
}

/* Which of those that are not told from the best would be recommended if they did not fail. */
static void write_failing(FILE *f, const struct rival *r, int n)
{
    int said = 0;
    for (int i = 0; i < n; i++)
        if (r[i].fails && !r[i].told)
            fprintf(f, "%s%s",
                    said++ ? ", " : " Not to be recommended at its rate, since more than one run in twenty failed: ",
                    r[i].group->label);
    fputs(said ? "." : "", f);
}

/* Whether none of those that are not told from the best is told from another of them. */
static bool all_alike(const struct groups *g, const struct rival *r, int n)
{
    bool alike = true;
    for (int i = 1; alike && i < n; i++)
        for (int k = i + 1; alike && k < n; k++) {
            if (r[i].told || r[k].told)
                continue;
            const struct judgement j = judgement_of(g, r[k].group, FACT_test_metric, r[i].group->label);
            alike = !(j.contrast.high < 0 || j.contrast.low > 0);
        }
    return alike;
}

/* What to use. */
static void write_choice(FILE *f, const struct groups *g, const struct rival *r, int n)
{
    const struct rival *use = cheapest(r, n), *other = &r[0];
    int tied = 0;
    for (int i = 0; i < n; i++) {
        tied += !r[i].told;
        if (use && r[i].near && cheaper(use, &r[i]) && strcmp(r[i].group->label, "LoRA") == 0)
            other = &r[i]; /* what most people would take */
    }
    if (n == 1) {
        fprintf(f, "Only %s has three good runs, so that nothing is compared: it reaches %s", r[0].group->label,
                percent_text(r[0].mean));
    } else if (tied == 1) {
        fprintf(f, "%s is better than all others on your data (%s, %s more than %s, the next)", r[0].group->label,
                percent_text(r[0].mean), points_text(r[0].mean - r[1].mean) + 1, r[1].group->label);
    } else {
        if (all_alike(g, r, n)) {
            name_rivals(f, r, n, false);
            fprintf(f, " cannot be told apart on your data");
        } else {
            name_rivals(f, r + 1, n - 1, false);
            fprintf(f, " cannot be told from the best, %s, on your data", r[0].group->label);
        }
        if (use && cheaper(use, other))
            fprintf(f, "; a step of %s costs %.0f %% less than one of %s", use->group->label,
                    100 * (1 - use->time / other->time), other->group->label);
    }
    if (!use) {
        fputs("; none of the best can be recommended at its rate: more than one run in twenty failed of each.", f);
        return;
    }
    fprintf(f, "; use %s at rate %s.", use->group->label, rate_of(use->group));
    write_failing(f, r, n);
    const struct rival *cheap = &r[0];
    for (int i = 1; i < n; i++)
        cheap = !r[i].told && cheaper(&r[i], cheap) ? &r[i] : cheap;
    if (cheap != use && cheaper(cheap, use))
        fprintf(f,
                " A step of %s costs less, and these runs cannot tell it from the best; its mean is %s points behind.",
                cheap->group->label, percent_text(r[0].mean - cheap->mean));
}

/* What is worse, and by how much. */
static void write_worse(FILE *f, const struct rival *r, int n)
{
    int worse = 0;
    double least = INFINITY, most = 0;
    for (int i = 1; i < n; i++)
        if (r[i].told) {
            worse++;
            least = fmin(least, r[0].mean - r[i].mean);
            most = fmax(most, r[0].mean - r[i].mean);
        }
    if (!worse)
        return;
    fprintf(f, " Worse than %s, the best at %s: ", r[0].group->label, percent_text(r[0].mean));
    name_rivals(f, r, n, true);
    fprintf(f, worse == 1 ? ", by %s points." : ", by %s", percent_text(least));
    if (worse > 1)
        fprintf(f, " to %s points.", percent_text(most));
}

/* What so few runs and rows cannot tell: the least difference to the best that would be told, in the middle over the methods, and the
 * error of the test rows; who was not judged; which runs failed. */
static void write_limits(FILE *f, const struct groups *g, const struct rival *r, int n, const struct tested *t)
{
    double *width = mem_alloc((size_t)(n + 1) * sizeof *width);
    int widths = 0, few = n ? r[0].group->ok : 0, failed = 0, runs = 0, left = 0;
    for (int i = 1; i < n; i++) {
        const struct contrast *c = &r[i].from_best.contrast;
        if (!isnan(c->low))
            width[widths++] = range_quantile(0.95, n, c->df) * c->error / M_SQRT2;
        few = r[i].group->ok < few ? r[i].group->ok : few;
    }
    const double seen = widths ? stats_median(width, widths) : 0;
    if (seen > 0)
        fprintf(f, " With %d seeds, differences below about %s points cannot be seen.", few, percent_text(seen));
    free(width);
    if (n && t->rows)
        fprintf(f, " With %d other test rows a score would change by about %s points (one standard error).", t->rows,
                percent_text(rows_error(t, r[0].group->setup->metric, fmax(0, r[0].mean))));
    for (int i = 0; i < g->n; i++) {
        const struct group *one = &g->group[i];
        if (one->ok < LEAST)
            fprintf(f, "%s%s", left++ ? ", " : " Not judged, with less than three good runs: ", one->label);
        int of = group_failed(g, one); /* the head alone is the scale's lower end */
        failed += of < 0 ? one->n - one->ok : of;
        runs += one->n;
    }
    fputs(left ? "." : "", f);
    if (failed)
        fprintf(f,
                " %d of %d runs failed: they broke off, collapsed, or learned next to nothing beyond the head alone.",
                failed, runs);
}

static bool learned(const struct groups *g, const struct rival *r, int n, const struct tested *t)
{
    for (int i = 0; i < n; i++)
        if (has_learned(g, &r[i], t))
            return true;
    return false;
}

/* Why nothing is recommended: too little was learned, or too few test rows can show it. */
static void write_nothing(FILE *f, const struct groups *g, const struct rival *best, const struct tested *t)
{
    const struct interval v = judgement_of(g, best->group, FACT_test_metric, "").interval;
    const bool rows =
        v.low > t->guess && best->mean <= t->guess + 2 * rows_error(t, best->group->setup->metric, t->guess);
    fprintf(f, "No method is seen to do better than a guess (the best, %s, has %s", best->group->label,
            percent_text(best->mean));
    if (!isnan(v.low))
        fprintf(f, " %s", range_text(v.low, v.high, false));
    fprintf(f, ", a guess %s), so none can be recommended: ", percent_text(t->guess));
    if (rows)
        fprintf(f, "%d test rows are too few to tell; give more rows, or join classes that have few.", t->rows);
    else
        fputs("give more steps, more time or a larger base.", f);
}

char *advice_make(const struct groups *g, const struct tested *tested)
{
    char *text = NULL;
    size_t size;
    int n;
    struct rival *r = rank_groups(g, &n);
    FILE *f = mem_stream(&text, &size);
    if (!n) {
        fputs("Too little was run to say anything: no method has three good runs.", f);
    } else if (!learned(g, r, n, tested)) {
        write_nothing(f, g, &r[0], tested);
    } else {
        write_choice(f, g, r, n);
        write_worse(f, r, n);
    }
    write_limits(f, g, r, n, tested);
    fclose(f);
    free(r);
    return text;
}

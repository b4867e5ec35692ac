/* Which interval a mean gets, what is said of it, and the words for how many runs stand behind it. */
#include "analysis/interval.h"

#include "core/arena.h"
#include "stats/meta.h"
#include "stats/stats.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FEW = 10 };

struct interval mean_interval(const double *v, int n, unsigned id)
{
    if (n < INTERVAL_LEAST)
        return no_interval(stats_mean(v, n));
    return n < FEW || n > STATS_MANY ? student_interval(v, n) : bootstrap_mean(v, n, id);
}

struct interval nested_interval(const double *v, int tasks, int seeds, double width)
{
    double *means = mem_alloc((size_t)(tasks + seeds + 2) * sizeof *means), *one = means + tasks + 1;
    struct contrast *task = mem_alloc((size_t)(tasks + 1) * sizeof *task);
    int n = 0;
    for (int t = 0; t < tasks; t++) {
        memcpy(one, v + (size_t)t * (size_t)seeds, (size_t)seeds * sizeof *one);
        const int found = values_present(one, seeds);
        if (!found)
            continue;
        task[n] = contrast_paired(one, found);
        means[n++] = stats_mean(one, found);
    }
    struct interval all = n >= INTERVAL_LEAST ? student_interval(means, n) : pool(task, n).here;
    double error = 0;
    for (int t = 0; t < n; t++)
        error += n >= INTERVAL_LEAST ? fabs(means[t] - means[0]) : task[t].error;
    if (error == 0) /* all have one value: what is left is what a ladder cannot tell */
        all.low = all.high = width > 0 ? all.estimate : NAN;
    all.low -= width;
    all.high += width;
    free(task);
    free(means);
    return all;
}

void nested_words(int tasks, char *text, size_t size)
{
    if (tasks >= INTERVAL_LEAST)
        snprintf(text, size, "over tasks like these, Student t of the means of %d tasks", tasks);
    else
        snprintf(text, size, "over these tasks, whose seeds vary (Student t, Satterthwaite)");
}

int values_present(double *v, int n)
{
    int found = 0;
    for (int i = 0; i < n; i++)
        if (!isnan(v[i]))
            v[found++] = v[i];
    return found;
}

struct interval score_interval(const double *v, int n, enum metric metric, unsigned id)
{
    const double lowest = metric == METRIC_MCC || metric == METRIC_PEARSON || metric == METRIC_SPEARMAN ? -1 : 0;
    struct interval i = mean_interval(v, n, id);
    if (isnan(i.low) || metric == METRIC_RECOVERED || (i.low >= lowest && i.high <= 1))
        return i;
    /* on the scale of logits, where a score has no end; a mean at an end says nothing of how near its kin are */
    const double length = 1 - lowest, u = (i.estimate - lowest) / length;
    if (u <= 0 || u >= 1)
        return no_interval(i.estimate);
    const double z = log(u / (1 - u)), half = (i.high - i.low) / 2 / length / (u * (1 - u));
    i.low = lowest + length / (1 + exp(half - z));
    i.high = lowest + length / (1 + exp(-half - z));
    return i;
}

void interval_words(int n, char *text, size_t size)
{
    static double known[STATS_MANY + 1][4]; /* by n; 0: not simulated yet */
    if (n < INTERVAL_LEAST) {
        snprintf(text, size, "no interval (n = %d)", n);
        return;
    }
    if (n > STATS_MANY) {
        snprintf(text, size, "Student t (at n = %d as good as any)", n);
        return;
    }
    double *cover = known[n];
    if (!cover[0]) {
        enum { MANY = 10000, SOME = 1000 };
        cover[0] = interval_coverage(INTERVAL_STUDENT, SHAPE_NORMAL, n, MANY, 0);
        cover[1] = interval_coverage(INTERVAL_STUDENT, SHAPE_SKEWED, n, MANY, 0);
        cover[2] = interval_coverage(INTERVAL_BCA, SHAPE_NORMAL, n, SOME, SOME);
        cover[3] = interval_coverage(INTERVAL_BCA, SHAPE_SKEWED, n, SOME, SOME);
    }
    const double *c = n < FEW ? cover : cover + 2, *o = n < FEW ? cover + 2 : cover;
    snprintf(text, size,
             "%s (simulated coverage at n = %d: %.0f %% for normal, %.0f %% for skewed scores; %s: %.0f and %.0f %%)",
             n < FEW ? "Student t" : "BCa bootstrap, 10,000 resamples", n, 100 * c[0], 100 * c[1],
             n < FEW ? "the BCa bootstrap" : "Student t", 100 * o[0], 100 * o[1]);
}

struct interval values_interval(const struct group *g, enum fact_id of, const double *v, int n)
{
    const unsigned id = stream_id(g->task, g->label, g->budget);
    const bool score = of == FACT_test_metric || of == FACT_valid_metric || of == FACT_test_at_best_valid;
    return score ? score_interval(v, n, g->setup->metric, id) : mean_interval(v, n, id);
}

struct interval group_interval(const struct group *g, enum fact_id of)
{
    double *v = mem_alloc((size_t)(g->n + 1) * sizeof *v);
    const int n = group_values(g, of, v);
    const struct interval i = values_interval(g, of, v, n);
    free(v);
    return i;
}

int paired_differences(const struct group *a, const struct group *b, enum fact_id of, double *d)
{
    double *other = mem_alloc((size_t)(a->n + 1) * sizeof *other);
    int n = group_pairs(a, b, of, d, other);
    for (int i = 0; i < n; i++)
        d[i] -= other[i];
    free(other);
    return n;
}

static int made(const struct group *g)
{
    int n = 0;
    for (int i = 0; i < g->n; i++)
        n += g->run[i]->present;
    return n;
}

const char *runs_words(const struct groups *g)
{
    static char text[64];
    int least = g->n ? made(&g->group[0]) : 0, most = least;
    for (int i = 0; i < g->n; i++) {
        const int n = made(&g->group[i]);
        least = n < least ? n : least;
        most = n > most ? n : most;
    }
    snprintf(text, sizeof text, least == most ? "%d" : "%d to %d", least, most);
    return text;
}

/* ", the first 64 of each" where groups have more ok runs than are shown, else "". */
static const char *first_words(const struct groups *g)
{
    static char text[64];
    bool more = false;
    snprintf(text, sizeof text, ", the first %d of each", GROUP_SAMPLE);
    for (const struct group *a = g->group; a < g->group + g->n; a++)
        more |= a->ok > GROUP_SAMPLE;
    return more ? text : "";
}

const char *sample_words(const struct groups *g)
{
    bool listed = false;
    for (const struct group *a = g->group; a < g->group + g->n; a++)
        listed |= a->ok > a->samples && a->samples < GROUP_SAMPLE;
    return listed ? ", of each those whose record is here" : first_words(g);
}

void bars_words(const struct groups *g, char *text, size_t size)
{
    int most = 0;
    for (int i = 0; i < g->n; i++)
        most = g->group[i].ok > most ? g->group[i].ok : most;
    snprintf(text, size, "n = %s runs per point, bars: 95 %% %s intervals of the mean", runs_words(g),
             most < FEW || most > STATS_MANY ? "Student t" : "BCa bootstrap");
}

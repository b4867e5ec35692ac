/* Titles of figures 4, 5, 10 and 12, computed from what they show. */
#include "report/finding.h"

#include "analysis/coupling.h"
#include "core/arena.h"
#include "stats/stats.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- Figure 4 -------------------------------------------------------------------------------------------------- */

/* What a method gains from one budget to another on the tasks, all of which must have both; NaN otherwise. */
static struct interval gain_of(const struct groups *g, const char *label, const char *const *task, int tasks, int low,
                               int high)
{
    struct interval none = {NAN, NAN, NAN, INTERVAL_NONE, false, 0};
    double *d = mem_alloc(sizeof *d);
    int n = 0;
    for (int t = 0; t < tasks; t++) {
        const struct group *a = groups_find(g, task[t], label, high), *b = groups_find(g, task[t], label, low);
        if (!a || !b || !a->ok || !b->ok) {
            free(d);
            return none;
        }
        d = mem_grow(d, (size_t)(n + a->n + 1) * sizeof *d);
        n += paired_differences(a, b, result_test, d + n);
    }
    struct interval v = n ? mean_interval(d, n, stream_id(label, "gain", high)) : none;
    free(d);
    return v;
}

static char *gain_words(const struct groups *g, const char *const *task, int tasks, int low, int high)
{
    const struct group *least = NULL, *most = NULL;
    double smallest = NAN, largest = NAN;
    int methods = 0, sure = 0;
    for (int i = 0; i < g->n; i++) {
        const struct group *a = &g->group[i];
        if (a->budget != low || strcmp(a->task, task[0]) != 0)
            continue;
        struct interval v = gain_of(g, a->label, task, tasks, low, high);
        if (isnan(v.estimate))
            continue;
        methods++;
        sure += v.low > 0 || v.high < 0;
        if (!(v.estimate >= smallest))
            smallest = v.estimate, least = a;
        if (!(v.estimate <= largest))
            largest = v.estimate, most = a;
    }
    if (!least || !most)
        return NULL;
    return methods == 1 ? mem_text("From %s to %s parameters: %+.1f points (%s)%s", count_text(low), count_text(high),
                                   100 * smallest, least->label, sure ? "" : ", not clear of zero")
                        : mem_text("From %s to %s parameters: %+.1f (%s) to %+.1f points (%s), %d of %d clear of zero",
                                   count_text(low), count_text(high), 100 * smallest, least->label, 100 * largest,
                                   most->label, sure, methods);
}

/* On how many tasks an adapter of at most a tenth of full fine-tuning's parameters is within two points of it. */
static char *tenth_words(const struct groups *g, const char *const *task, int tasks)
{
    int known = 0, near = 0;
    for (int t = 0; t < tasks; t++) {
        const struct group *full = group_of_method(g, task[t], "full");
        bool found = false;
        for (int i = 0; full && i < g->n; i++) {
            const struct group *a = &g->group[i];
            found |= strcmp(a->task, task[t]) == 0 && a->ok && a != full &&
                     group_mean(a, result_active) <= 0.1 * group_mean(full, result_active) &&
                     group_mean(a, result_test) > group_mean(full, result_test) - 0.02;
        }
        known += full != NULL;
        near += found;
    }
    return known
               ? mem_text(
                     "What parameters buy: a tenth of them is within two points of full fine-tuning on %d of %d tasks",
                     near, known)
               : NULL;
}

char *size_finding(const struct groups *g, const char *const *task, int tasks)
{
    int low = 0, high = 0;
    const struct group *best = NULL;
    for (int i = 0; i < g->n; i++) {
        const struct group *a = &g->group[i];
        if (!a->ok)
            continue;
        low = a->budget && (!low || a->budget < low) ? a->budget : low;
        high = a->budget > high ? a->budget : high;
        best = !best || group_mean(a, result_test) > group_mean(best, result_test) ? a : best;
    }
    char *words = low < high ? gain_words(g, task, tasks, low, high) : NULL;
    words = words ? words : tenth_words(g, task, tasks);
    if (words || !best)
        return words ? words : mem_text("Score against parameters");
    return mem_text("The best mean score is %.1f (%s, %s, %s parameters)", 100 * group_mean(best, result_test),
                    best->label, best->task, count_text(group_mean(best, result_active)));
}

/* ---- Figure 5 -------------------------------------------------------------------------------------------------- */

static int by_standing(const void *a, const void *b)
{
    const struct standing *x = a, *y = b;
    return x->costs != y->costs ? (x->costs < y->costs) - (x->costs > y->costs)
                                : (x->probability < y->probability) - (x->probability > y->probability);
}

char *front_finding(struct standing *s, int n, int costs)
{
    qsort(s, (size_t)n, sizeof *s, by_standing);
    if (!n || !s[0].costs)
        return mem_text("No method but the head alone is on a front in most draws");
    if (n == 1 || !s[1].costs)
        return mem_text("Most often on the front: %s (%d of %d costs)", s[0].name, s[0].costs, costs);
    int more = 0;
    while (more + 2 < n && s[more + 2].costs == s[1].costs)
        more++;
    char *words = mem_text("Most often on the front: %s (%d of %d costs), %s (%d)", s[0].name, s[0].costs, costs,
                           s[1].name, s[1].costs);
    if (!more)
        return words;
    char *longer = mem_text("%s, %d more (%d)", words, more, s[1].costs);
    free(words);
    return longer;
}

/* ---- Figure 10 ------------------------------------------------------------------------------------------------- */

/* Shares that LoRA recovers of changes of known rank, with at least that rank (enough) or with less; returns how many.
 */
static int recovered(const struct groups *g, const char *const *task, int tasks, bool enough, double **v)
{
    int n = 0;
    *v = mem_alloc(sizeof **v);
    for (int i = 0; i < g->n; i++) {
        const struct group *a = &g->group[i];
        bool shown = false;
        for (int t = 0; t < tasks; t++)
            shown |= strcmp(a->task, task[t]) == 0;
        if (!shown || strcmp(a->setup->method->name, "lora") != 0 ||
            strcmp(setup_get(a->setup, "task.plant"), "mag") == 0 ||
            (a->setup->rank >= strtod(setup_get(a->setup, "task.k"), NULL)) != enough)
            continue;
        *v = mem_grow(*v, (size_t)(n + a->n + 1) * sizeof **v);
        n += group_values(a, result_test, *v + n);
    }
    return n;
}

char *planted_finding(const struct groups *g, const char *const *task, int tasks)
{
    double *with, *without;
    int n = recovered(g, task, tasks, true, &with), fewer = recovered(g, task, tasks, false, &without);
    struct interval enough = mean_interval(with, n, stream_id("planted", "enough", n)),
                    less = mean_interval(without, fewer, stream_id("planted", "less", fewer));
    bool apart = enough.low > less.high || enough.high < less.low;
    free(with);
    free(without);
    if (n && fewer)
        return mem_text("LoRA recovers %.0f %% of a planted change with its rank or more, %.0f %% with less%s",
                        100 * enough.estimate, 100 * less.estimate, apart ? "" : " (intervals overlap)");
    if (n || fewer)
        return mem_text("LoRA recovers %.0f %% of a planted change with %s",
                        100 * (n ? enough.estimate : less.estimate), n ? "its rank or more" : "less than its rank");
    return mem_text("How much of a planted change is recovered, by the adapter’s rank");
}

/* ---- Figure 12 ------------------------------------------------------------------------------------------------- */

/* Per seed the share of tasks on which a method is at LoRA's mean or above it. */
static void reached(const struct scores *b, int method, int lora, double *share)
{
    for (int s = 0; s < b->seeds; s++) {
        share[s] = 0;
        for (int t = 0; t < b->tasks; t++) {
            double goal = stats_mean(b->score + (lora * b->tasks + t) * b->seeds, b->seeds);
            share[s] += (b->score[(method * b->tasks + t) * b->seeds + s] >= goal) / (double)b->tasks;
        }
    }
}

char *profile_finding(const struct scores *b)
{
    int lora = scores_reference(b), best = -1, second = -1;
    double *share = mem_alloc((size_t)(b->methods * b->seeds + 1) * sizeof *share), top = 0, next = 0;
    for (int m = 0; m < b->methods; m++) {
        if (lora < 0 || m == lora || (b->series[lora].budget && b->series[m].budget != b->series[lora].budget))
            continue;
        reached(b, m, lora, share + m * b->seeds);
        double mean = stats_mean(share + m * b->seeds, b->seeds);
        if (best < 0 || mean > top)
            second = best, next = top, best = m, top = mean;
        else if (second < 0 || mean > next)
            second = m, next = mean;
    }
    char *words =
        best < 0   ? mem_text("How often a method reaches a score")
        : top == 0 ? mem_text("No method at LoRA’s budget reaches its mean in any run")
                   : mem_text("LoRA’s mean is reached most by %s (%.0f %% of runs)", b->series[best].label, 100 * top);
    if (second >= 0 && top > 0) {
        for (int s = 0; s < b->seeds; s++)
            share[best * b->seeds + s] -= share[second * b->seeds + s];
        struct interval v = mean_interval(share + best * b->seeds, b->seeds, stream_id("profile", "reached", 0));
        char *longer = mem_text("%s, %s %s (%.0f %%)", words, v.low > 0 ? "then by" : "not surely more than by",
                                b->series[second].label, 100 * next);
        free(words);
        words = longer;
    }
    free(share);
    return words;
}

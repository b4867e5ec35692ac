/* Unpaired difference, adjustment over a task, failed runs. */
#include "analysis/verdict.h"

#include "core/arena.h"
#include "stats/stats.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Where a group's runs were looked at: those of a search never see the test split. */
static enum fact_id looked_at(const struct group *a)
{
    return setup_is(a->setup, "evaluate", "valid") ? FACT_valid_metric : FACT_test_metric;
}

/* The scores of the head alone and of full fine-tuning on a group's task; false when they are not both there, or full
 * fine-tuning is not seen to be better by more than the margin: a quarter of the way between two like scores says nothing of a run. */
static bool group_scale(const struct groups *g, const struct group *a, double *head, double *full)
{
    const struct group *low = group_of_method(g, a->task, "head"), *high = group_of_method(g, a->task, "full");
    *head = low ? group_mean(low, looked_at(a)) : NAN;
    *full = high ? group_mean(high, looked_at(a)) : NAN;
    if (!(*full > *head))
        return false;
    double *v = mem_alloc(((size_t)low->n + (size_t)high->n + 1) * sizeof *v), *w = v + high->n;
    const int n = group_values(high, looked_at(a), v), others = group_values(low, looked_at(a), w);
    const struct contrast c = contrast_of(v, n, w, others);
    free(v);
    return (isnan(c.low) ? *full - *head : c.low) > g->rows->plan->experiment->margin;
}

int group_failed(const struct groups *g, const struct group *a)
{
    double head, full;
    if (strcmp(a->setup->method->name, "head") == 0)
        return -1;
    const bool scale = group_scale(g, a, &head, &full);
    const double least = scale ? head + (full - head) / 4 : -INFINITY;
    int failed = 0;
    for (int i = 0; i < a->n; i++) {
        const struct result *w = a->run[i];
        if (w->present) /* one that has not been made has not failed */
            failed += !w->ok || !(result_value(w, looked_at(a)) >= least) || (!scale && w->collapsed);
    }
    return failed;
}

bool fails_often(int failed, int runs)
{
    return failed * 20 > runs;
}

/* Two groups over the seeds that both have: Pearson's r, NaN for fewer than three, and the paired difference. */
static void over_seeds(struct judgement *l, enum fact_id of)
{
    const struct group *a = l->group, *b = l->reference;
    double *v = mem_alloc(2 * (size_t)(a->n + 1) * sizeof *v), *w = v + a->n + 1;
    const int n = group_pairs(a, b, of, v, w);
    l->together = n < 3 ? NAN : stats_pearson(v, w, n);
    for (int i = 0; i < n; i++)
        v[i] -= w[i];
    l->paired = contrast_paired(v, n);
    free(v);
}

struct judgement judgement_of(const struct groups *g, const struct group *a, enum fact_id of, const char *wanted)
{
    struct judgement l = {.group = a,
                          .reference = groups_reference(g, a, wanted),
                          .failed = group_failed(g, a),
                          .adjusted = NAN,
                          .ahead = NAN,
                          .together = NAN};
    double *v = mem_alloc((size_t)(a->n + 1) * sizeof *v);
    l.n = group_values(a, of, v);
    l.mean = stats_mean(v, l.n), l.median = stats_median(v, l.n);
    l.interval = values_interval(a, of, v, l.n);
    l.contrast = l.paired = contrast_of(NULL, 0, NULL, 0);
    if (l.reference) {
        double *w = mem_alloc((size_t)(l.reference->n + 1) * sizeof *w);
        l.others = group_values(l.reference, of, w);
        l.contrast = contrast_of(v, l.n, w, l.others);
        l.ahead = probability_ahead(v, l.n, w, l.others);
        over_seeds(&l, of);
        free(w);
    }
    free(v);
    return l;
}

void judgements_adjust(struct judgement *line, int n, double margin)
{
    struct contrast *c = mem_alloc((size_t)(n + 1) * sizeof *c);
    double *adjusted = mem_alloc((size_t)(n + 1) * sizeof *adjusted);
    int *reference = mem_alloc((size_t)(n + 1) * sizeof *reference); /* the first line of the task with the same */
    for (int first = 0, count = 0; first < n; first += count) {
        for (count = 0; first + count < n && strcmp(line[first + count].group->task, line[first].group->task) == 0;
             count++) {
            c[count] = line[first + count].contrast;
            reference[count] = 0;
            while (line[first + reference[count]].reference != line[first + count].reference)
                reference[count]++;
        }
        contrast_adjust(c, reference, count, adjusted);
        for (int i = 0; i < count; i++) {
            line[first + i].adjusted = adjusted[i];
            line[first + i].verdict = verdict_of(c[i].low, c[i].high, adjusted[i], margin);
        }
    }
    free(c);
    free(adjusted);
    free(reference);
}

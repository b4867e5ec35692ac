/* Paired by seed: difference, superiority, exact p, Holm over a task; and what so many pairs can tell at all. */
#include "analysis/verdict.h"

#include "core/arena.h"
#include "stats/ranktest.h"
#include "stats/stats.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct judgement judgement_of(const struct groups *g, const struct group *a, enum fact_id of, const char *wanted)
{
    struct judgement l = {.group = a, .reference = groups_reference(g, a, wanted), .p = NAN, .holm = NAN, .sd = NAN};
    size_t room = (size_t)(a->n + 1) * sizeof(double);
    double *v = mem_alloc(room), *w = mem_alloc(room);
    unsigned id = stream_id(a->task, a->label, a->budget);
    l.n = group_values(a, of, v);
    l.mean = stats_mean(v, l.n), l.median = stats_median(v, l.n);
    l.iqm = l.n >= 8 ? stats_iqm(v, l.n) : NAN;
    l.best = of == FACT_test_second ? NAN : group_mean(a, FACT_test_at_best_valid); /* that of the first metric */
    l.interval = mean_interval(v, l.n, id);
    l.other = other_interval(v, l.n, id);
    l.difference = (struct interval){.estimate = NAN, .low = NAN, .high = NAN};
    l.superiority.probability = l.difference;
    if (l.reference) {
        l.pairs = group_pairs(a, l.reference, of, v, w);
        if (l.pairs > 1) {
            l.superiority = superiority_paired(v, w, l.pairs, BOOTSTRAP_RESAMPLES, id);
            for (int i = 0; i < l.pairs; i++)
                v[i] -= w[i];
            l.difference = mean_interval(v, l.pairs, id + 1);
            l.sd = stats_sd(v, l.pairs);
            l.p = wilcoxon_signed_rank(v, l.pairs, ZEROS_PRATT).p;
        }
    }
    free(v);
    free(w);
    return l;
}

void judgements_adjust(struct judgement *line, int n)
{
    double *p = mem_alloc((size_t)n * sizeof *p), *adjusted = mem_alloc((size_t)n * sizeof *adjusted);
    for (int first = 0; first < n;) {
        int count = 0;
        while (first + count < n && strcmp(line[first + count].group->task, line[first].group->task) == 0) {
            p[count] = line[first + count].p;
            count++;
        }
        holm(p, count, adjusted);
        for (int i = 0; i < count; i++)
            line[first + i].holm = adjusted[i];
        first += count;
    }
    free(p);
    free(adjusted);
}

const char *pairs_for_a_point(double sd)
{
    enum { MANY = 2000 };
    static char text[32];
    int few = 1, enough = MANY; /* what n pairs detect shrinks as n grows */
    if (smallest_difference(sd, MANY, 0.8, 0.05) > 0.01) {
        snprintf(text, sizeof text, "more than %d", MANY);
        return text;
    }
    while (enough - few > 1) {
        int n = (few + enough) / 2;
        *(smallest_difference(sd, n, 0.8, 0.05) <= 0.01 ? &enough : &few) = n;
    }
    snprintf(text, sizeof text, "%d", enough);
    return text;
}

int pairs_for_a_verdict(int methods)
{
    int n = 2;
    while (n < 64 && smallest_p(n) * methods > 0.05)
        n++;
    return n;
}

/* Solving for a rank with the code that attaches, never with a second formula. */
#include "tune/budget.h"

#include "core/die.h"
#include "tune/tuning.h"

#include <stdio.h>
#include <stdlib.h>

struct counts budget_count(const struct method *m, const void *opts, const struct adapter *common,
                           const struct model_config *config, int extra)
{
    struct memory mem;
    struct model model;
    struct tuning t;
    memory_open(&mem);
    for (int i = 0; i < MEMORY_KINDS; i++)
        memory_kind(&mem, i)->dry = true;
    model_open(&model, config, &mem);
    tuning_open(&t, m, opts, common, &model, 0, extra);
    /* with a head, whose parameters do not count: head=pooler makes the pooler part of it */
    tuning_begin_phase(&t, tuning_phases(&t) - 1, 1);
    struct counts c = {tuning_count_trained(&t), tuning_count_active(&t), tuning_count_stored(&t)};
    for (int i = 0; i < tuning_phases(&t) - 1; i++) {
        tuning_begin_phase(&t, i, 1);
        long n = tuning_count_trained(&t);
        c.trained = n > c.trained ? n : c.trained;
    }
    tuning_close(&t);
    model_close(&model);
    memory_close(&mem);
    return c;
}

static long used(const struct method *m, const void *opts, struct adapter common, const struct model_config *config,
                 int rank, int extra)
{
    common.rank = rank;
    return budget_count(m, opts, &common, config, extra).active;
}

/* How many sites are adapted, and the largest rank that all of them can have. */
static int count_sites(const struct method *m, const void *opts, const struct adapter *common,
                       const struct model_config *config, int *max_rank)
{
    struct memory mem;
    struct model model;
    struct tuning t;
    memory_open(&mem);
    mem.weights.dry = true;
    model_open(&model, config, &mem);
    tuning_open(&t, m, opts, common, &model, 0, 0);
    int n = t.nsites;
    *max_rank = 65536;
    for (int i = 0; i < n && !m->rank_free; i++) {
        int smaller = t.site[i]->in < t.site[i]->out ? t.site[i]->in : t.site[i]->out;
        *max_rank = smaller < *max_rank ? smaller : *max_rank;
    }
    tuning_close(&t);
    model_close(&model);
    memory_close(&mem);
    return n;
}

int budget_solve(const struct method *m, const void *opts, struct adapter *common, const struct model_config *config)
{
    if (common->budget <= 0)
        return 0;
    if (m->no_rank)
        die(EXIT_USAGE, "budget=%d: %s has no rank to turn; it is a reference line, run it without a budget",
            common->budget, m->name);
    struct adapter probe = *common;
    probe.rank = 1;
    long floor = used(m, opts, probe, config, 1, 0), target = common->budget;
    if (floor > target + target / 50)
        die(EXIT_USAGE, "budget=%ld is below the floor of %s here: %ld parameters at rank 1", target, m->name, floor);
    int max_rank, sites = count_sites(m, opts, &probe, config, &max_rank);
    int low = 1, high = max_rank; /* the largest rank that does not exceed the budget */
    while (low < high) {
        int mid = low + (high - low + 1) / 2;
        if (used(m, opts, probe, config, mid, 0) <= target)
            low = mid;
        else
            high = mid - 1;
    }
    int best_rank = low, best_extra = 0;
    long miss = labs(used(m, opts, probe, config, low, 0) - target);
    bool next_fits = low < max_rank;
    long above = next_fits ? labs(used(m, opts, probe, config, low + 1, 0) - target) : miss;
    if (above < miss && above * 50 <= target) {
        best_rank = low + 1;
        miss = above;
    }
    bool short_of = miss * 50 > target && common->exact && next_fits;
    for (int extra = 1; short_of && extra < sites; extra++) {
        long off = labs(used(m, opts, probe, config, low, extra) - target);
        if (off < miss) {
            miss = off;
            best_rank = low;
            best_extra = extra;
        }
    }
    common->rank = best_rank;
    return best_extra;
}

bool budget_missed(long budget, long active)
{
    return budget > 0 && labs(active - budget) * 50 > budget;
}

bool budget_remark(const struct method *m, const void *opts, const struct adapter *common,
                   const struct model_config *config, int extra, char *text, size_t size)
{
    long target = common->budget, got = used(m, opts, *common, config, common->rank, extra);
    int max_rank, sites = count_sites(m, opts, common, config, &max_rank), rank = common->rank;
    if (!budget_missed(target, got))
        return false;
    int n = snprintf(text, size, "budget=%ld: %s trains %ld adapter parameters (%+.1f %%): ", target, m->name, got,
                     100.0 * (double)(got - target) / (double)target);
    text += n;
    size -= (size_t)n;
    if (got < target && rank >= max_rank) {
        snprintf(text, size, "%d is its largest rank here; more targets= or layers= take more", rank);
        return true;
    }
    int step = got < target ? 1 : -1; /* to the other side of the budget */
    bool single = common->exact && extra + step >= 0 && extra + step < sites;
    long other = single ? used(m, opts, *common, config, rank, extra + step) : got;
    if (other == got)
        other = used(m, opts, *common, config, rank + step, 0);
    snprintf(text, size, "the nearest in reach are %ld and %ld%s", other < got ? other : got, other < got ? got : other,
             common->exact ? "" : "; exact=1 has more");
    return true;
}

/* Solving for a rank with the code that attaches, never with a second formula. */
#include "tune/budget.h"

#include "core/die.h"
#include "tune/tuning.h"

#include <stdio.h>
#include <stdlib.h>

/* A model and a method in it that take address space and no memory. */
struct dry {
    struct memory mem;
    struct model model;
    struct tuning tuning;
};

static void dry_close(struct dry *d)
{
    tuning_close(&d->tuning);
    model_close(&d->model);
    memory_close(&d->mem);
}

/* Dies as tuning_open does, and leaves nothing behind then: a search for a rank goes on after a refusal. */
static void dry_open(struct dry *d, const struct method *m, const void *opts, const struct adapter *common,
                     const struct model_config *config, int extra)
{
    struct guard guard;
    *d = (struct dry){0};
    memory_open(&d->mem);
    for (int i = 0; i < MEMORY_KINDS; i++)
        memory_kind(&d->mem, i)->dry = true;
    model_open(&d->model, config, &d->mem);
    GUARD(&guard, dry_close, d);
    tuning_open(&d->tuning, m, opts, common, &d->model, 0, extra);
    guard_end(&guard);
}

struct counts budget_count(const struct method *m, const void *opts, const struct adapter *common,
                           const struct model_config *config, int extra)
{
    struct dry d;
    dry_open(&d, m, opts, common, config, extra);
    struct tuning *t = &d.tuning;
    /* with a head, whose parameters do not count: head=pooler makes the pooler part of it */
    const int K = common->head == HEAD_THEIRS ? config->outputs : 1;
    tuning_begin_phase(t, tuning_phases(t) - 1, K);
    struct counts c = {tuning_count_trained(t), tuning_count_active(t), tuning_count_stored(t)};
    for (int i = 0; i < tuning_phases(t) - 1; i++) {
        if (m->phase(opts, i).steps <= 0) /* it measures, and trains nothing */
            continue;
        tuning_begin_phase(t, i, K);
        long n = tuning_count_trained(t);
        c.trained = n > c.trained ? n : c.trained;
    }
    dry_close(&d);
    return c;
}

long budget_counted(const struct adapter *common, struct counts c)
{
    return common->budget_at == BUDGET_END ? c.active : c.trained;
}

enum { REFUSED = -1 };

/* Parameters that count at this rank; REFUSED where the method does not take it. */
static long counted(const struct method *m, const void *opts, struct adapter common, const struct model_config *config,
                    int rank, int extra)
{
    struct trap t;
    volatile long n = REFUSED;
    common.rank = rank;
    if (!trap_set(&t))
        n = budget_counted(&common, budget_count(m, opts, &common, config, extra));
    trap_end(&t);
    return n;
}

/* How many sites are adapted, and the largest rank that all of them can have. */
static int count_sites(const struct method *m, const void *opts, const struct adapter *common,
                       const struct model_config *config, int *max_rank)
{
    struct dry d;
    struct method any = *m;
    struct adapter least = *common;
    least.rank = 1;
    any.check = NULL; /* which may refuse this rank and take others */
    dry_open(&d, &any, opts, &least, config, 0);
    int n = d.tuning.nsites;
    *max_rank = 65536;
    for (int i = 0; i < n && !m->rank_free; i++) {
        const struct site *s = d.tuning.site[i];
        int smaller = s->in < s->out ? s->in : s->out;
        *max_rank = smaller < *max_rank ? smaller : *max_rank;
    }
    dry_close(&d);
    return n;
}

/* What is asked for, and the largest rank that all sites can have. */
struct wish {
    const struct method *m;
    const void *opts;
    const struct adapter *common;
    const struct model_config *config;
    int max_rank;
};

static long counted_at(const struct wish *w, int rank, int extra)
{
    return counted(w->m, w->opts, *w->common, w->config, rank, extra);
}

/* The first rank from `rank` on in steps of +-1, and at most `last`, that the method takes, with its count; 0 when there
 * is none. A method may take even ranks only, or divisors of the matrices' sides, the larger the farther apart. One whose
 * rank no side bounds may take none above some size: there ranks far from any it takes are too large. */
static int nearest(const struct wish *w, int rank, int step, int last, long *count)
{
    const int near = w->m->rank_free ? 16 : w->max_rank;
    for (int i = 0; i < near && (step > 0 ? rank <= last : rank >= last); i++, rank += step)
        if ((*count = counted_at(w, rank, 0)) != REFUSED)
            return rank;
    return 0;
}

/* The largest rank whose count does not exceed the target, at least `low`, which is one the method takes. */
static int largest_within(const struct wish *w, int low, long target)
{
    for (int high = w->max_rank; low < high;) {
        long count = 0;
        const int mid = low + (high - low + 1) / 2, rank = nearest(w, mid, 1, high, &count);
        if (rank && count <= target)
            low = rank;
        else
            high = mid - 1;
    }
    return low;
}

int budget_solve(const struct method *m, const void *opts, struct adapter *common, const struct model_config *config)
{
    if (common->budget <= 0)
        return 0;
    if (m->no_rank)
        die(EXIT_USAGE, "budget=%d: %s has no rank to turn; it is a reference line, run it without a budget",
            common->budget, m->name);
    struct adapter probe = *common;
    struct wish w = {m, opts, &probe, config, 0};
    probe.rank = 1;
    long floor = 0, above = 0, target = common->budget;
    int sites = count_sites(m, opts, &probe, config, &w.max_rank), first = nearest(&w, 1, 1, w.max_rank, &floor);
    if (!first) {
        budget_count(m, opts, &probe, config, 0); /* says what it does not like */
        die(EXIT_USAGE, "budget=%ld: %s can have no rank on this base with these targets and layers", target, m->name);
    }
    if (floor > target + target / 50)
        die(EXIT_USAGE, "budget=%ld is below the floor of %s here: %ld parameters at rank %d", target, m->name, floor,
            first);
    int low = largest_within(&w, first, target), best_rank = low, best_extra = 0;
    long miss = labs(counted_at(&w, low, 0) - target);
    int next = nearest(&w, low + 1, 1, w.max_rank, &above);
    if (next && labs(above - target) < miss && labs(above - target) * 50 <= target) {
        best_rank = next;
        miss = labs(above - target);
    }
    bool short_of = miss * 50 > target && common->exact && next;
    for (int extra = 1; short_of && extra < sites; extra++) {
        long got = counted_at(&w, low, extra), off = labs(got - target);
        if (got != REFUSED && off < miss) {
            miss = off;
            best_rank = low;
            best_extra = extra;
        }
    }
    common->rank = best_rank;
    return best_extra;
}

bool budget_missed(long budget, long counted)
{
    return budget > 0 && labs(counted - budget) * 50 > budget;
}

bool budget_remark(const struct method *m, const void *opts, const struct adapter *common,
                   const struct model_config *config, int extra, char *text, size_t size)
{
    long target = common->budget, got = counted(m, opts, *common, config, common->rank, extra);
    int max_rank, sites = count_sites(m, opts, common, config, &max_rank), rank = common->rank;
    if (!budget_missed(target, got))
        return false;
    int n = snprintf(text, size, "budget=%ld: %s %s %ld adapter parameters (%+.1f %%): ", target, m->name,
                     common->budget_at == BUDGET_END ? "ends with" : "trains", got,
                     100.0 * (double)(got - target) / (double)target);
    text += n;
    size -= (size_t)n;
    int step = got < target ? 1 : -1; /* to the other side of the budget */
    const struct wish w = {m, opts, common, config, max_rank};
    long other = REFUSED, beyond;
    int next = nearest(&w, rank + step, step, step > 0 ? max_rank : 1, &beyond);
    if (got < target && !next) {
        snprintf(text, size, "%d is its largest rank here; more targets= or layers= take more", rank);
        return true;
    }
    if (common->exact && extra + step >= 0 && extra + step < sites)
        other = counted_at(&w, rank, extra + step);
    if (other == REFUSED || other == got)
        other = next ? beyond : got;
    snprintf(text, size, "the nearest in reach are %ld and %ld%s", other < got ? other : got, other < got ? got : other,
             common->exact ? "" : "; exact=1 has more");
    return true;
}

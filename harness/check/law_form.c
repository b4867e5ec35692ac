/* Law 12: sizes, names, starting values, random streams and counts against what the method's struct states. */
#include "check/law_form.h"

#include "core/arena.h"
#include "tune/budget.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void check_names(struct laws *l, const struct model *m)
{
    for (int i = m->nbase; i < m->nparam; i++)
        for (int j = 0; j < i; j++)
            law_note(l, LAW_FORM, strcmp(m->param[i]->name, m->param[j]->name) == 0, 0,
                     "two tensors are called %s: checkpoints and exports could not tell them apart", m->param[i]->name);
}

static bool all_finite(struct mat m)
{
    for (size_t i = 0; i < mat_size(m); i++)
        if (!isfinite(m.v[i]))
            return false;
    return true;
}

/* The same numbers up to a factor, over the first entries; tensors of one constant are no random numbers. */
static bool same_stream(struct mat a, struct mat b)
{
    enum { FEWEST = 4, MOST = 16 };
    size_t n = mat_size(a) < mat_size(b) ? mat_size(a) : mat_size(b), varied = 0;
    n = n < MOST ? n : MOST;
    if (n < FEWEST || a.v[0] == 0 || b.v[0] == 0)
        return false;
    const double factor = (double)b.v[0] / (double)a.v[0];
    for (size_t i = 0; i < n; i++) {
        double want = factor * (double)a.v[i];
        if (fabs((double)b.v[i] - want) > 1e-6 * fabs(want))
            return false;
        varied += a.v[i] != a.v[0];
    }
    return varied > n / 2;
}

static void check_streams(struct laws *l, const struct model *m)
{
    for (int i = m->nbase; i < m->nparam; i++)
        for (int j = m->nbase; j < i; j++)
            if (m->param[i]->role == ROLE_ADAPTER && m->param[j]->role == ROLE_ADAPTER)
                law_note(l, LAW_FORM, same_stream(m->param[i]->w, m->param[j]->w), 0,
                         "%s and %s start with the same random numbers: tuning_rng of the site, a number per tensor",
                         m->param[j]->name, m->param[i]->name);
}

bool law_form(struct laws *l, struct tiny *t)
{
    const struct method *m = t->tuning.method;
    bool numbers = true;
    check_names(l, &t->model);
    for (int i = 0; i < t->model.nparam; i++) {
        const struct param *p = t->model.param[i];
        bool ok = all_finite(p->w);
        law_note(l, LAW_FORM, !ok, 0, "phase %d: the starting value of %s is not finite", t->tuning.phase, p->name);
        numbers &= ok;
    }
    if (t->tuning.phase == 0) /* later ones may start from what was measured, which is alike where inputs are */
        check_streams(l, &t->model);
    if (t->tuning.nsites)
        law_note(l, LAW_FORM, !m->count == !(m->declares & NO_FORMULA), 0,
                 m->count ? "it declares NO_FORMULA and has count()"
                          : "no count(): state the paper's formula for one site, or .declares = NO_FORMULA");
    return numbers;
}

/* Adapter parameters at this rank; -1 where the method refuses it. */
static long count_at(const struct method *m, const void *opts, struct adapter common, int rank)
{
    struct trap t;
    volatile long n = -1;
    common.rank = rank;
    if (!trap_set(&t))
        n = budget_count(m, opts, &common, &tiny_config, 0).trained;
    trap_end(&t);
    return n;
}

/* An option may fix the rank (AdaLoRA's target_rank). */
static bool by_default(const struct method *m, const void *opts)
{
    void *def = mem_alloc(m->options_size);
    option_defaults(m->options, def);
    bool same = memcmp(def, opts, m->options_size) == 0;
    free(def);
    return same;
}

void law_attach(struct laws *l, const struct method *m, const void *opts, const struct adapter *common)
{
    enum { RANKS = 8 };
    long first = -1, last = -1;
    int from = 0;
    for (int rank = 1; rank <= RANKS; rank++) {
        long n = count_at(m, opts, *common, rank);
        if (n < 0)
            continue;
        if (last >= 0 && !m->no_rank)
            law_note(l, LAW_FORM, n < last, 0, "rank=%d has %ld parameters, fewer than rank=%d", rank, n, from);
        first = first < 0 ? n : first;
        last = n;
        from = rank;
    }
    if (!m->no_rank && last >= 0 && (!m->targets || *m->targets) && (!opts || by_default(m, opts)))
        law_note(l, LAW_FORM, last == first, 0,
                 "%ld parameters at every rank: a method without that knob says .no_rank", last);
}

/* The search of learning rates, on validation alone: its runs, what it chooses, and the runs that are reported. */
#include "experiment/search.h"

#include "core/arena.h"
#include "stats/stats.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

void search_window(struct plan *p)
{
    for (int i = 0; i < p->cells; i++)
        for (int k = 0; k < p->cell[i].rates; k++)
            for (long s = p->cell[i].grid->tune_first; s <= p->cell[i].grid->tune_last; s++)
                plan_add(p, i, p->cell[i].rate[k], (int)s, 1);
}

/* The validation metrics of a rate's search runs, in v[seeds]; NaN for a run that diverged. Returns how many exist. */
static int rate_runs(struct plan *p, int cell, const char *rate, double *v, int *collapsed)
{
    int n = 0;
    *collapsed = 0;
    for (int i = p->last[cell]; i >= 0; i = p->run[i].before) {
        const struct plan_run *r = &p->run[i];
        const struct facts *e =
            r->tuning && strcmp(r->rate, rate) == 0 ? index_look(&p->index, session_results(p->session), r->key) : NULL;
        if (!e)
            continue;
        v[n] = facts_success(e) ? e->valid_metric : NAN;
        *collapsed += e->collapsed == 1 || isnan(v[n]);
        n++;
    }
    return n;
}

/* Means per rate. A diverged run counts as the worst score seen in the cell, at most 0: it must not make a rate look
 * better by dropping out. */
static void measure(struct plan *p, int i)
{
    const struct cell *c = &p->cell[i];
    struct choice *o = &p->choice[i];
    const int wanted = (int)grid_tuning_seeds(c->grid);
    *o = (struct choice){
        .complete = 1, .rate = c->rate[0], .score = NAN, .extended = o->extended, .mean = o->mean, .failed = o->failed};
    if (!wanted)
        return;
    double *v = mem_alloc((size_t)wanted * sizeof *v), lowest = 0;
    o->mean = mem_grow(o->mean, (size_t)c->rates * sizeof *o->mean);
    o->failed = mem_grow(o->failed, (size_t)c->rates * sizeof *o->failed);
    for (int round = 0; round < 2; round++) /* once to find the lowest score, once to use it */
        for (int k = 0; k < c->rates; k++) {
            const bool all = rate_runs(p, i, c->rate[k], v, &o->failed[k]) == wanted;
            o->mean[k] = all ? 0 : NAN;
            for (int s = 0; all && s < wanted; s++) {
                o->mean[k] += (isnan(v[s]) ? lowest : v[s]) / wanted;
                lowest = fmin(lowest, isnan(v[s]) ? lowest : v[s]);
            }
        }
    for (int k = 0; k < c->rates; k++)
        o->complete &= !isnan(o->mean[k]);
    free(v);
}

/* Whether the scores of two cells are on one scale: those of another member, file, base or difficulty are not. */
static bool on_one_task(const struct cell *a, const struct cell *b)
{
    static const char *const keys[] = {"task",      "base",  "base_seed",  "member",     "task.member",    "file",
                                       "task.file", "label", "task.label", "difficulty", "task.difficulty"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (strcmp(cell_get(a, keys[i]), cell_get(b, keys[i])) != 0)
            return false;
    return true;
}

/* The best mean score that a method's search found on a cell's task; NaN when it was not searched or is not complete. */
static double best_of(const struct plan *p, const char *method, const struct cell *on)
{
    double best = NAN;
    for (int i = 0; i < p->cells; i++)
        if (p->choice[i].mean && p->choice[i].complete && strcmp(cell_get(&p->cell[i], "method"), method) == 0 &&
            on_one_task(&p->cell[i], on))
            for (int k = 0; k < p->cell[i].rates; k++)
                best = fmax(best, p->choice[i].mean[k]);
    return best;
}

int search_best(const struct choice *o, int rates)
{
    int best = 0;
    for (int k = 1; k < rates; k++)
        best = o->mean[k] > o->mean[best] ? k : best;
    return best;
}

static void choose_each(const struct plan *p, int i)
{
    const struct cell *c = &p->cell[i];
    struct choice *o = &p->choice[i];
    const int best = search_best(o, c->rates);
    o->rate = c->rate[best];
    o->score = o->mean[best];
    o->edge = c->rates == 1 ? 0 : best == 0 ? -1 : best == c->rates - 1;
}

/* Whether two cells are one method on two tasks. */
static bool differ_in_task(const struct cell *a, const struct cell *b)
{
    return a->grid == b->grid && a->assignments == b->assignments &&
           assignments_equal_but(a->assignment, b->assignment, a->assignments, "task");
}

/* What a rate is worth over the tasks of a method, on the scale from head to full. */
struct worth {
    double mean, error; /* standard error of the mean over these tasks, seeds varying */
    int failed;
};

/* One of the members of a group: their rates are the same. */
static struct worth rate_worth(struct plan *p, const int *member, int n, int rate)
{
    struct worth w = {0};
    const int seeds = (int)grid_tuning_seeds(p->cell[*member].grid);
    double *v = mem_alloc((size_t)seeds * sizeof *v), variance = 0;
    for (int i = 0; i < n; i++) {
        const int cell = member[i];
        int collapsed;
        rate_runs(p, cell, p->cell[cell].rate[rate], v, &collapsed);
        for (int s = 0; s < seeds; s++) /* a diverged run is worth what the head alone has */
            v[s] = isnan(v[s]) ? 0 : (v[s] - p->head[cell]) / (p->full[cell] - p->head[cell]);
        w.mean += stats_mean(v, seeds) / n;
        variance += seeds > 1 ? pow(stats_sd(v, seeds), 2) / seeds : 0;
        w.failed += p->choice[cell].failed[rate];
    }
    w.error = sqrt(variance) / n;
    free(v);
    return w;
}

/* One rate for all members of a group, which are complete. */
static void choose_common(struct plan *p, const int *member, int n)
{
    const int rates = p->cell[*member].rates;
    struct worth *w = mem_alloc((size_t)rates * sizeof *w);
    int least = INT_MAX, best = -1, lowest = 0;
    for (int k = 0; k < rates; k++) {
        w[k] = rate_worth(p, member, n, k);
        least = w[k].failed < least ? w[k].failed : least;
    }
    for (int k = 0; k < rates; k++)
        if (w[k].failed == least && (best < 0 || w[k].mean > w[best].mean))
            best = k;
    while (w[lowest].failed != least || w[lowest].mean < w[best].mean - w[best].error)
        lowest++;
    for (int i = 0; i < n; i++) {
        struct choice *o = &p->choice[member[i]];
        o->rate = p->cell[member[i]].rate[lowest];
        o->score = o->mean[lowest];
        o->edge = rates == 1 ? 0 : lowest == 0 ? -1 : best == rates - 1;
    }
    free(w);
}

/* The cells that share cell i's rate, i among them, all to be looked at when i is the first of them; else none. */
static int group(const struct plan *p, int i, int *member)
{
    int n = 0;
    for (int k = 0; k < p->cells; k++)
        if (k == i || (plan_common_rate(&p->cell[i]) && differ_in_task(&p->cell[i], &p->cell[k])))
            member[n++] = k;
    return member[0] == i ? n : 0;
}

/* A run less than a quarter of the way from head to full has failed. */
static void count_failed(struct plan *p, int i)
{
    const struct cell *c = &p->cell[i];
    const double quarter = p->head[i] + (p->full[i] - p->head[i]) / 4;
    double *v = mem_alloc((size_t)grid_tuning_seeds(c->grid) * sizeof *v);
    for (int k = 0; k < c->rates; k++) {
        int n = rate_runs(p, i, c->rate[k], v, &p->choice[i].failed[k]);
        p->choice[i].failed[k] = 0;
        for (int s = 0; s < n; s++)
            p->choice[i].failed[k] += !(v[s] >= quarter);
    }
    free(v);
}

static void choose(struct plan *p)
{
    int *member = mem_alloc((size_t)p->cells * sizeof *member);
    for (int i = 0; i < p->cells; i++)
        measure(p, i);
    for (int i = 0; i < p->cells; i++) {
        p->head[i] = best_of(p, "head", &p->cell[i]);
        p->full[i] = best_of(p, "full", &p->cell[i]);
        if (p->choice[i].mean && p->full[i] > p->head[i])
            count_failed(p, i);
    }
    for (int i = 0; i < p->cells; i++) {
        const int n = grid_tuning_seeds(p->cell[i].grid) ? group(p, i, member) : 0;
        bool complete = true, scale = plan_common_rate(&p->cell[i]);
        for (int k = 0; k < n; k++) {
            const double way = p->full[member[k]] - p->head[member[k]];
            complete &= p->choice[member[k]].complete && !(plan_common_rate(&p->cell[i]) && isnan(way));
            scale &= way > 0;
            /* one rate of one window: where the scale came late, each was extended by itself */
            scale &= p->choice[member[k]].extended == p->choice[*member].extended;
        }
        for (int k = 0; k < n; k++)
            if (!complete)
                p->choice[member[k]].complete = 0, p->choice[member[k]].rate = NULL;
            else if (!scale)
                choose_each(p, member[k]);
        if (n && complete && scale)
            choose_common(p, member, n);
    }
    free(member);
}

/* The rung of the ladder just outside the window at the end where the optimum is; NULL when there is none. */
static const char *next_rung(const struct cell *c, const struct choice *o)
{
    const bool up = o->edge > 0;
    const double at = strtod(c->rate[up ? c->rates - 1 : 0], NULL);
    const char *found = NULL;
    for (int k = 0; k < c->grid->rungs; k++) {
        double v = strtod(c->grid->ladder[k], NULL);
        if (up ? v > at * 1.0001 : v < at * 0.9999)
            if (!found || (up ? v < strtod(found, NULL) : v > strtod(found, NULL)))
                found = c->grid->ladder[k];
    }
    return found;
}

int search_extend(struct plan *p)
{
    int before = p->runs;
    choose(p);
    for (int i = 0; i < p->cells; i++) {
        struct cell *c = &p->cell[i];
        struct choice *o = &p->choice[i];
        const char *rung = o->complete && o->edge && !o->extended ? next_rung(c, o) : NULL;
        if (!rung)
            continue;
        const bool up = o->edge > 0;
        o->extended = o->edge;
        char *rate = mem_text("%s", rung);
        c->rate = mem_grow(c->rate, (size_t)(c->rates + 1) * sizeof *c->rate);
        memmove(c->rate + !up, c->rate, (size_t)c->rates * sizeof *c->rate);
        c->rate[up ? c->rates : 0] = rate;
        c->rates++;
        for (long s = c->grid->tune_first; s <= c->grid->tune_last; s++)
            plan_add(p, i, rate, (int)s, 1);
    }
    return p->runs - before;
}

int search_report(struct plan *p)
{
    int incomplete = 0;
    choose(p);
    for (int i = 0; i < p->cells; i++) {
        incomplete += !p->choice[i].complete;
        for (long s = p->cell[i].grid->seed_first; p->choice[i].complete && s <= p->cell[i].grid->seed_last; s++)
            plan_add(p, i, p->choice[i].rate, (int)s, 0);
    }
    return incomplete;
}

int search_all(struct plan *p)
{
    search_window(p);
    search_extend(p);
    return search_report(p);
}

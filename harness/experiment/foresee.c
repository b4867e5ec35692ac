/* The warnings before runs are made, and the matrix of a dry run. */
#include "experiment/foresee.h"

#include "core/arena.h"
#include "core/die.h"
#include "core/progress.h"
#include "experiment/estimate.h"
#include "experiment/search.h"
#include "tune/budget.h"
#include "tune/peft.h"
#include "tune/tuning.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { REMARK = 256, FEW = 3 /* rates, or seeds of a search, below which a choice is mostly chance */ };

static bool given(int n, const char *const *words, const char *key)
{
    size_t size = strlen(key);
    for (int i = 0; i < n; i++)
        if (strncmp(words[i], key, size) == 0 && words[i][size] == '=')
            return true;
    return false;
}

/* Only what the method's struct states: without sites there is nothing to adapt, without a rank no alpha / rank, and where
 * PEFT's format of it has no alpha it has none. */
static void warn_unread(const struct spec *s, int n, const char *const *words)
{
    const struct method *m = s->method;
    const bool sites = !m->targets || *m->targets;
    const bool scaled = !m->no_rank && (!peft_type(m->peft) || peft_says(m->peft, PEFT_ALPHA));
    const unsigned declared = method_declared(m, s->method_opts);
    const struct {
        const char *key;
        bool read;
    } options[] = {{"targets", sites},
                   {"layers", sites},
                   {"dropout", sites && !(declared & NO_DROPOUT)},
                   {"alpha", scaled},
                   {"budget_at", !m->no_rank},
                   {"head_lr", s->adapter.head_rate <= 0},
                   {"exact", !m->no_rank},
                   {"rank", !m->no_rank && s->adapter.budget <= 0}};
    char list[REMARK] = "";
    for (size_t i = 0; i < sizeof options / sizeof *options; i++)
        if (!options[i].read && given(n, words, options[i].key))
            snprintf(list + strlen(list), sizeof list - strlen(list), "%s%s=", *list ? ", " : "", options[i].key);
    if (*list)
        warn("these have no effect on %s%s: %s", m->name, s->adapter.budget > 0 ? " with a budget" : "", list);
}

bool foresee_run(const struct spec *s, const struct model_config *c, int n, const char *const *words)
{
    char remark[REMARK];
    warn_unread(s, n, words);
    bool missed = budget_remark(s->method, s->method_opts, &s->adapter, c, s->extra, remark, sizeof remark);
    if (missed)
        warn("%s", remark);
    return missed;
}

bool foresee_trained(const struct method *m, long budget, long active)
{
    if (!m->end_phase || !budget_missed(budget, active))
        return false;
    warn("budget=%ld: %s trained %ld adapter parameters (%+.1f %%): it decides in training how many sites it keeps, "
         "and each has a rank from 1 to its largest",
         budget, m->name, active, 100.0 * (double)(active - budget) / (double)budget);
    return true;
}

static bool cell_remark(const struct plan *p, const struct cell *c, char *remark, size_t size)
{
    struct spec s;
    if (strtol(cell_get(c, "budget"), NULL, 10) <= 0 || method_find(cell_get(c, "method"))->no_rank)
        return false;
    const struct base *b = plan_spec(p, c, &s);
    bool missed = budget_remark(s.method, s.method_opts, &s.adapter, &b->config, s.extra, remark, size);
    spec_free(&s);
    return missed;
}

static void warn_budgets(const struct plan *p)
{
    char(*said)[REMARK] = mem_alloc((size_t)(p->cells + 1) * sizeof *said);
    int n = 0;
    for (int i = 0; i < p->cells; i++) {
        if (!cell_remark(p, &p->cell[i], said[n], sizeof *said))
            continue;
        bool again = false;
        for (int k = 0; k < n; k++)
            again |= strcmp(said[k], said[n]) == 0;
        if (!again)
            warn("[grid %s]: %s", p->cell[i].grid->name, said[n++]);
    }
    free(said);
}

/* One line for a grid that searches: the same number of trials, and not too few, for every method. */
static void warn_search(const struct plan *p, const struct grid *g)
{
    const struct cell *least = NULL, *most = NULL;
    const bool common = strcmp(g->choose, "common") == 0;
    int seeds = (int)grid_tuning_seeds(g), tasks = 0;
    char why[REMARK] = "";
    for (int i = 0; i < p->cells; i++) {
        const struct cell *c = &p->cell[i];
        if (c->grid != g)
            continue;
        bool known = false;
        for (int k = 0; k < i && !known; k++)
            known = p->cell[k].grid == g && strcmp(cell_get(&p->cell[k], "task"), cell_get(c, "task")) == 0;
        tasks += !known;
        least = !least || c->rates < least->rates ? c : least;
        most = !most || c->rates > most->rates ? c : most;
    }
    if (!seeds || !least)
        return;
    size_t used = 0;
    if (least->rates != most->rates) {
        used = (size_t)snprintf(why, sizeof why, "%s has %d rates, ", cell_get(least, "method"), least->rates);
        used += (size_t)snprintf(why + used, sizeof why - used, "%s has %d; ", cell_get(most, "method"), most->rates);
    } else if (least->rates < FEW)
        used = (size_t)snprintf(why, sizeof why, "%d rate%s; ", least->rates, least->rates == 1 ? "" : "s");
    if (seeds * (common ? tasks : 1) < FEW && used < sizeof why) /* a rate for all tasks is tried on all of them */
        snprintf(why + used, sizeof why - used, "%d tuning seed%s; ", seeds, seeds == 1 ? "" : "s");
    if (*why)
        warn("[grid %s]: %sa fair search has as many trials for every method, at least %d rates with %d seeds each",
             g->name, why, FEW, FEW);
}

void foresee_plan(const struct plan *p)
{
    for (int i = 0; i < p->experiment->grids && p->cells > 1; i++) /* a single cell is compared with nothing */
        warn_search(p, &p->experiment->grid[i]);
    warn_budgets(p);
}

void foresee_made(struct plan *p)
{
    const struct cell **said = mem_alloc((size_t)(p->cells + 1) * sizeof *said);
    int n = 0;
    for (int i = 0; i < p->runs; i++) {
        const struct plan_run *r = &p->run[i];
        const struct cell *c = &p->cell[r->cell];
        const char *budget = cell_get(c, "budget"), *method = cell_get(c, "method");
        bool again = r->tuning || r->state != PLAN_DONE || !*budget;
        for (int k = 0; k < n; k++)
            again |=
                strcmp(cell_get(said[k], "budget"), budget) == 0 && strcmp(cell_get(said[k], "method"), method) == 0;
        if (again)
            continue;
        const struct facts *e = index_look(&p->index, session_results(p->session), r->key);
        if (e && foresee_trained(method_find(method), strtol(budget, NULL, 10), (long)e->parameters_active))
            said[n++] = c;
    }
    free(said);
}

static int count_missing(const struct plan *p, int tuning)
{
    int n = 0;
    for (int i = 0; i < p->runs; i++)
        n += p->run[i].tuning == tuning && p->run[i].state != PLAN_DONE;
    return n;
}

static void print_cell(const struct cell *c, int search, int reported, int there)
{
    char rates[REMARK] = "", task[OPTION_TEXT];
    cell_task(c, task);
    for (int k = 0; k < c->rates; k++)
        snprintf(rates + strlen(rates), sizeof rates - strlen(rates), "%s%s", k ? " " : "", c->rate[k]);
    printf("%-14s %-10s %-8s %-30s %6d  %8d  %6d\n", cell_get(c, "method"), task, cell_get(c, "budget"), rates, search,
           reported, there);
}

/* Below ten seconds a moment's timing may be off by a factor of four (a head alone, VeRA): no number is said then. */
enum { FEW_SECONDS = 10 };

static void print_time(const struct speeds *from, double runs, double seconds, int jobs)
{
    char text[32];
    double processors = fmax(1, (double)sysconf(_SC_NPROCESSORS_ONLN));
    if (runs <= 0)
        return;
    if (from->runs + from->timed)
        printf("at the speed of ");
    if (from->runs)
        printf("%d run%s that exist%s", from->runs, from->runs == 1 ? "" : "s", from->runs == 1 ? "s" : "");
    if (from->timed)
        printf("%s%d kind%s of run timed for a moment", from->runs ? " and " : "", from->timed,
               from->timed == 1 ? "" : "s");
    seconds /= fmin(fmin(jobs, processors), runs);
    printf("%sthe %.0f that are missing take %s with -j %d on an idle machine\n", from->runs + from->timed ? ", " : "",
           runs, seconds < FEW_SECONDS ? "a few seconds" : duration_text(seconds, text, sizeof text), jobs);
}

/* How long a search run is, as a share of a reported one. */
static double tuning_length(const struct cell *c)
{
    double search = strtod(c->grid->tune_epochs, NULL), reported = strtod(cell_get(c, "epochs"), NULL);
    return search > 0 && reported > 0 ? search / reported : 1;
}

void foresee_print(struct plan *p, bool bases, int jobs)
{
    int *there = mem_alloc((size_t)(p->cells + 1) * sizeof *there), incomplete = 0;
    long searching = 0, reporting = 0;
    double runs = 0, seconds = 0;
    struct speeds from = {0};
    if (bases) {
        incomplete = search_all(p);
    }
    for (int i = 0; i < p->runs; i++)
        there[p->run[i].cell] += p->run[i].state == PLAN_DONE;
    printf("%-14s %-10s %-8s %-30s search  reported   there\n", "method", "task", "budget", "rates");
    for (int i = 0; i < p->cells; i++) {
        const struct grid *g = p->cell[i].grid;
        int seeds = (int)grid_tuning_seeds(g), reported = (int)grid_reported_seeds(g);
        int search = p->cell[i].rates * seeds, missing = search + reported - there[i];
        print_cell(&p->cell[i], search, reported, there[i]);
        searching += search;
        reporting += reported;
        runs += missing;
        double share = tuning_length(&p->cell[i]); /* of a search run, of a reported one */
        share = search + reported ? (search * share + reported) / (search + reported) : 1;
        seconds += missing * (missing > 0 ? share * estimate_here(p, &p->cell[i], &from) : 0);
    }
    if (bases)
        printf("%ld search runs and %ld reported runs; %d and %d of those known now are missing%s\n", searching,
               reporting, count_missing(p, 1), count_missing(p, 0),
               incomplete ? " (the search decides on the rest)" : "");
    else
        printf("%ld search runs and %ld reported runs; all are missing, and a base must be made first\n", searching,
               reporting);
    print_time(&from, runs, seconds, jobs);
    free(there);
}

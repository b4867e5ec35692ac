/* Counting what protocols of few runs would have said. */
#include "analysis/leaderboard.h"

#include "analysis/interval.h"
#include "analysis/words.h"
#include "core/arena.h"
#include "core/die.h"
#include "core/rng.h"
#include "stats/contrast.h"
#include "stats/stats.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SUBSETS_MOST = 2000 }; /* where there are more, as many are drawn */

const char *const protocol_names[PROTOCOLS] = {
    "one seed, one rate, sizes as they come",
    "one seed, one rate",
    "two seeds, one rate",
    "four seeds, one rate",
    "own rate, its run reported",
    "own rate, a fresh run reported",
    "own rate by two seeds, two fresh runs",
    "search, one test run",
    "search, three test runs",
    "search, five test runs",
};

/* ---- Reading --------------------------------------------------------------------------------------------------- */

static bool in_grids(const struct results *rows, const struct result *w, const struct setting *grids)
{
    return grids && setting_names(grids, rows->plan->cell[w->run->cell].grid->name);
}

/* The place of a rate among those of the board, and of a seed; -1: it is none of them. */
static int rate_index(const struct board *b, double rate)
{
    for (int i = 0; i < b->rates; i++)
        if (b->rate[i] == rate)
            return i;
    return -1;
}

static int seed_index(const struct board *b, int seed)
{
    for (int i = 0; i < b->seeds; i++)
        if (b->seed[i] == seed)
            return i;
    return -1;
}

/* The rates and seeds of single runs. */
static void find_axes(struct board *b, const struct results *rows, const struct setting *single)
{
    const int rates = sizeof b->rate / sizeof *b->rate, seeds = sizeof b->seed / sizeof *b->seed;
    for (int i = 0; i < rows->n; i++) {
        const struct result *w = &rows->row[i];
        if (!w->present || !in_grids(rows, w, single))
            continue;
        const bool rate = rate_index(b, w->lr) < 0, seed = seed_index(b, w->run->seed) < 0;
        if ((rate && b->rates == rates) || (seed && b->seeds == seeds))
            die(EXIT_USAGE, "a leaderboard has at most %d rates and %d seeds: name fewer grids with the key single",
                rates, seeds);
        if (rate)
            b->rate[b->rates++] = w->lr;
        if (seed)
            b->seed[b->seeds++] = w->run->seed;
    }
}

static const struct result *present_run(const struct group *a)
{
    for (int i = 0; i < a->n; i++)
        if (a->run[i]->present)
            return a->run[i];
    return NULL;
}

static void take(const struct board *b, const struct result *w, double *scores)
{
    const int r = rate_index(b, w->lr), s = seed_index(b, w->run->seed);
    if (r < 0 || s < 0)
        die(EXIT_USAGE, "rate %s and seed %d of the key own are not among those of the key single", rate_text(w->lr),
            w->run->seed);
    scores[r * b->seeds + s] = w->ok ? result_value(w, FACT_valid_metric) : 0;
}

static void read_lone(const struct board *b, const struct results *rows, const struct group *a, struct lone_scores *l,
                      const struct setting *single, const struct setting *own)
{
    const struct result *one = present_run(a);
    const int n = b->rates * b->seeds;
    bool has_own = false;
    l->at = mem_alloc((size_t)(n + 1) * sizeof *l->at);
    l->own = mem_alloc((size_t)(n + 1) * sizeof *l->own);
    for (int i = 0; i < n; i++)
        l->at[i] = l->own[i] = NAN;
    for (int i = 0; one && i < rows->n; i++) {
        const struct result *w = &rows->row[i];
        if (!w->present)
            continue;
        if (in_grids(rows, w, single) && strcmp(w->facts->cell, one->facts->cell) == 0)
            take(b, w, l->at);
        if (in_grids(rows, w, own) && w->setup->method == a->setup->method &&
            strcmp(w->facts->data_hash, one->facts->data_hash) == 0) {
            take(b, w, l->own);
            has_own = true;
        }
    }
    if (!has_own)
        memcpy(l->own, l->at, (size_t)n * sizeof *l->own);
}

static int method_index(struct board *b, const char *label)
{
    int i = 0;
    while (i < b->methods && strcmp(b->method[i], label) != 0)
        i++;
    return i;
}

/* By the ends of the task's scale that the search found; 1 where it has none. */
static double weight_of(const struct plan *p, const struct group *a)
{
    const int cell = a->run[0]->run->cell;
    const double span = p->full[cell] - p->head[cell];
    return span > 0 ? 1 / span : 1;
}

void board_make(struct board *b, const struct groups *answer, const struct setting *single, const struct setting *own)
{
    *b = (struct board){.lora = -1};
    find_axes(b, answer->rows, single);
    for (int i = 0; i < answer->n; i++) {
        const struct group *a = &answer->group[i];
        if (b->methods < SERIES_MOST && method_index(b, a->label) == b->methods)
            b->method[b->methods++] = a->label;
        int t = 0;
        while (t < b->tasks && strcmp(b->task[t], a->task) != 0)
            t++;
        if (t == b->tasks && t < TASKS_MOST)
            b->task[b->tasks++] = a->task;
    }
    const size_t cells = (size_t)b->methods * (size_t)b->tasks + 1;
    b->answer = mem_alloc(cells * sizeof(struct group *));
    b->lone = mem_alloc(cells * sizeof *b->lone);
    for (int i = 0; i < answer->n; i++) {
        const struct group *a = &answer->group[i];
        const int m = method_index(b, a->label);
        int t = 0;
        while (t < b->tasks && strcmp(b->task[t], a->task) != 0)
            t++;
        if (m == b->methods || t == b->tasks || b->answer[m * b->tasks + t] || a->ok < INTERVAL_LEAST)
            continue;
        b->answer[m * b->tasks + t] = a;
        b->weight[t] = weight_of(answer->rows->plan, a);
        read_lone(b, answer->rows, a, &b->lone[m * b->tasks + t], single, own);
        if (strcmp(a->label, "LoRA") == 0)
            b->lora = m;
    }
}

void board_free(struct board *b)
{
    for (int i = 0; i < b->methods * b->tasks; i++) {
        free(b->lone[i].at);
        free(b->lone[i].own);
    }
    free(b->lone);
    free(b->answer);
    *b = (struct board){0};
}

/* ---- The scores that a protocol could have had ----------------------------------------------------------------- */

/* Whether the protocol has one rate for all, so that every rate is a leaderboard of its own. */
static bool protocol_common(enum protocol p)
{
    return p <= PROTOCOL_FOUR;
}

/* Runs of a method that are taken together: seeds of a common rate, or test runs of the answer. */
static int together(enum protocol p)
{
    switch (p) {
    case PROTOCOL_TWO:
        return 2;
    case PROTOCOL_SEARCH_3:
        return 3;
    case PROTOCOL_FOUR:
        return 4;
    case PROTOCOL_SEARCH_5:
        return 5;
    default:
        return 1;
    }
}

int protocol_runs(const struct board *b, enum protocol p)
{
    switch (p) {
    case PROTOCOL_OWN:
        return b->rates;
    case PROTOCOL_OWN_FRESH:
        return b->rates + 1;
    case PROTOCOL_OWN_PAIRS:
        return 2 * b->rates + 2;
    case PROTOCOL_SEARCH_1:
    case PROTOCOL_SEARCH_3:
    case PROTOCOL_SEARCH_5:
        return 2 * b->rates + together(p);
    default:
        return together(p);
    }
}

static double choose(int n, int k)
{
    double c = 1;
    for (int i = 0; i < k; i++)
        c *= (double)(n - i) / (i + 1);
    return c;
}

/* The next subset of k of n in lexicographic order; false after the last. */
static bool next_subset(int *place, int n, int k)
{
    int i = k - 1;
    while (i >= 0 && place[i] == n - k + i)
        i--;
    if (i < 0)
        return false;
    place[i]++;
    for (int j = i + 1; j < k; j++)
        place[j] = place[j - 1] + 1;
    return true;
}

static double mean_at(const double *x, const int *place, int k)
{
    double sum = 0;
    for (int i = 0; i < k; i++)
        sum += x[place[i]];
    return sum / k;
}

/* The means of all subsets of k of n finite values, or of SUBSETS_MOST drawn ones. */
static int subset_means(const double *x, int n, int k, double **v)
{
    int place[8], m = 0;
    const bool all = n >= k && choose(n, k) <= SUBSETS_MOST;
    *v = mem_alloc((size_t)(SUBSETS_MOST + 1) * sizeof **v);
    if (n < k)
        return 0;
    for (int i = 0; i < k; i++)
        place[i] = i;
    struct rng r = rng_stream(1, RNG_BOOTSTRAP, stream_id("leaderboard", "subsets", n), (uint32_t)k);
    do {
        if (!all)
            rng_subset(&r, n, k, place);
        (*v)[m++] = mean_at(x, place, k);
    } while (all ? next_subset(place, n, k) : m < SUBSETS_MOST);
    return m;
}

/* The finite scores of a rate, one per seed. */
static int finite_scores(const double *x, int n, double *to)
{
    int m = 0;
    for (int i = 0; i < n; i++)
        if (!isnan(x[i]))
            to[m++] = x[i];
    return m;
}

/* A method's rate with the best weighted sum over tasks and two seeds (the same one twice: over one); -1 where a run is
 * missing. */
static int best_rate(const struct board *b, int method, int s, int s2)
{
    int best = -1;
    double most = -INFINITY;
    for (int r = 0; r < b->rates; r++) {
        double sum = 0;
        for (int t = 0; t < b->tasks; t++) {
            const double *x = b->lone[method * b->tasks + t].at;
            sum += x ? b->weight[t] * (x[r * b->seeds + s] + x[r * b->seeds + s2]) : 0;
        }
        if (isnan(sum))
            return -1;
        if (sum > most)
            most = sum, best = r;
    }
    return best;
}

static int own_scores(const struct board *b, int method, const double *x, enum protocol p, double **v)
{
    int n = 0;
    *v = mem_alloc((size_t)(b->seeds * b->seeds * b->seeds * b->seeds + 1) * sizeof **v);
    for (int s = 0; s < b->seeds; s++)
        for (int s2 = s; s2 < b->seeds; s2++) {
            if ((p == PROTOCOL_OWN_PAIRS) == (s == s2))
                continue; /* pairs choose here, single seeds there */
            const int r = best_rate(b, method, s, s2);
            if (r < 0)
                continue;
            const double *at = x + r * b->seeds;
            if (p == PROTOCOL_OWN)
                (*v)[n++] = at[s];
            for (int u = 0; u < b->seeds && p != PROTOCOL_OWN; u++)
                for (int w = u; w < b->seeds; w++) {
                    const bool fresh = u != s && u != s2 && w != s && w != s2;
                    if (fresh && (p == PROTOCOL_OWN_PAIRS) == (u != w) && !isnan(at[u]) && !isnan(at[w]))
                        (*v)[n++] = (at[u] + at[w]) / 2;
                }
        }
    return n;
}

int protocol_scores(const struct board *b, enum protocol p, int method, int task, int r, double **v)
{
    const int cell = method * b->tasks + task;
    const struct group *a = b->answer[cell];
    *v = NULL;
    if (!a)
        return 0;
    if (p >= PROTOCOL_SEARCH_1) {
        double *x = mem_alloc((size_t)(a->n + 1) * sizeof *x);
        const int n = subset_means(x, group_values(a, FACT_test_metric, x), together(p), v);
        free(x);
        return n;
    }
    const double *x = p == PROTOCOL_AS_THEY_COME ? b->lone[cell].own : b->lone[cell].at;
    if (!protocol_common(p))
        return own_scores(b, method, x, p, v);
    double *at = mem_alloc((size_t)(b->seeds + 1) * sizeof *at);
    const int n = subset_means(at, finite_scores(x + r * b->seeds, b->seeds, at), together(p), v);
    free(at);
    return n;
}

/* ---- Wrong signs and winners ----------------------------------------------------------------------------------- */

/* The answer's difference of two methods on a task. */
static struct contrast answered(const struct board *b, int m, int k, int task)
{
    const struct group *x = b->answer[m * b->tasks + task], *y = b->answer[k * b->tasks + task];
    double *v = mem_alloc((size_t)(x->n + y->n + 2) * sizeof *v), *w = v + x->n + 1;
    const int n = group_values(x, FACT_test_metric, v), others = group_values(y, FACT_test_metric, w);
    const struct contrast c = contrast_of(v, n, w, others);
    free(v);
    return c;
}

int board_sign(const struct board *b, int method, int task)
{
    if (b->lora < 0 || method == b->lora || !b->answer[method * b->tasks + task] ||
        !b->answer[b->lora * b->tasks + task])
        return 0;
    const struct contrast c = answered(b, method, b->lora, task);
    return c.low > 0 ? 1 : c.high < 0 ? -1 : 0;
}

double board_wrong_sign(const struct board *b, enum protocol p, int method, int task, int r)
{
    const int sign = board_sign(b, method, task), rates = protocol_common(p) ? b->rates : 1;
    const int from = r < 0 || rates == 1 ? 0 : r, to = r < 0 || rates == 1 ? rates : r + 1;
    double sum = sign ? 0 : NAN;
    for (int k = from; sign && k < to; k++) {
        double *v, *w;
        const int nv = protocol_scores(b, p, method, task, k, &v), nw = protocol_scores(b, p, b->lora, task, k, &w);
        const double ahead = nv && nw ? probability_ahead(v, nv, w, nw) : NAN;
        sum += sign > 0 ? 1 - ahead : ahead;
        free(v);
        free(w);
    }
    return sum / (to - from);
}

/* Whether a method takes part in the contest for the best: an adapter at the budget, and no placebo. */
static bool competes(const struct board *b, int method, int task)
{
    const struct group *a = b->answer[method * b->tasks + task];
    return a && a->budget && setup_number(a->setup, "twin") == 0;
}

static bool among_best(const struct board *b, int method, int best, int task)
{
    return method == best || !(answered(b, method, best, task).high < 0);
}

/* P(the method of list v has the highest score), the others' lists independent. A tie goes to the method that
 * stands first, so that the chances add up to one; scores of 4,000 examples rarely tie. */
static double wins(double *const *list, const int *n, int methods, int m)
{
    double sum = 0;
    for (int i = 0; i < n[m]; i++) {
        const double own = list[m][i];
        double all = 1;
        for (int k = 0; k < methods; k++) {
            int below = 0;
            for (int j = 0; k != m && j < n[k]; j++)
                below += list[k][j] < own || (list[k][j] == own && k > m);
            all *= k == m || !n[k] ? 1 : (double)below / n[k];
        }
        sum += all;
    }
    return n[m] ? sum / n[m] : 0;
}

double board_wrong_winner(const struct board *b, enum protocol p, int task)
{
    double *list[SERIES_MOST] = {NULL}, sum = 0;
    int n[SERIES_MOST], best = -1, counted = 0;
    for (int m = 0; m < b->methods; m++)
        if (competes(b, m, task) && (best < 0 || answered(b, m, best, task).difference > 0))
            best = m;
    for (int r = 0; best >= 0 && r < (protocol_common(p) ? b->rates : 1); r++) {
        double wrong = 0, all = 0;
        for (int m = 0; m < b->methods; m++)
            n[m] = competes(b, m, task) ? protocol_scores(b, p, m, task, r, &list[m]) : 0;
        bool all_there = true;
        for (int m = 0; m < b->methods; m++)
            all_there &= n[m] || !competes(b, m, task);
        for (int m = 0; m < b->methods && all_there; m++) {
            const double won = wins(list, n, b->methods, m);
            all += won;
            wrong += n[m] && !among_best(b, m, best, task) ? won : 0;
        }
        for (int m = 0; m < b->methods; m++) {
            free(list[m]);
            list[m] = NULL;
        }
        sum += all > 0 ? wrong / all : 0;
        counted += all > 0;
    }
    return counted && counted == (protocol_common(p) ? b->rates : 1) ? sum / counted : NAN;
}

/* Mean over the tasks on which a method has a sign; NaN where it has none. */
static double board_method_wrong(const struct board *b, enum protocol p, int method)
{
    double sum = 0;
    int n = 0;
    for (int t = 0; t < b->tasks; t++) {
        const double wrong = board_wrong_sign(b, p, method, t, -1);
        sum += isnan(wrong) ? 0 : wrong;
        n += !isnan(wrong);
    }
    return n ? sum / n : NAN;
}

struct interval board_signs(const struct board *b, enum protocol p, int *n)
{
    double v[SERIES_MOST];
    *n = 0;
    for (int m = 0; m < b->methods; m++) {
        const double wrong = board_method_wrong(b, p, m);
        if (!isnan(wrong))
            v[(*n)++] = wrong;
    }
    return mean_interval(v, *n, stream_id("leaderboard", protocol_names[p], 0));
}

struct interval board_signs_less(const struct board *b, enum protocol p, enum protocol q, int *n)
{
    double v[SERIES_MOST];
    *n = 0;
    for (int m = 0; m < b->methods; m++) {
        const double less = board_method_wrong(b, p, m) - board_method_wrong(b, q, m);
        if (!isnan(less))
            v[(*n)++] = less;
    }
    return mean_interval(v, *n, stream_id("leaderboard", protocol_names[p], 1 + (int)q));
}

struct interval board_winners(const struct board *b, enum protocol p, int *n)
{
    double v[TASKS_MOST];
    *n = 0;
    for (int t = 0; t < b->tasks; t++) {
        const double wrong = board_wrong_winner(b, p, t);
        if (!isnan(wrong))
            v[(*n)++] = wrong;
    }
    return mean_interval(v, *n, stream_id("leaderboard", protocol_names[p], -1));
}

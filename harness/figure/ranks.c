/* Figures 2 and 7: what AdaLoRA and LoRA-drop found out about layers and matrices. */
#include "analysis/coupling.h"
#include "figure/figure.h"

#include "core/arena.h"
#include "stats/stats.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { TASKS_MAX = 32 };

/* ---- Figure 2 -------------------------------------------------------------------------------------------------- */

/* Ranks of one site at one probe over the runs of a group; returns how many. */
static int ranks_at(const struct group *g, int probe, int site, double *v)
{
    int n = 0;
    for (int i = 0; i < g->samples; i++) {
        const struct run *r = result_run(g->sample[i]);
        if (probe < r->probes && site < r->sites && isfinite(r->probe[probe].rank[site]) &&
            r->probe[probe].row_dD[site] > 0)
            v[n++] = r->probe[probe].rank[site];
    }
    return n;
}

static bool target_used(const struct group *g, int sites, int last, int target)
{
    double v[GROUP_SAMPLE];
    for (int s = target; s < sites; s += TARGETS)
        if (ranks_at(g, last, s, v))
            return true;
    return false;
}

/* One variant's final ranks: a series of $map, and the names of its columns. */
static void put_map(struct plot *p, const struct group *g, int sites, int last)
{
    double v[GROUP_SAMPLE];
    int column = 0;
    for (int t = 0; t < TARGETS; t++) {
        if (!target_used(g, sites, last, t))
            continue;
        for (int s = t; s < sites; s += TARGETS) {
            int n = ranks_at(g, last, s, v), layer = s / TARGETS;
            plot_put(p, column), plot_put(p, layer);
            plot_put(p, stats_mean(v, n)), plot_put(p, stats_sd(v, n));
            plot_line(p);
        }
        column++;
    }
    plot_gap(p);
}

/* Mean rank of a layer's matrices at every checkpoint, a series per layer. */
static void put_time(struct plot *p, const struct group *g, int sites, int probes)
{
    double v[GROUP_SAMPLE];
    for (int layer = 0; layer < sites / TARGETS; layer++) {
        for (int k = 0; k < probes; k++) {
            double sum = 0;
            int n = 0, step = 0;
            for (int t = 0; t < TARGETS; t++) {
                int found = ranks_at(g, k, layer * TARGETS + t, v);
                for (int i = 0; i < found; i++, n++)
                    sum += v[i];
            }
            for (int i = 0; i < g->samples; i++)
                if (k < result_run(g->sample[i])->probes)
                    step = result_run(g->sample[i])->probe[k].step;
            plot_put(p, step), plot_put(p, n ? sum / n : NAN);
            plot_line(p);
        }
        plot_gap(p);
    }
}

/* What was allocated, in words that hold for these numbers. */
static const char *allocation(const struct group *g, int sites, int last)
{
    double low = 0, high = 0, v[GROUP_SAMPLE];
    for (int s = 0; s < sites; s++) {
        int n = ranks_at(g, last, s, v);
        *(s < sites / 2 ? &low : &high) += n ? stats_mean(v, n) : 0;
    }
    return high > 1.1 * low ? "later layers" : low > 1.1 * high ? "earlier layers" : "even";
}

static void importance_of(const struct group *g, char *text, size_t size)
{
    snprintf(text, size, "%s", setup_get(g->setup, "method.importance"));
}

/* AdaLoRA on a task, and beside it the variant that scores triplets by the other importance, if there is one. */
static int rank_groups(const struct groups *g, const char *task, const struct group *shown[2])
{
    const struct group *first = group_of_method(g, task, "adalora");
    char own[OPTION_TEXT] = "", other[OPTION_TEXT];
    int n = 0;
    if (!first)
        return 0;
    shown[n++] = first;
    importance_of(first, own, sizeof own);
    for (int i = 0; i < g->n && n == 1; i++) {
        const struct group *a = &g->group[i];
        bool alike = a->ok && a->setup->method == first->setup->method && a->budget == first->budget;
        importance_of(a, other, sizeof other);
        if (alike && strcmp(a->task, task) == 0 && strcmp(own, other) != 0)
            shown[n++] = a;
    }
    return n;
}

static bool draw_ranks(struct gallery *to, const struct display *d, const struct group *const *shown, int variants,
                       int tasks)
{
    int sites = 0, probes = 0, runs = 0, columns = 0;
    const struct group *g = shown[0];
    for (int i = 0; i < g->samples; i++)
        if (result_run(g->sample[i])->probes) {
            sites = result_run(g->sample[i])->sites;
            probes = result_run(g->sample[i])->probes;
            runs++;
        }
    if (!probes)
        return false;
    struct plot p;
    char *name = figure_name(d, g->task, tasks);
    plot_open(&p, "f02_ranks.gp", to->id, name);
    int layers = sites / TARGETS;
    p.width = 1000, p.height = variants > 1 ? 760 : 480;
    plot_number(&p, "variants", variants);
    plot_number(&p, "layers", layers);
    for (int i = 0; i < layers; i++)
        plot_number_i(&p, "layer", i, sequence_color(i, layers));
    char own[OPTION_TEXT] = "", other[OPTION_TEXT] = "";
    importance_of(g, own, sizeof own);
    importance_of(shown[variants - 1], other, sizeof other);
    plot_text(&p, "variant_0", "%s", own);
    plot_text(&p, "variant_1", "%s", other);
    for (int t = 0; t < TARGETS; t++)
        if (target_used(g, sites, probes - 1, t))
            plot_text_i(&p, "column", columns++, "%s", target_names[t]);
    plot_number(&p, "columns", columns);
    plot_block(&p, "map", "column layer mean_rank sd; one series per variant");
    for (int k = 0; k < variants; k++)
        put_map(&p, shown[k], sites, probes - 1);
    plot_block(&p, "time", "step mean_rank; one series per variant and layer");
    for (int k = 0; k < variants; k++)
        put_time(&p, shown[k], sites, probes);
    char words[2][64];
    for (int k = 0; k < variants; k++)
        snprintf(words[k], sizeof words[k], "%s", allocation(shown[k], sites, probes - 1));
    char *title = variants > 1 ? mem_text("%s: rank by %s: %s; by %s: %s", g->task, own, words[0], other, words[1])
                               : mem_text("%s: ranks of %s: %s", g->task, g->label, words[0]);
    char *caption = mem_text(
        "%s: rank of W - W0 (singular values above 1e-5 of the largest) per layer and matrix at the end, mean ± "
        "standard deviation over n = %d runs (no interval), and mean over a layer’s matrices at every checkpoint. "
        "Importance of a triplet: sensitivity (|w g| smoothed, the paper) or singular (|E| alone, the article).",
        to->id, runs);
    gallery_add(to, &p, title, caption);
    plot_close(&p);
    free(name);
    return true;
}

bool figure_ranks(struct gallery *to, const struct groups *g, const struct display *d, char *why, size_t size)
{
    const char *task[TASKS_MAX];
    const struct group *shown[2];
    int tasks = groups_tasks(g, d, task, TASKS_MAX), drawn = 0;
    for (int t = 0; t < tasks; t++) {
        int variants = rank_groups(g, task[t], shown);
        drawn += variants && draw_ranks(to, d, shown, variants, tasks);
    }
    if (!drawn)
        snprintf(why, size, "no run of adalora has measured ranks (probes)");
    return drawn > 0;
}

/* ---- Figure 7 -------------------------------------------------------------------------------------------------- */

/* Mean over runs of the fact "<what>.<layer>.<target>"; NaN when none has it. */
static double fact_mean(const struct group *g, const char *what, int site)
{
    char name[64];
    double sum = 0;
    int n = 0;
    snprintf(name, sizeof name, "%s.%d.%s", what, site / TARGETS, target_names[site % TARGETS]);
    for (int i = 0; i < g->samples; i++) {
        const struct run *r = result_run(g->sample[i]);
        for (int k = 0; k < r->facts; k++)
            if (strcmp(r->fact[k].name, name) == 0) {
                sum += r->fact[k].value;
                n++;
            }
    }
    return n ? sum / n : NAN;
}

static int put_importance(struct plot *p, const struct group *g)
{
    int sites = 0, shown = 0;
    for (int i = 0; i < g->samples; i++)
        sites = result_run(g->sample[i])->sites;
    plot_block(p, "importance", "row share kept name");
    for (int s = 0; s < sites; s++) {
        double share = fact_mean(g, "importance", s);
        char name[32];
        if (isnan(share))
            continue;
        snprintf(name, sizeof name, "%d.%s", s / TARGETS, target_names[s % TARGETS]);
        plot_put(p, shown++), plot_put(p, share), plot_put(p, fact_mean(g, "kept", s));
        plot_word(p, name);
        plot_line(p);
    }
    return shown;
}

/* How many adapters a run keeps, and what the choice is worth beside a random one where there is such a control. */
static char *kept_words(const struct groups *g, const struct group *a, int adapters)
{
    int sites = a->samples ? result_run(a->sample[0])->sites : 0;
    double kept = 0; /* the sum of the shares of runs that keep a site is the mean over runs of the sites kept */
    for (int s = 0; s < sites; s++)
        kept += isnan(fact_mean(a, "kept", s)) ? 0 : fact_mean(a, "kept", s);
    kept = round(10 * kept) / 10;
    for (int i = 0; i < g->n; i++) {
        const struct group *b = &g->group[i];
        if (strcmp(b->task, a->task) == 0 && b->setup->method == a->setup->method && b->budget == a->budget && b->ok &&
            strcmp(setup_get(b->setup, "method.keep"), "random") == 0)
            return mem_text("%s: LoRA-drop keeps %g of %d adapters: %+.1f points against a random choice", a->task,
                            kept, adapters, 100 * (group_mean(a, result_test) - group_mean(b, result_test)));
    }
    return mem_text("%s: LoRA-drop keeps %g of %d adapters", a->task, kept, adapters);
}

static bool draw_importance(struct gallery *to, const struct groups *g, const struct display *d, const struct group *a,
                            int tasks)
{
    struct plot p;
    char *name = figure_name(d, a->task, tasks), words[160];
    plot_open(&p, "f07_importance.gp", to->id, name);
    p.width = 1000;
    int sites = put_importance(&p, a), rows = 0;
    p.height = 200 + 26 * (sites > 12 ? sites : 12);
    plot_number(&p, "sites", sites);
    plot_block(&p, "scores", "mean low high row color mark name");
    for (int i = 0; i < g->n; i++) {
        const struct group *b = &g->group[i];
        bool own = strcmp(b->setup->method->name, "lora_drop") == 0, lora = strcmp(b->setup->method->name, "lora") == 0;
        if ((!own && !lora) || strcmp(b->task, a->task) != 0 || !b->ok || b->budget != a->budget)
            continue;
        struct interval v = group_interval(b, result_test);
        plot_put(&p, 100 * v.estimate), plot_put(&p, 100 * v.low), plot_put(&p, 100 * v.high), plot_put(&p, rows++);
        plot_put(&p, method_color(b->setup->method)), plot_put(&p, method_mark(b->setup->method));
        plot_word(&p, b->label);
        plot_line(&p);
    }
    plot_number(&p, "rows", rows);
    if (sites && rows) {
        bars_words(g, words, sizeof words);
        char *title = kept_words(g, a, sites);
        char *caption = mem_text(
            "%s: left: share of importance (mean squared norm of B A x) within q and within v, mean over n = %d runs; "
            "dark: kept in most runs. Right: test score x 100 of LoRA-drop, its controls and LoRA; %s.",
            to->id, a->samples, words);
        gallery_add(to, &p, title, caption);
    }
    plot_close(&p);
    free(name);
    return sites && rows;
}

bool figure_importance(struct gallery *to, const struct groups *g, const struct display *d, char *why, size_t size)
{
    const char *task[TASKS_MAX];
    int tasks = groups_tasks(g, d, task, TASKS_MAX), drawn = 0;
    for (int t = 0; t < tasks; t++) {
        const struct group *a = group_of_method(g, task[t], "lora_drop");
        drawn += a && draw_importance(to, g, d, a, tasks);
    }
    if (!drawn)
        snprintf(why, size, "no run of lora_drop has recorded importances");
    return drawn > 0;
}

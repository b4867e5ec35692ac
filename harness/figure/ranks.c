/* Where AdaLoRA puts its ranks: layers and matrices at the end, and over time. */
#include "figure/figure.h"

#include "core/arena.h"
#include "stats/stats.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

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
            PLOT_ROW(p, column, layer, stats_mean(v, n), stats_sd(v, n));
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
            PLOT_ROW(p, step, n ? sum / n : NAN);
        }
        plot_gap(p);
    }
}

/* What was allocated, in words that hold for these numbers: the mean rank of an adapted matrix in the lower half of the layers
 * beside that in the upper half, a layer in the middle left out. */
static const char *allocation(const struct group *g, int sites, int last)
{
    const int layers = sites / TARGETS;
    double low = 0, high = 0, v[GROUP_SAMPLE];
    int lower = 0, upper = 0;
    for (int s = 0; s < sites; s++) {
        const int n = ranks_at(g, last, s, v), layer = s / TARGETS;
        if (n && layer < layers / 2)
            low += stats_mean(v, n), lower++;
        else if (n && layer >= layers - layers / 2)
            high += stats_mean(v, n), upper++;
    }
    low /= lower, high /= upper;
    return high > 1.1 * low ? "later layers" : low > 1.1 * high ? "earlier layers" : "even";
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
    setup_get(first->setup, "method.importance", own);
    for (int i = 0; i < g->n && n == 1; i++) {
        const struct group *a = &g->group[i];
        bool alike = a->ok && a->setup->method == first->setup->method && a->budget == first->budget;
        setup_get(a->setup, "method.importance", other);
        if (alike && strcmp(a->task, task) == 0 && strcmp(own, other) != 0)
            shown[n++] = a;
    }
    return n;
}

static bool draw(const struct scene *s)
{
    const struct group *shown[2];
    int variants = rank_groups(s->g, s->task[0], shown);
    if (!variants)
        return false;
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
    plot_open(&p, "ranks.gp", s->to->id, s->name);
    int layers = sites / TARGETS;
    p.width = 1000, p.height = variants > 1 ? 760 : 480;
    plot_number(&p, "variants", variants);
    plot_number(&p, "layers", layers);
    for (int i = 0; i < layers; i++)
        plot_number_i(&p, "layer", i, sequence_color(i, layers));
    char own[OPTION_TEXT] = "", other[OPTION_TEXT] = "";
    setup_get(g->setup, "method.importance", own);
    setup_get(shown[variants - 1]->setup, "method.importance", other);
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
        s->to->id, runs);
    gallery_add(s->to, &p, title, caption);
    plot_close(&p);
    return true;
}

const struct figure_kind figure_ranks = {
    .name = "ranks",
    .alias = "f2",
    .title = "AdaLoRA’s ranks",
    .help = "Rank per layer and matrix at the end and over time, beside the variant with the other importance; for "
            "runs with probes.",
    .keys = "",
    .absent = "no run of adalora has measured ranks (probes)",
    .per_task = true,
    .draw = draw,
};

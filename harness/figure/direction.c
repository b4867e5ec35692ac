/* Direction against magnitude of weight changes: a panel per method, a point per matrix, checkpoint and run, one r each. */
#include "analysis/coupling.h"
#include "figure/figure.h"
#include "figure/film.h"

#include "core/arena.h"
#include "stats/stats.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { USUAL = 3, KINDS = 2 };
static const int targets[KINDS] = {TARGET_Q, TARGET_V};

/* Of both kinds of matrices together: how length and direction go with each other, and in random updates of their size. */
static struct coupling coupling_both(const struct group *g, enum axis axis)
{
    struct cloud both = {0};
    cloud_add(&both, g, CLOUD_QV, axis);
    const struct coupling c = coupling_of(&both, stream_id(g->task, g->label, -1));
    cloud_free(&both);
    return c;
}

/* The checkpoints of one kind of matrix, those of a matrix in a run after each other, and a gap between two of them. */
static void put_tracks(struct plot *p, const struct group *g, int kind, enum axis axis)
{
    struct cloud c = {0};
    cloud_add(&c, g, targets[kind], axis);
    for (int run = 0; run < c.runs; run++)
        for (int layer = 0; layer < c.layers; layer++) {
            int last = -1;
            for (int i = 0; i < c.n; i++)
                last = c.run[i] == run && c.layer[i] == layer ? i : last;
            for (int i = 0; i <= last; i++)
                if (c.run[i] == run && c.layer[i] == layer)
                    PLOT_ROW(p, c.direction[i], c.magnitude[i], sequence_color(layer, c.layers), kind, i == last);
            if (last >= 0)
                plot_line(p);
        }
    cloud_free(&c);
}

static void put_block(struct plot *p, const char *name, const char *columns, const struct group *const *shown,
                      int methods, enum axis axis)
{
    plot_block(p, name, columns);
    for (int m = 0; m < methods; m++) {
        for (int k = 0; k < KINDS; k++)
            put_tracks(p, shown[m], k, axis);
        plot_gap(p);
    }
}

/* A panel's name, its r, and beside it in grey what a random update has and what the paper printed. */
static void put_words(struct plot *p, int i, const struct group *g, const struct coupling *all)
{
    const struct coupling random = coupling_both(g, AXIS_NULL);
    const double printed = g->setup->method->dora_r;
    plot_text_i(p, "title", i, "%s", g->label);
    plot_text_i(p, "r", i, "r %+.2f", all->r.estimate);
    if (printed != 0)
        plot_text_i(p, "words", i, "random update %+.2f; the paper %+.2f", random.r.estimate, printed);
    else
        plot_text_i(p, "words", i, "random update %+.2f", random.r.estimate);
}

/* What the panels say, in a sentence that holds for these numbers. */
static char *headline(const char *task, const struct group *const *shown, int methods, const struct coupling *all)
{
    int tightest = 0, negative = 0;
    for (int m = 0; m < methods; m++) {
        tightest = all[m].r.estimate > all[tightest].r.estimate ? m : tightest;
        negative += all[m].r.estimate < 0;
    }
    return mem_text("%s: %s couples magnitude and direction tightest%s", task, shown[tightest]->label,
                    negative ? "" : "; no pooled correlation is negative");
}

/* The methods to show: of `methods`, else full fine-tuning, LoRA and DoRA. */
static int methods_of(const struct display *d, const struct groups *g, const char *task, const struct group *shown[])
{
    static const char *const usual[USUAL] = {"full", "lora", "dora"};
    const struct setting *s = display_setting(d, "methods");
    int n = 0, count = s ? s->values : USUAL;
    for (int i = 0; i < count; i++) {
        const struct group *found = group_of_method(g, task, s ? s->value[i] : usual[i]);
        struct cloud c = {0};
        for (int t = 0; found && t < KINDS; t++)
            cloud_add(&c, found, targets[t], AXIS_ROWS);
        if (c.n)
            shown[n++] = found;
        cloud_free(&c);
    }
    return n;
}

/* "Full fine-tuning [+0.58, +0.71]; LoRA [+0.91, +0.95]": the intervals, where there are runs for one. For free(). */
static char *intervals(const struct group *const *shown, int methods, const struct coupling *all)
{
    char *words = mem_text("%s", "");
    for (int m = 0; m < methods; m++)
        if (!isnan(all[m].r.low))
            mem_append(&words, "%s %s [%+.2f, %+.2f]", *words ? ";" : "", shown[m]->label, all[m].r.low, all[m].r.high);
    return words;
}

static bool draw(const struct scene *s)
{
    const struct setting *named = display_setting(s->d, "methods");
    const size_t most = (size_t)(named ? named->values : USUAL) + 1;
    const struct group **shown = mem_alloc(most * sizeof *shown);
    struct coupling *all = mem_alloc(most * sizeof *all);
    struct plot p;
    int methods = methods_of(s->d, s->g, s->task[0], shown), least = INT_MAX, runs = 0, layers = 0;
    if (!methods) {
        free(shown);
        free(all);
        return false;
    }
    plot_open(&p, "direction.gp", s->to->id, s->name);
    p.width = 380 * methods, p.height = 600;
    for (int m = 0; m < methods; m++) {
        struct cloud queries = {0};
        cloud_add(&queries, shown[m], TARGET_Q, AXIS_ROWS);
        layers = queries.layers > layers ? queries.layers : layers;
        cloud_free(&queries);
        all[m] = coupling_both(shown[m], AXIS_ROWS);
        runs = all[m].runs > runs ? all[m].runs : runs;
        least = all[m].runs < least ? all[m].runs : least;
        put_words(&p, m, shown[m], &all[m]);
    }
    plot_number(&p, "methods", methods);
    plot_number(&p, "layers", layers);
    for (int k = 0; k < layers; k++)
        plot_number_i(&p, "layer", k, sequence_color(k, layers));
    put_block(&p, "points", "dD dM layer_color is_value is_last; one series per method, a gap between matrices of runs",
              shown, methods, AXIS_ROWS);
    put_block(&p, "random", "the same for random updates of equal rank and norm", shown, methods, AXIS_NULL);
    char *range = intervals(shown, methods, all);
    char *few = least < runs ? mem_text("%d to ", least) : mem_text("%s", "");
    char *caption = mem_text(
        "%s: a mark is one weight matrix of one of n = %s%d runs per method at the last checkpoint; its line is the "
        "way it came. dD and dM: mean change of direction and length of its rows, on the same logarithmic axes. r: "
        "Pearson’s over all checkpoints, on linear axes%s%s. Random update: of the same rank and norm; the paper: Liu "
        "et al. 2024, on other models. Per kind of matrix, checkpoint and column, and with time removed: the table of "
        "couplings.",
        s->to->id, few, runs, *range ? "; BCa bootstrap intervals over runs (few runs: narrower than 95 %):" : "",
        range);
    gallery_add(s->to, &p, headline(s->task[0], shown, methods, all), caption);
    gallery_play(s->to, film_html(shown, methods));
    free(few);
    free(range);
    free(shown);
    free(all);
    plot_close(&p);
    return true;
}

const struct figure_kind figure_direction = {
    .name = "direction",
    .alias = "f1",
    .title = "Direction against magnitude",
    .help = "dM over dD of weight matrices, checkpoints and layers, a panel per method (full, lora and dora unless "
            "`methods` names others), with one r each; for runs with probes, and a film on the page for many of them.",
    .keys = "methods",
    .absent = "no run of full, lora or dora has measured dM and dD of q and v (probes)",
    .per_task = true,
    .draw = draw,
};

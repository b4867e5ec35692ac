/* Direction against magnitude of weight changes: a point per matrix, checkpoint and run, and the same in numbers. */
#include "analysis/coupling.h"
#include "figure/figure.h"

#include "core/arena.h"
#include "stats/stats.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { METHODS_MAX = 4, STEPS_MAX = 16, ROWS = 2 };
static const int targets[ROWS] = {TARGET_Q, TARGET_V};

struct panel {
    struct cloud cloud, null;
    struct coupling all, random;
};

static struct panel panel_open(const struct group *g, int target)
{
    struct panel p = {.all = {.points = 0}};
    const unsigned id = stream_id(g->task, g->label, target);
    cloud_add(&p.cloud, g, target, AXIS_ROWS);
    cloud_add(&p.null, g, target, AXIS_NULL);
    p.all = coupling_of(&p.cloud, id);
    p.random = coupling_of(&p.null, id);
    return p;
}

static void panel_close(struct panel *p)
{
    cloud_free(&p->cloud);
    cloud_free(&p->null);
}

static void put_points(struct plot *p, const struct cloud *c, const int *step, int steps)
{
    for (int i = 0; i < c->n; i++) {
        int k = 0;
        while (k < steps - 1 && step[k] != c->step[i])
            k++;
        plot_put(p, c->direction[i]);
        plot_put(p, c->magnitude[i]);
        plot_put(p, sequence_color(c->layer[i], c->layers));
        plot_put(p, k);
        plot_line(p);
    }
    plot_gap(p);
}

static void put_panel(struct plot *p, const struct panel *a, int i, const char *label, const char *target)
{
    const struct interval *r = &a->all.r;
    char range[48] = "";
    if (!isnan(r->low))
        snprintf(range, sizeof range, " [%+.2f, %+.2f]", r->low, r->high);
    plot_text_i(p, "title", i, "%s, %s", label, target);
    plot_text_i(p, "words", i, "r %+.2f%s\nrandom update %+.2f", r->estimate, range, a->random.r.estimate);
    struct line fit = stats_line(a->cloud.direction, a->cloud.magnitude, a->cloud.n);
    plot_number_i(p, "slope", i, fit.slope);
    plot_number_i(p, "height", i, fit.intercept);
}

/* What the panels say, in a sentence that holds for these numbers. */
static char *headline(const char *task, const struct group *const *shown, int methods,
                      struct panel panel[][METHODS_MAX])
{
    int tightest = 0, negative = 0;
    double mean[METHODS_MAX];
    for (int m = 0; m < methods; m++) {
        mean[m] = (panel[0][m].all.r.estimate + panel[1][m].all.r.estimate) / 2;
        tightest = mean[m] > mean[tightest] ? m : tightest;
        negative += panel[0][m].all.r.estimate < 0 || panel[1][m].all.r.estimate < 0;
    }
    return mem_text("%s: %s couples magnitude and direction tightest%s", task, shown[tightest]->label,
                    negative ? "" : "; no pooled correlation is negative");
}

/* Names, colours and marks of methods, checkpoints and layers. */
static void put_styles(struct plot *p, const struct group *const *shown, int methods, const int *step, int steps,
                       int layers)
{
    plot_number(p, "steps", steps);
    plot_number(p, "layers", layers);
    for (int k = 0; k < steps; k++)
        plot_number_i(p, "step", k, step[k]);
    for (int k = 0; k < layers; k++)
        plot_number_i(p, "layer", k, sequence_color(k, layers));
    plot_number(p, "methods", methods);
    for (int m = 0; m < methods; m++)
        plot_style(p, m, shown[m]->label, shown[m]->setup->method);
}

/* The methods to show: of `methods`, else full fine-tuning, LoRA and DoRA. */
static int methods_of(const struct display *d, const struct groups *g, const char *task, const struct group *shown[])
{
    static const char *const usual[] = {"full", "lora", "dora"};
    const struct setting *s = display_setting(d, "methods");
    int n = 0, count = s ? s->values : 3;
    for (int i = 0; i < count && n < METHODS_MAX; i++) {
        const struct group *found = group_of_method(g, task, s ? s->value[i] : usual[i]);
        struct cloud c = {0};
        for (int t = 0; found && t < ROWS; t++)
            cloud_add(&c, found, targets[t], AXIS_ROWS);
        if (c.n)
            shown[n++] = found;
        cloud_free(&c);
    }
    return n;
}

static bool draw(const struct scene *s)
{
    const struct group *shown[METHODS_MAX];
    struct plot p;
    struct panel panel[ROWS][METHODS_MAX];
    int methods = methods_of(s->d, s->g, s->task[0], shown);
    int step[STEPS_MAX], steps = 0, runs = 0, layers = 0;
    if (!methods)
        return false;
    plot_open(&p, "direction.gp", s->to->id, s->name);
    p.width = 330 * (methods + 1), p.height = 820;
    for (int t = 0; t < ROWS; t++)
        for (int m = 0; m < methods; m++) {
            panel[t][m] = panel_open(shown[m], targets[t]);
            runs = panel[t][m].all.runs > runs ? panel[t][m].all.runs : runs;
            layers = panel[t][m].cloud.layers > layers ? panel[t][m].cloud.layers : layers;
            if (!steps)
                steps = cloud_steps(&panel[t][m].cloud, step, STEPS_MAX);
        }
    put_styles(&p, shown, methods, step, steps, layers);
    for (int t = 0; t < ROWS; t++)
        for (int m = 0; m < methods; m++)
            put_panel(&p, &panel[t][m], t * methods + m, shown[m]->label, target_names[targets[t]]);
    plot_block(&p, "points", "dD dM layer_color step_index; one series per panel: q then v, methods in order");
    for (int t = 0; t < ROWS; t++)
        for (int m = 0; m < methods; m++)
            put_points(&p, &panel[t][m].cloud, step, steps);
    plot_block(&p, "random", "the same for random updates of equal rank and norm");
    for (int t = 0; t < ROWS; t++)
        for (int m = 0; m < methods; m++)
            put_points(&p, &panel[t][m].null, step, steps);
    char *title = headline(s->task[0], shown, methods, panel);
    char *caption = mem_text(
        "%s: one point is one weight matrix of one of n = %d runs per method at one of %d checkpoints. dD and "
        "dM: mean change of direction and length of the rows. r: Pearson's over all points, with its BCa bootstrap "
        "interval over runs (few runs: narrower than 95 %%); random update: of changes of the same rank and norm. "
        "Line: least squares. At each checkpoint, with time removed and per column: the table of couplings.",
        s->to->id, runs, steps);
    gallery_add(s->to, &p, title, caption);
    for (int t = 0; t < ROWS; t++)
        for (int m = 0; m < methods; m++)
            panel_close(&panel[t][m]);
    plot_close(&p);
    return true;
}

const struct figure_kind figure_direction = {
    .name = "direction",
    .alias = "f1",
    .title = "Direction against magnitude",
    .help = "dM over dD of weight matrices, checkpoints and layers for up to four methods (full, lora and dora unless "
            "`methods` names others); for runs with probes.",
    .keys = "methods",
    .absent = "no run of full, lora or dora has measured dM and dD of q and v (probes)",
    .per_task = true,
    .draw = draw,
};

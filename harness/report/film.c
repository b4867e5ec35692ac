/* Drawing the film: a panel per method on the same logarithmic axes, a track per matrix, its layers from dark to bright. */
#include "report/film.h"

#include "analysis/coupling.h"
#include "core/arena.h"
#include "figure/figure.h"
#include "stats/stats.h"
#include "table/write.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    METHODS_MOST = 4,
    STEPS_MOST = 256,
    KINDS = 2,
    WIDTH = 340,
    HEIGHT = 320,
    LEFT = 48,
    RIGHT = 10,
    TOP = 62,
    FOOT = 40
};
static const int targets[KINDS] = {TARGET_Q, TARGET_V};

struct panel {
    const struct group *group;
    struct cloud track[KINDS]; /* q and v of the first run */
    double r, random;          /* of all runs, steps and matrices of q and v; and of random updates of the same size */
};

/* The logarithms of the axes' ends. */
struct frame {
    double left, right, low, high;
};

static double correlation(const struct group *g, enum axis axis)
{
    struct cloud all = {0};
    for (int t = 0; t < KINDS; t++)
        cloud_add(&all, g, targets[t], axis);
    const double r = stats_pearson(all.direction, all.magnitude, all.n);
    cloud_free(&all);
    return r;
}

static bool panel_open(struct panel *p, const struct group *g)
{
    *p = (struct panel){.group = g};
    int points = 0;
    for (int t = 0; g && t < KINDS; t++) {
        struct cloud all = {0};
        cloud_add(&all, g, targets[t], AXIS_ROWS);
        p->track[t] = cloud_of_run(&all, 0);
        points += p->track[t].n;
        cloud_free(&all);
    }
    if (!points)
        return false;
    p->r = correlation(g, AXIS_ROWS);
    p->random = correlation(g, AXIS_NULL);
    return true;
}

static void panel_close(struct panel *p)
{
    for (int t = 0; t < KINDS; t++)
        cloud_free(&p->track[t]);
}

/* The panels that a task has; returns how many. */
static int panels_of(struct panel panel[METHODS_MOST], const struct groups *g, const struct display *d,
                     const char *task)
{
    static const char *const usual[] = {"full", "lora", "dora"};
    const struct setting *s = display_setting(d, "methods");
    int n = 0;
    for (int i = 0; i < (s ? s->values : 3) && n < METHODS_MOST; i++)
        if (panel_open(&panel[n], group_of_method(g, task, s ? s->value[i] : usual[i])))
            n++;
        else
            panel_close(&panel[n]);
    return n;
}

static void widen(double *low, double *high, double v)
{
    if (v > 0) {
        *low = fmin(*low, log10(v));
        *high = fmax(*high, log10(v));
    }
}

static struct frame frame_of(const struct panel *panel, int n)
{
    struct frame f = {INFINITY, -INFINITY, INFINITY, -INFINITY};
    for (int m = 0; m < n; m++)
        for (int t = 0; t < KINDS; t++)
            for (int i = 0; i < panel[m].track[t].n; i++) {
                widen(&f.left, &f.right, panel[m].track[t].direction[i]);
                widen(&f.low, &f.high, panel[m].track[t].magnitude[i]);
            }
    f.left -= 0.05, f.low -= 0.05, f.right += 0.05, f.high += 0.05;
    return f;
}

static double across(const struct frame *f, double v)
{
    const double at = v > 0 ? (log10(v) - f->left) / (f->right - f->left) : 0;
    return LEFT + at * (WIDTH - LEFT - RIGHT);
}

static double up(const struct frame *f, double v)
{
    const double at = v > 0 ? (log10(v) - f->low) / (f->high - f->low) : 0;
    return HEIGHT - FOOT - at * (HEIGHT - FOOT - TOP);
}

/* Powers of ten, and three times these where there are few. */
static void put_ticks(FILE *f, const struct frame *x)
{
    for (int e = -8; e <= 3; e++)
        for (int three = 0; three < 2; three++) {
            const double v = pow(10, e) * (three ? 3 : 1);
            if (log10(v) > x->left && log10(v) < x->right && (!three || x->right - x->left < 2))
                fprintf(f, "<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%g</text>", across(x, v),
                        HEIGHT - FOOT + 15, v);
            if (log10(v) > x->low && log10(v) < x->high && (!three || x->high - x->low < 2))
                fprintf(f, "<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%g</text>", LEFT - 5, up(x, v) + 4, v);
        }
}

/* The way of one matrix, and its mark at the end: a disc for queries, a square for values. */
static void put_track(FILE *f, const struct frame *x, const struct cloud *c, int layer, int target)
{
    double last_x = NAN, last_y = NAN;
    fprintf(f, "<g class=\"track\" style=\"color:#%06x\"><path d=\"", (unsigned)sequence_color(layer, c->layers));
    const char *word = "M";
    for (int i = 0; i < c->n; i++)
        if (c->layer[i] == layer) {
            last_x = across(x, c->direction[i]);
            last_y = up(x, c->magnitude[i]);
            fprintf(f, "%s%.1f %.1f", word, last_x, last_y);
            word = "L";
        }
    fputs("\"/>", f);
    if (!isnan(last_x))
        fprintf(f,
                target == 0 ? "<circle r=\"5.5\" transform=\"translate(%.1f %.1f)\""
                            : "<path class=\"square\" d=\"M-5-5h10v10h-10z\" transform=\"translate(%.1f %.1f)\"",
                last_x, last_y);
    fprintf(f, "%s<title>layer %d, %s</title>%s</g>", isnan(last_x) ? "" : ">", layer, target == 0 ? "query" : "value",
            isnan(last_x) ? ""
            : target == 0 ? "</circle>"
                          : "</path>");
}

static void put_panel(FILE *f, const struct panel *p, const struct frame *x)
{
    fprintf(f, "<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"", WIDTH, HEIGHT);
    table_escape(TABLE_HTML, p->group->label, f);
    fprintf(f, ": r %+.2f, random update %+.2f\"><text class=\"name\" x=\"%d\" y=\"22\">", p->r, p->random, LEFT);
    table_escape(TABLE_HTML, p->group->label, f);
    fprintf(f, "</text><text class=\"name\" x=\"%d\" y=\"22\" text-anchor=\"end\">r %+.2f</text>", WIDTH - RIGHT, p->r);
    fprintf(f, "<text x=\"%d\" y=\"42\" text-anchor=\"end\">random update %+.2f", WIDTH - RIGHT, p->random);
    if (p->group->setup->method->dora_r != 0)
        fprintf(f, "; DoRA’s paper %+.2f", p->group->setup->method->dora_r);
    fprintf(f, "</text><path class=\"edge\" d=\"M%d %dV%dH%d\"/>", LEFT, TOP, HEIGHT - FOOT, WIDTH - RIGHT);
    put_ticks(f, x);
    fprintf(f, "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">direction changed, dD</text>", (LEFT + WIDTH) / 2,
            HEIGHT - 6);
    fprintf(f, "<text transform=\"translate(12 %d) rotate(-90)\" text-anchor=\"middle\">length changed, dM</text>",
            HEIGHT / 2);
    for (int t = 0; t < KINDS; t++)
        for (int l = 0; l < p->track[t].layers; l++)
            put_track(f, x, &p->track[t], l, t);
    fputs("</svg>\n", f);
}

static char *film(const struct panel *panel, int n, const char *task, const int *step, int steps)
{
    char *html = NULL;
    size_t size = 0;
    FILE *f = open_memstream(&html, &size);
    if (!f)
        die(EXIT_RESOURCE, "no memory for the film");
    const struct frame x = frame_of(panel, n);
    fputs("<figure class=\"film\" aria-label=\"Direction against length, step by step\" data-steps=\"", f);
    for (int i = 0; i < steps; i++)
        fprintf(f, "%s%d", i ? " " : "", step[i]);
    fprintf(f,
            "\">\n<div class=\"controls\" hidden><button type=\"button\">Play</button><input type=\"range\" min=\"0\" "
            "max=\"%d\" value=\"%d\" aria-label=\"Step of training\"><output>step %d</output></div>\n<div "
            "class=\"panels\">\n",
            steps - 1, steps - 1, step[steps - 1]);
    for (int m = 0; m < n; m++)
        put_panel(f, &panel[m], &x);
    fputs("</div>\n<figcaption>", f);
    table_escape(TABLE_HTML, task, f);
    fprintf(
        f,
        ", the first reported run of each method at %d checkpoints, the same logarithmic axes. A mark is a weight "
        "matrix (disc: query, square: value; dark to bright: first to last layer), its line the way it came. Across: "
        "mean change of direction of its rows; up: mean change of their length. r: of all runs, checkpoints and both "
        "kinds of matrices, on linear axes; random update: of changes of the same rank and size, which no method "
        "chose.</figcaption>\n</figure>\n",
        steps);
    fclose(f);
    return html;
}

char *film_of(const struct groups *g, const struct display *d)
{
    char *html = NULL;
    for (int i = 0; i < g->n && !html; i++) {
        struct panel panel[METHODS_MOST];
        int step[STEPS_MOST], steps = 0;
        const int n = panels_of(panel, g, d, g->group[i].task);
        if (n > 1)
            steps = cloud_steps(&panel[0].track[0], step, STEPS_MOST);
        if (steps > 1)
            html = film(panel, n, g->group[i].task, step, steps);
        for (int m = 0; m < n; m++)
            panel_close(&panel[m]);
    }
    return html;
}

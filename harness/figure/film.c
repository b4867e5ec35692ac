/* Drawing the film: a panel per method on the same logarithmic axes, a track per matrix, its layers from dark to bright. */
#include "figure/film.h"

#include "analysis/coupling.h"
#include "core/arena.h"
#include "figure/figure.h"
#include "stats/stats.h"
#include "table/write.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STEPS_MOST = 256, KINDS = 2, WIDTH = 340, HEIGHT = 320, LEFT = 48, RIGHT = 10, TOP = 62, FOOT = 40 };
static const int targets[KINDS] = {TARGET_Q, TARGET_V};

struct panel {
    const struct group *group;
    struct cloud track[KINDS], random[KINDS]; /* of the first run: q and v, and random updates of the same size */
};

/* The logarithms of the axes' ends. */
struct frame {
    double left, right, low, high;
};

static struct cloud first_run(const struct group *g, int target, enum axis axis)
{
    struct cloud all = {0};
    cloud_add(&all, g, target, axis);
    struct cloud first = cloud_of_run(&all, 0);
    cloud_free(&all);
    return first;
}

static struct panel panel_open(const struct group *g)
{
    struct panel p = {.group = g};
    for (int t = 0; t < KINDS; t++) {
        p.track[t] = first_run(g, targets[t], AXIS_ROWS);
        p.random[t] = first_run(g, targets[t], AXIS_NULL);
    }
    return p;
}

static void panel_close(struct panel *p)
{
    for (int t = 0; t < KINDS; t++) {
        cloud_free(&p->track[t]);
        cloud_free(&p->random[t]);
    }
}

/* Pearson's r over the matrices of both kinds at all steps up to one. */
static double correlation(const struct cloud of[KINDS], int step)
{
    const int most = of[0].n + of[1].n;
    double *x = mem_alloc((size_t)(most + 1) * sizeof *x), *y = mem_alloc((size_t)(most + 1) * sizeof *y);
    int n = 0;
    for (int t = 0; t < KINDS; t++)
        for (int i = 0; i < of[t].n; i++)
            if (of[t].step[i] <= step) {
                x[n] = of[t].direction[i];
                y[n++] = of[t].magnitude[i];
            }
    const double r = stats_pearson(x, y, n);
    free(x);
    free(y);
    return r;
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
            for (int random = 0; random < 2; random++) {
                const struct cloud *c = random ? &panel[m].random[t] : &panel[m].track[t];
                for (int i = 0; i < c->n; i++) {
                    widen(&f.left, &f.right, c->direction[i]);
                    widen(&f.low, &f.high, c->magnitude[i]);
                }
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

/* The way of one matrix, and its mark at the end: a disc for queries, a square for values, a cross for a random update. */
static void put_track(FILE *f, const struct frame *x, const struct cloud *c, int layer, const char *what)
{
    const bool random = !*what, query = strcmp(what, "query") == 0;
    double last_x = NAN, last_y = NAN;
    fputs(random ? "<g class=\"track random\"><path d=\"" : "<g class=\"track\" ", f);
    if (!random)
        fprintf(f, "style=\"color:#%06x\"><path d=\"", (unsigned)sequence_color(layer, c->layers));
    const char *word = "M";
    for (int i = 0; i < c->n; i++)
        if (c->layer[i] == layer) {
            last_x = across(x, c->direction[i]);
            last_y = up(x, c->magnitude[i]);
            fprintf(f, "%s%.1f %.1f", word, last_x, last_y);
            word = "L";
        }
    fputs("\"/>", f);
    if (!isnan(last_x)) {
        fprintf(f, "<path class=\"mark\" d=\"%s\" transform=\"translate(%.1f %.1f)\">",
                random  ? "M-3-3l6 6m0-6l-6 6"
                : query ? "M-5.5 0a5.5 5.5 0 1 0 11 0a5.5 5.5 0 1 0-11 0z"
                        : "M-5-5h10v10h-10z",
                last_x, last_y);
        fprintf(f, random ? "<title>random update, layer %d</title></path>" : "<title>layer %d, %s</title></path>",
                layer, what);
    }
    fputs("</g>", f);
}

static void put_panel(FILE *f, const struct panel *p, const struct frame *x, const int *step, int steps)
{
    static const char *const kind[KINDS] = {"query", "value"};
    const int last = step[steps - 1];
    const double random = correlation(p->random, last), r = correlation(p->track, last);
    fprintf(f, "<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"", WIDTH, HEIGHT);
    table_escape(TABLE_HTML, p->group->label, f);
    fprintf(f, ": r %+.2f, random update %+.2f\"><text class=\"name\" x=\"%d\" y=\"22\">", r, random, LEFT);
    table_escape(TABLE_HTML, p->group->label, f);
    fprintf(f, "</text><text class=\"name r\" x=\"%d\" y=\"22\" text-anchor=\"end\" data-r=\"", WIDTH - RIGHT);
    for (int k = 0; k < steps; k++)
        fprintf(f, "%s%+.2f", k ? " " : "", correlation(p->track, step[k]));
    fprintf(f, "\">r %+.2f</text><text x=\"%d\" y=\"42\" text-anchor=\"end\">random update %+.2f", r, WIDTH - RIGHT,
            random);
    if (p->group->setup->method->dora_r != 0)
        fprintf(f, "; DoRA’s paper %+.2f", p->group->setup->method->dora_r);
    fprintf(f, "</text><path class=\"edge\" d=\"M%d %dV%dH%d\"/>", LEFT, TOP, HEIGHT - FOOT, WIDTH - RIGHT);
    put_ticks(f, x);
    fprintf(f, "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">direction changed, dD</text>", (LEFT + WIDTH) / 2,
            HEIGHT - 6);
    fprintf(f, "<text transform=\"translate(12 %d) rotate(-90)\" text-anchor=\"middle\">length changed, dM</text>",
            HEIGHT / 2);
    for (int t = 0; t < KINDS; t++)
        for (int l = 0; l < p->track[t].layers; l++) {
            put_track(f, x, &p->random[t], l, "");
            put_track(f, x, &p->track[t], l, kind[t]);
        }
    fputs("</svg>\n", f);
}

static char *film(const struct panel *panel, int n, const int *step, int steps)
{
    char *html = NULL;
    size_t size = 0;
    FILE *f = mem_stream(&html, &size);
    const struct frame x = frame_of(panel, n);
    fputs("<div class=\"film\" data-steps=\"", f);
    for (int i = 0; i < steps; i++)
        fprintf(f, "%s%d", i ? " " : "", step[i]);
    fprintf(f,
            "\">\n<div class=\"controls\" hidden><button type=\"button\">Play</button><input type=\"range\" min=\"0\" "
            "max=\"%d\" value=\"%d\" aria-label=\"Step of training\"><output>step %d</output><label><input "
            "type=\"checkbox\" checked> random update</label></div>\n<div class=\"panels\">\n",
            steps - 1, steps - 1, step[steps - 1]);
    for (int m = 0; m < n; m++)
        put_panel(f, &panel[m], &x, step, steps);
    fprintf(
        f,
        "</div>\n<p class=\"soft\">The film: one run of each method at %d checkpoints. A mark is a weight matrix "
        "(disc: query, square: value, dark to bright: first to last layer), its line the way it came; a cross is a "
        "random update of the same rank and size. r: of all matrices at all steps up to the one shown.</p>\n</div>\n",
        steps);
    fclose(f);
    return html;
}

char *film_html(const struct group *const *shown, int methods)
{
    struct panel *panel = mem_alloc((size_t)(methods + 1) * sizeof *panel);
    int step[STEPS_MOST], own[STEPS_MOST], steps = 0, n = 0;
    for (int m = 0; m < methods; m++) {
        panel[n] = panel_open(shown[m]);
        const int k = cloud_steps(&panel[n].track[0], own, STEPS_MOST);
        if (!n)
            memcpy(step, own, sizeof step), steps = k;
        if (k == steps && memcmp(step, own, (size_t)k * sizeof *step) == 0)
            n++;
        else /* one slider is for all: who was looked at elsewhere has no panel */
            panel_close(&panel[n]);
    }
    char *html = steps >= FILM_STEPS ? film(panel, n, step, steps) : NULL;
    for (int m = 0; m < n; m++)
        panel_close(&panel[m]);
    free(panel);
    return html;
}

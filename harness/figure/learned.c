/* Bits of random labels that runs have learned against the bits that the labels hold, a line per method. */
#include "analysis/learned.h"
#include "figure/figure.h"

#include "core/arena.h"
#include "stats/stats.h"

#include <math.h>
#include <stdlib.h>

/* Bits learned at a place, over seeds; two: two bits for each parameter that the line trains there. */
struct point {
    double held, two;
    struct interval learned;
};

/* The points of a line, into point (a->nx); returns how many places have runs. */
static int line_of(const struct along *a, int series, struct point *point)
{
    const int seeds = a->n ? a->most - a->least + 1 : 0;
    double *v = mem_alloc((size_t)(seeds + 1) * sizeof *v);
    int places = 0;
    for (int x = 0; x < a->nx; x++) {
        struct point *p = &point[places];
        int n = 0;
        for (int k = 0; k < seeds; k++) {
            const struct learned most = learned_most(a, series, x, a->least + k);
            if (!isfinite(most.bits))
                continue;
            v[n++] = most.bits;
            p->held = most.held;
            p->two = 2 * most.bits / most.each;
        }
        if (!n)
            continue;
        p->learned = mean_interval(v, n, stream_id(a->series[series], "learned", x));
        places++;
    }
    free(v);
    return places;
}

static bool draw(const struct scene *s)
{
    struct along a = along_make(s->g, s->d, true);
    const int seeds = a.n ? a.most - a.least + 1 : 0;
    struct point *point = mem_alloc((size_t)(a.nseries * a.nx + 1) * sizeof *point);
    int *places = mem_alloc((size_t)(a.nseries + 1) * sizeof *places), lines = 0;
    double two = 0;
    struct plot p;
    plot_open(&p, "learned.gp", s->to->id, s->name);
    for (int i = 0; i < a.nseries; i++) {
        places[i] = line_of(&a, i, &point[i * a.nx]);
        if (!places[i])
            continue;
        plot_style(&p, lines++, a.series[i], a.method[i]);
        if (i == a.reference)
            two = point[i * a.nx + places[i] - 1].two;
    }
    plot_number(&p, "lines", lines);
    plot_number(&p, "two", two);
    plot_text(&p, "reference", "%s", two > 0 ? a.series[a.reference] : "");
    plot_block(&p, "learned", "bits_held bits_learned low high; one series per method");
    for (int i = 0; i < a.nseries; i++) {
        for (int k = 0; k < places[i]; k++) {
            const struct point *at = &point[i * a.nx + k];
            PLOT_ROW(&p, at->held, at->learned.estimate, at->learned.low, at->learned.high);
        }
        if (places[i])
            plot_gap(&p);
    }
    p.width = 1000, p.height = 640;
    if (lines) {
        char kind[256];
        interval_words(seeds, kind, sizeof kind);
        gallery_add(s->to, &p, mem_text("What is learned by heart of random labels"),
                    mem_text("%s: bits of the labels that a run has learned, of each seed the best rate, against the "
                             "bits that they hold (dashed: all of them). Dotted: two bits for each parameter trained, "
                             "head included, by the reference. Bars: 95 %% intervals over at most %d seeds, %s.",
                             s->to->id, seeds, kind));
    }
    plot_close(&p);
    free(places);
    free(point);
    along_free(&a);
    return lines > 0;
}

const struct figure_kind figure_learned = {
    .name = "learned",
    .title = "Learned by heart",
    .help = "Bits of random labels that runs have learned against the bits that there are, with two bits for each "
            "parameter of the reference; for runs with records.",
    .keys = ALONG_KEYS,
    .absent = "no run of a task with classes has a record",
    .draw = draw,
};

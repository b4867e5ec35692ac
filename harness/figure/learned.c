/* Bits of random labels that runs have learned against the bits that the labels hold, a line per method. */
#include "analysis/learned.h"
#include "figure/figure.h"

#include "core/arena.h"
#include "stats/stats.h"

#include <math.h>
#include <stdlib.h>

/* The points of a line; returns how many places have runs. Two bits for each parameter of the line go into *two. */
static int put_line(struct plot *p, const struct along *a, int series, bool put, double *two)
{
    const int seeds = a->n ? a->most - a->least + 1 : 0;
    double *v = mem_alloc((size_t)(seeds + 1) * sizeof *v);
    int places = 0;
    for (int x = 0; x < a->nx; x++) {
        double held = NAN;
        int n = 0;
        for (int k = 0; k < seeds; k++) {
            const struct learned most = learned_most(a, series, x, a->least + k);
            if (!isfinite(most.bits))
                continue;
            v[n++] = most.bits;
            held = most.held;
            *two = 2 * most.bits / most.each;
        }
        if (!n)
            continue;
        places++;
        if (!put)
            continue;
        const struct interval m = mean_interval(v, n, stream_id(a->series[series], "learned", x));
        PLOT_ROW(p, held, m.estimate, m.low, m.high);
    }
    if (put)
        plot_gap(p);
    free(v);
    return places;
}

static bool draw(const struct scene *s)
{
    struct along a = along_make(s->g, s->d, true);
    const int seeds = a.n ? a.most - a.least + 1 : 0;
    double two = NAN, of_reference = NAN;
    int lines = 0;
    struct plot p;
    plot_open(&p, "learned.gp", s->to->id, s->name);
    for (int i = 0; i < a.nseries; i++) {
        if (put_line(&p, &a, i, false, &two))
            plot_style(&p, lines++, a.series[i], a.method[i]);
        if (i == a.reference)
            of_reference = two;
    }
    plot_number(&p, "lines", lines);
    plot_number(&p, "two", isnan(of_reference) ? 0 : of_reference);
    plot_text(&p, "reference", "%s", isnan(of_reference) ? "" : a.series[a.reference]);
    plot_block(&p, "learned", "bits_held bits_learned low high; one series per method");
    for (int i = 0; i < a.nseries; i++)
        if (put_line(&p, &a, i, false, &two))
            put_line(&p, &a, i, true, &two);
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

/* Best rates against the largest eigenvalue of the Hessian at step 0, on logarithmic scales, a point per method. */
#include "analysis/sharp.h"
#include "figure/figure.h"

#include "core/arena.h"

#include <math.h>
#include <stdlib.h>

/* Mean and interval of a line's logarithms as what they are logarithms of; returns the mean logarithm. */
static double put(struct plot *p, const struct sharp_lines *s, int series, enum sharp_value what, double *v)
{
    double width;
    sharp_values(s, series, what, v, &width);
    const struct interval m = nested_interval(v, s->o.a.tasks, s->o.seeds, width);
    plot_put(p, pow(10, m.estimate)), plot_put(p, pow(10, m.low)), plot_put(p, pow(10, m.high));
    return m.estimate;
}

static bool draw(const struct scene *scene)
{
    struct sharp_lines s = sharp_lines_make(scene->g, scene->d);
    double *v = mem_alloc((size_t)(s.o.units + 1) * sizeof *v), sum = 0, width;
    int points = 0, most = 0;
    struct plot p;
    plot_open(&p, "sharpness.gp", scene->to->id, scene->name);
    for (int i = 0; i < s.o.a.nseries; i++) {
        const int n = sharp_values(&s, i, SHARP_PRODUCT, v, &width);
        most = n > most ? n : most;
        if (n)
            plot_style(&p, points++, s.o.a.series[i], s.o.a.method[i]);
    }
    plot_number(&p, "methods", points);
    plot_block(&p, "points", "eigenvalue low high best_rate low high; one series per method");
    for (int i = 0; i < s.o.a.nseries; i++)
        if (sharp_values(&s, i, SHARP_PRODUCT, v, &width)) {
            sum += put(&p, &s, i, SHARP_ADAPTER, v);
            sum += put(&p, &s, i, SHARP_RATE, v);
            plot_line(&p);
            plot_gap(&p);
        }
    plot_number(&p, "middle", points ? pow(10, sum / points) : 1);
    p.width = 1000, p.height = 640;
    char kind[256];
    nested_words(s.o.a.tasks, kind, sizeof kind);
    if (points)
        gallery_add(
            scene->to, &p, mem_text("Best rate against the largest eigenvalue of the Hessian at the start"),
            mem_text("%s: the rate at the top of a parabola through the best validation score and its neighbours "
                     "against the largest "
                     "eigenvalue of the loss's Hessian over the adapter's parameters; means of logarithms over n = %d "
                     "pairs of a task and a seed at most; bars: 95 %% "
                     "intervals %s. Grey band: where rate times eigenvalue stays within a factor of three from "
                     "edge to edge, around its mean.",
                     scene->to->id, most, kind));
    plot_close(&p);
    free(v);
    sharp_lines_free(&s);
    return points > 0;
}

const struct figure_kind figure_sharpness = {
    .name = "sharpness",
    .title = "Best rates and how sharply the loss bends",
    .help =
        "Best rate against the largest eigenvalue of the Hessian at step 0, with the band in which their product stays "
        "within a factor of three; from the sharpness.csv that `peftlab sharpness` makes.",
    .keys = "reference file",
    .absent = "no run has been asked how sharply its loss bends",
    .draw = draw,
};

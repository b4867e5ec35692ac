/* The spectrum of what training did to the weights, and how many directions of W are new. */
#include "figure/figure.h"

#include "core/arena.h"
#include "record/weight_facts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Mean over the runs whose records are at hand; NAN where none says. */
static double mean_of(const struct group *g, double (*of)(const struct run *, double), double argument)
{
    double sum = 0;
    int n = 0;
    for (int i = 0; i < g->samples; i++) {
        double v = of(result_run(g->sample[i]), argument);
        sum += isnan(v) ? 0 : v;
        n += !isnan(v);
    }
    return n ? sum / n : NAN;
}

static double rank90(const struct run *r, double unused)
{
    (void)unused;
    return summary_rank90(r);
}

/* The mean spectrum over sites and runs, relative to the largest value of each; returns how many spectra. */
static int mean_spectrum(const struct group *g, double mean[SPECTRUM_MAX])
{
    int n = 0;
    memset(mean, 0, SPECTRUM_MAX * sizeof *mean);
    for (int i = 0; i < g->samples; i++)
        for (int s = 0; s < result_run(g->sample[i])->spectra; s++) {
            const double *v = result_run(g->sample[i])->spectrum[s];
            if (!(v[0] > 0))
                continue;
            for (int k = 0; k < SPECTRUM_MAX; k++)
                mean[k] += isfinite(v[k]) ? v[k] / v[0] : 0;
            n++;
        }
    for (int k = 0; k < SPECTRUM_MAX && n; k++)
        mean[k] /= n;
    return n;
}

static void put_intruders(struct plot *p, const struct group *a)
{
    for (int k = 1; k <= 9; k++) {
        PLOT_ROW(p, k / 10.0, mean_of(a, summary_intruders, k / 10.0));
    }
    plot_gap(p);
}

static char *spectrum_caption(const struct gallery *to, const struct groups *g, bool planted, bool intruders)
{
    return mem_text(
        "%s: singular values of W - W0 relative to the largest, mean over adapted matrices and n = %s runs%s; no "
        "interval is drawn. In brackets and as a mark: rank90, the directions that hold 90 %% of the squared norm.%s%s",
        to->id, runs_words(g), sample_words(g), planted ? " Dashed: planted rank." : "",
        intruders ? " Right: of the ten leading left singular vectors of W, how many have no |cosine| with one of W0’s "
                    "that reaches the threshold (intruder dimensions; dotted: the usual 0.5)."
                  : "");
}

static bool draw(const struct scene *s)
{
    const struct groups *g = s->g;
    const char *task = s->task[0];
    struct series series[SERIES_MOST];
    struct plot p;
    int n = groups_series(g, series), shown = 0, known = 0;
    double mean[SPECTRUM_MAX], planted = NAN, few = NAN, many = NAN;
    const char *fewest = "", *most = "";
    plot_open(&p, "spectrum.gp", s->to->id, s->name);
    for (int m = 0; m < n; m++) {
        const struct group *a = series_group(g, &series[m], task);
        if (!a || !mean_spectrum(a, mean))
            continue;
        plot_style(&p, shown, series[m].label, series[m].method);
        double rank = mean_of(a, rank90, 0);
        const char *name = series[m].method->name;
        plot_number_i(&p, "pale", shown, strcmp(name, "full") && strcmp(name, "lora") && strcmp(name, "dora"));
        plot_number_i(&p, "rank", shown++, rank);
        known += isfinite(mean_of(a, summary_intruders, 0.5));
        if (!(rank >= few))
            few = rank, fewest = series[m].label;
        if (!(rank <= many))
            many = rank, most = series[m].label;
        if (a->setup->task->kind == TASK_VECTOR && !setup_is(a->setup, "task.plant", "mag"))
            planted = setup_number(a->setup, "task.k");
    }
    plot_number(&p, "series", shown);
    plot_number(&p, "planted", planted);
    plot_number(&p, "known", known);
    p.width = known ? 1200 : p.width;
    plot_block(&p, "spectra", "index mean_relative_singular_value; one series per method");
    for (int m = 0; m < n; m++) {
        const struct group *a = series_group(g, &series[m], task);
        if (!a || !mean_spectrum(a, mean))
            continue;
        for (int k = 0; k < SPECTRUM_MAX; k++) {
            PLOT_ROW(&p, k + 1, mean[k] > 1e-6 ? mean[k] : NAN);
        }
        plot_gap(&p);
    }
    plot_block(&p, "intruders", "threshold intruder_dimensions_per_matrix; one series per method");
    for (int m = 0; m < n; m++) {
        const struct group *a = series_group(g, &series[m], task);
        if (a && mean_spectrum(a, mean))
            put_intruders(&p, a);
    }
    if (shown) {
        char *title = mem_text("%s: 90 %% of the change lies in %.0f (%s) to %.0f (%s) directions", task, few, fewest,
                               many, most);
        char *caption = spectrum_caption(s->to, g, isfinite(planted), known > 0);
        gallery_add(s->to, &p, title, caption);
    }
    plot_close(&p);
    return shown > 0;
}

const struct figure_kind figure_spectrum = {
    .name = "spectrum",
    .alias = "f9",
    .title = "Spectrum of the weight change",
    .help = "Singular values of W - W0 per method, rank90 and intruder dimensions; for runs with their records.",
    .keys = "",
    .absent = "no run has a spectrum of its weight change",
    .per_task = true,
    .draw = draw,
};

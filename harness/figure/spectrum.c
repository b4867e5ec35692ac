/* Figures 9 and 11: the spectrum of what training did to the weights, and how far Delta-LoRA moves them. */
#include "analysis/coupling.h"
#include "figure/figure.h"

#include "core/arena.h"
#include "record/weight_facts.h"
#include "stats/stats.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { TASKS_MAX = 32, SERIES_MAX = 24 };

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
        plot_put(p, k / 10.0), plot_put(p, mean_of(a, summary_intruders, k / 10.0));
        plot_line(p);
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

static bool draw_spectrum(struct gallery *to, const struct groups *g, const struct display *d, const char *task,
                          int tasks)
{
    struct series series[SERIES_MAX];
    struct plot p;
    char *name = figure_name(d, task, tasks);
    int n = groups_series(g, series, SERIES_MAX), shown = 0, known = 0;
    double mean[SPECTRUM_MAX], planted = NAN, few = NAN, many = NAN;
    const char *fewest = "", *most = "";
    plot_open(&p, "f09_spectrum.gp", to->id, name);
    for (int m = 0; m < n; m++) {
        const struct group *a = series_group(g, &series[m], task);
        if (!a || !mean_spectrum(a, mean))
            continue;
        plot_style(&p, shown, series[m].label, series[m].method);
        double rank = mean_of(a, rank90, 0);
        plot_number_i(&p, "rank", shown++, rank);
        known += isfinite(mean_of(a, summary_intruders, 0.5));
        if (!(rank >= few))
            few = rank, fewest = series[m].label;
        if (!(rank <= many))
            many = rank, most = series[m].label;
        if (a->setup->task->kind == TASK_VECTOR && strcmp(setup_get(a->setup, "task.plant"), "mag") != 0)
            planted = strtod(setup_get(a->setup, "task.k"), NULL);
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
            plot_put(&p, k + 1), plot_put(&p, mean[k] > 1e-6 ? mean[k] : NAN);
            plot_line(&p);
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
        char *caption = spectrum_caption(to, g, isfinite(planted), known > 0);
        gallery_add(to, &p, title, caption);
    }
    plot_close(&p);
    free(name);
    return shown > 0;
}

bool figure_spectrum(struct gallery *to, const struct groups *g, const struct display *d, char *why, size_t size)
{
    const char *task[TASKS_MAX];
    int tasks = groups_tasks(g, d, task, TASKS_MAX), drawn = 0;
    for (int t = 0; t < tasks; t++)
        drawn += draw_spectrum(to, g, d, task[t], tasks);
    if (!drawn)
        snprintf(why, size, "no run has a spectrum of its weight change");
    return drawn > 0;
}

/* ---- Figure 11 ------------------------------------------------------------------------------------------------- */

static void put_measure(struct plot *p, const struct group *const *shown, int n, result_value *of, double unit)
{
    for (int i = 0; i < n; i++) {
        struct interval v = group_interval(shown[i], of);
        plot_put(p, unit * v.estimate), plot_put(p, unit * v.low), plot_put(p, unit * v.high), plot_put(p, i);
        plot_put(p, method_color(shown[i]->setup->method)), plot_put(p, method_mark(shown[i]->setup->method));
        plot_line(p);
    }
    plot_gap(p);
}

static bool draw_delta(struct gallery *to, const struct groups *g, const struct display *d, const struct group *delta,
                       int tasks)
{
    const struct group *shown[SERIES_MAX];
    int n = 0;
    for (int i = 0; i < g->n && n < SERIES_MAX; i++) {
        const struct group *a = &g->group[i];
        const char *method = a->setup->method->name;
        bool wanted =
            strcmp(method, "lora") == 0 || strcmp(method, "delta_lora") == 0 || strcmp(method, "full_qv") == 0;
        if (wanted && a->ok && strcmp(a->task, delta->task) == 0 && (!a->budget || a->budget == delta->budget))
            shown[n++] = a;
    }
    struct plot p;
    char *name = figure_name(d, delta->task, tasks), words[160];
    plot_open(&p, "f11_delta.gp", to->id, name);
    p.width = 1200, p.height = 190 + 44 * n;
    plot_number(&p, "series", n);
    for (int i = 0; i < n; i++)
        plot_text_i(&p, "label", i, "%s", shown[i]->label);
    plot_block(&p, "measures", "mean low high row color mark; series: score, norm of the change, its rank");
    put_measure(&p, shown, n, result_test, 100);
    put_measure(&p, shown, n, result_change_norm, 1);
    put_measure(&p, shown, n, result_change_rank, 1);
    bars_words(g, words, sizeof words);
    const struct group *lora = group_of_method(g, delta->task, "lora");
    char *title = lora ? mem_text("%s: Delta-LoRA’s change is %.1f times LoRA’s, its score %+.1f points", delta->task,
                                  group_mean(delta, result_change_norm) / group_mean(lora, result_change_norm),
                                  100 * (group_mean(delta, result_test) - group_mean(lora, result_test)))
                       : mem_text("%s: what Delta-LoRA adds", delta->task);
    char *caption = mem_text("%s: test score x 100, Frobenius norm of W - W0 over all adapted matrices, and its mean "
                             "numerical rank per matrix; %s.",
                             to->id, words);
    gallery_add(to, &p, title, caption);
    plot_close(&p);
    free(name);
    return true;
}

bool figure_delta(struct gallery *to, const struct groups *g, const struct display *d, char *why, size_t size)
{
    const char *task[TASKS_MAX];
    int tasks = groups_tasks(g, d, task, TASKS_MAX), drawn = 0;
    for (int t = 0; t < tasks; t++) {
        const struct group *a = group_of_method(g, task[t], "delta_lora");
        drawn += a && draw_delta(to, g, d, a, tasks);
    }
    if (!drawn)
        snprintf(why, size, "no run of delta_lora has been made");
    return drawn > 0;
}

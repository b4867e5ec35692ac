/* LoRA+'s two learning rates: which pair is best, and who is faster at equal and at other rates. */
#include "analysis/curve.h"
#include "figure/figure.h"

#include "core/arena.h"
#include "stats/stats.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Mean validation score at one pair of rates. */
struct pair_point {
    double a, b, score;
    int n;
};

/* LoRA is LoRA+ at ratio 1. Search runs and reported runs alike: what is shown is the validation score. */
static double ratio_of(const struct result *w)
{
    return strcmp(w->setup->method->name, "lora_plus") == 0 ? setup_number(w->setup, "method.ratio") : 1;
}

static bool belongs(const struct groups *g, const struct result *w, const char *task)
{
    const char *method = w->setup->method->name;
    bool named =
        strcmp(method, "lora_plus") == 0 || (strcmp(method, "lora") == 0 && setup_number(w->setup, "alpha") == 0);
    return named && *g->label[w->run->cell] && strcmp(g->task[w->run->cell], task) == 0 && w->ok &&
           isfinite(result_value(w, FACT_valid_metric));
}

static int gather_pairs(const struct groups *g, const char *task, struct pair_point *point)
{
    int n = 0;
    for (int i = 0; i < g->rows->n; i++) {
        const struct result *w = &g->rows->row[i];
        if (!belongs(g, w, task))
            continue;
        double a = w->lr, b = w->lr * ratio_of(w);
        int k = 0;
        while (k < n && (fabs(log(point[k].a / a)) > 1e-6 || fabs(log(point[k].b / b)) > 1e-6))
            k++;
        if (k == n)
            point[n++] = (struct pair_point){a, b, 0, 0};
        point[k].score += result_value(w, FACT_valid_metric);
        point[k].n++;
    }
    for (int k = 0; k < n; k++)
        point[k].score /= point[k].n;
    return n;
}

static void put_pairs(struct plot *p, const struct pair_point *point, int n)
{
    double best = 0;
    for (int i = 0; i < n; i++)
        best = fmax(best, point[i].score);
    plot_block(p, "grid", "lr_A lr_B mean_valid within_a_point_of_the_best");
    for (int i = 0; i < n; i++) {
        PLOT_ROW(p, point[i].a, point[i].b, 100 * point[i].score, point[i].score > best - 0.01);
    }
    plot_block(p, "ratio", "ratio best_mean_valid_over_lr_A");
    for (int i = 0; i < n; i++) { /* one row per ratio: where it occurs first */
        double ratio = point[i].b / point[i].a, top = 0;
        bool first = true;
        for (int k = 0; k < n; k++) {
            bool same = fabs(log(point[k].b / point[k].a / ratio)) < 1e-6;
            first &= !(same && k < i);
            top = same ? fmax(top, point[k].score) : top;
        }
        if (!first)
            continue;
        PLOT_ROW(p, ratio, 100 * top);
    }
}

static double group_ratio(const struct group *g)
{
    return strcmp(g->setup->method->name, "lora_plus") == 0 ? setup_number(g->setup, "method.ratio") : 1;
}

/* The variant with the best mean validation score among those with equal rates (LoRA), or among those with others. */
static const struct group *best_of(const struct groups *g, const char *task, bool equal)
{
    const struct group *best = NULL;
    for (int i = 0; i < g->n; i++) {
        const struct group *a = &g->group[i];
        const char *method = a->setup->method->name;
        bool named =
            strcmp(method, "lora_plus") == 0 || (strcmp(method, "lora") == 0 && setup_number(a->setup, "alpha") == 0);
        bool wanted = named && a->ok && strcmp(a->task, task) == 0 && (group_ratio(a) == 1) == equal;
        if (wanted && (!best || group_mean(a, FACT_valid_metric) > group_mean(best, FACT_valid_metric)))
            best = a;
    }
    return best;
}

/* Curves, and where each first has LoRA's final score: the steps that "twice as fast" is about. */
static void put_curves(struct plot *p, const struct group *const shown[2])
{
    double goal = shown[0] ? group_mean(shown[0], FACT_test_metric) : NAN;
    struct curve course[2] = {0};
    int curves = 0;
    for (int i = 0; i < 2; i++) {
        if (!shown[i])
            continue;
        course[i] = curve_of(shown[i]);
        double at = curve_evaluation(&course[i], goal);
        plot_style(p, curves, i ? "LoRA+" : "LoRA", method_find(i ? "lora_plus" : "lora"));
        plot_text_i(p, "words", curves, isnan(at) ? "ratio %g: not in %.0f steps" : "ratio %g: %.0f steps",
                    group_ratio(shown[i]), isnan(at) ? setup_number(shown[i]->setup, "steps") : at);
        plot_number_i(p, "reached", curves++, at);
    }
    plot_number(p, "curves", curves);
    plot_number(p, "goal", 100 * goal);
    plot_block(p, "steps", "step mean_test_score; one series per curve: equal rates, then other ratios");
    for (int i = 0; i < 2; i++) {
        if (!shown[i])
            continue;
        for (int e = 0; e < course[i].n; e++) {
            PLOT_ROW(p, course[i].step[e], 100 * course[i].score[e]);
        }
        plot_gap(p);
        curve_free(&course[i]);
    }
}

/* A run known from a list alone has its last score, none before. */
static bool has_course(const struct group *g)
{
    struct curve c = {0};
    if (g)
        c = curve_of(g);
    const bool any = c.n > 0;
    curve_free(&c);
    return any;
}

static bool draw(const struct scene *s)
{
    const struct groups *g = s->g;
    const char *task = s->task[0];
    struct pair_point *point = mem_alloc((size_t)(g->rows->n + 1) * sizeof *point);
    int n = gather_pairs(g, task, point), ratios = 0, best = 0, least = 0, most = 0;
    for (int i = 0; i < n; i++) {
        ratios += fabs(point[i].b / point[i].a - 1) > 1e-6;
        best = point[i].score > point[best].score ? i : best;
        least = i == 0 || point[i].n < least ? point[i].n : least;
        most = point[i].n > most ? point[i].n : most;
    }
    const struct group *shown[] = {best_of(g, task, true), best_of(g, task, false)};
    if (n < 4 || !ratios || (!has_course(shown[0]) && !has_course(shown[1]))) {
        free(point);
        return false;
    }
    struct plot p;
    plot_open(&p, "rate_pairs.gp", s->to->id, s->name);
    p.width = 1320, p.height = 560;
    put_curves(&p, shown);
    put_pairs(&p, point, n);
    char runs[32];
    snprintf(runs, sizeof runs, least == most ? "%d" : "%d to %d", least, most);
    char *title =
        mem_text("%s: LoRA+’s two learning rates: the best pair has ratio %.3g", task, point[best].b / point[best].a);
    char *caption =
        mem_text("%s: left: mean validation score x 100 over rates of A and B (line: equal rates, LoRA; hatched: "
                 "within a point of the best), n = %s runs per cell; middle: the best over rates of A at each ratio; "
                 "right: mean test score over steps%s of the best pair at equal rates and of the best at another "
                 "ratio, and the first evaluation that has LoRA’s final score (dashed). No interval is drawn.",
                 s->to->id, runs, sample_words(g));
    gallery_add(s->to, &p, title, caption);
    plot_close(&p);
    free(point);
    return true;
}

const struct figure_kind figure_rate_pairs = {
    .name = "rate_pairs",
    .alias = "f3",
    .title = "LoRA+’s two rates",
    .help = "Scores over the rates of A and B, over their ratio, and over steps; for a grid of rates and ratios, with "
            "records.",
    .keys = "",
    .absent = "lora_plus has not been run over a grid of rates and ratios, with scores over steps",
    .per_task = true,
    .draw = draw,
};

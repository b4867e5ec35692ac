/* How far Delta-LoRA moves the weights beside LoRA, and whether the way it does it matters. */
#include "figure/figure.h"

#include "core/arena.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static void put_measure(struct plot *p, const struct group *const *shown, int n, enum fact_id of, double unit)
{
    for (int i = 0; i < n; i++) {
        struct interval v = group_interval(shown[i], of);
        plot_put(p, unit * v.estimate), plot_put(p, unit * v.low), plot_put(p, unit * v.high), plot_put(p, i);
        plot_put(p, method_color(shown[i]->setup->method)), plot_put(p, method_mark(shown[i]->setup->method));
        plot_line(p);
    }
    plot_gap(p);
}

static bool draw(const struct scene *s)
{
    const struct groups *g = s->g;
    const struct group *shown[SERIES_MOST], *delta = group_of_method(g, s->task[0], "delta_lora");
    int n = 0;
    if (!delta || isnan(group_mean(delta, FACT_change_norm))) /* a list of runs does not say */
        return false;
    for (int i = 0; i < g->n && n < SERIES_MOST; i++) {
        const struct group *a = &g->group[i];
        const char *method = a->setup->method->name;
        bool wanted =
            strcmp(method, "lora") == 0 || strcmp(method, "delta_lora") == 0 || strcmp(method, "full_qv") == 0;
        if (wanted && a->ok && strcmp(a->task, delta->task) == 0 && (!a->budget || a->budget == delta->budget))
            shown[n++] = a;
    }
    struct plot p;
    char words[160];
    plot_open(&p, "delta.gp", s->to->id, s->name);
    p.width = 1200, p.height = 190 + 44 * n;
    plot_number(&p, "series", n);
    for (int i = 0; i < n; i++)
        plot_text_i(&p, "label", i, "%s", shown[i]->label);
    plot_block(&p, "measures", "mean low high row color mark; series: score, norm of the change, its rank");
    put_measure(&p, shown, n, FACT_test_metric, 100);
    put_measure(&p, shown, n, FACT_change_norm, 1);
    put_measure(&p, shown, n, FACT_change_rank, 1);
    bars_words(g, words, sizeof words);
    const struct group *lora = group_of_method(g, delta->task, "lora");
    char *title = lora && group_mean(lora, FACT_change_norm) > 0
                      ? mem_text("%s: Delta-LoRA’s change is %.1f times LoRA’s, its score %+.1f points", delta->task,
                                 group_mean(delta, FACT_change_norm) / group_mean(lora, FACT_change_norm),
                                 100 * (group_mean(delta, FACT_test_metric) - group_mean(lora, FACT_test_metric)))
                      : mem_text("%s: what Delta-LoRA adds", delta->task);
    char *caption = mem_text("%s: test score x 100, Frobenius norm of W - W0 over all adapted matrices, and its mean "
                             "numerical rank per matrix; %s.",
                             s->to->id, words);
    gallery_add(s->to, &p, title, caption);
    plot_close(&p);
    return true;
}

const struct figure_kind figure_delta = {
    .name = "delta",
    .alias = "f11",
    .title = "What Delta-LoRA adds",
    .help = "Score, size and rank of the weight change beside LoRA and its controls; for runs with their records.",
    .keys = "",
    .absent = "no run of delta_lora has a record of how far it moved the weights",
    .per_task = true,
    .draw = draw,
};

/* How far Delta-LoRA moves the weights beside LoRA, and whether the way it does it matters. */
#include "analysis/verdict.h"
#include "figure/figure.h"

#include "core/arena.h"
#include "stats/meta.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A line of the figure: a group, and what it is compared with. */
struct row {
    const struct group *group, *lora;
    double at; /* place from the top; half a row between tasks */
};

/* Delta-LoRA, LoRA and its controls at Delta-LoRA's budget, and full fine-tuning of the same matrices, task by task. */
static int rows_of(const struct scene *s, struct row *row)
{
    const struct groups *g = s->g;
    int n = 0;
    double at = 0;
    for (int t = 0; t < s->tasks; t++) {
        const struct group *delta = group_of_method(g, s->task[t], "delta_lora");
        if (!delta || isnan(group_mean(delta, FACT_change_norm))) /* a list of runs may not say */
            continue;
        at += n ? 0.5 : 0;
        for (int i = 0; i < g->n; i++) {
            const struct group *a = &g->group[i];
            const char *method = a->setup->method->name;
            const bool wanted =
                strcmp(method, "lora") == 0 || strcmp(method, "delta_lora") == 0 || strcmp(method, "full_qv") == 0;
            if (wanted && a->ok && strcmp(a->task, delta->task) == 0 && (!a->budget || a->budget == delta->budget)) {
                row[n] = (struct row){a, group_of_method(g, a->task, "lora"), at++};
                n++;
            }
        }
    }
    return n;
}

static void put(struct plot *p, const struct row *r, double mean, double low, double high)
{
    const struct method *m = r->group->setup->method;
    PLOT_ROW(p, mean, low, high, r->at, method_color(m), method_mark(m));
}

/* Scores less LoRA's: tasks lie further apart than methods. */
static void put_scores(struct plot *p, const struct scene *s, const struct row *row, int n)
{
    for (int i = 0; i < n; i++) {
        const struct contrast c = judgement_of(s->g, row[i].group, FACT_test_metric, "").contrast;
        if (row[i].group == row[i].lora)
            put(p, &row[i], 0, NAN, NAN);
        else
            put(p, &row[i], 100 * c.difference, 100 * c.low, 100 * c.high);
    }
    plot_gap(p);
}

static void put_measure(struct plot *p, const struct row *row, int n, enum fact_id of)
{
    for (int i = 0; i < n; i++) {
        const struct interval v = group_interval(row[i].group, of);
        put(p, &row[i], v.estimate, v.low, v.high);
    }
    plot_gap(p);
}

/* "Delta-LoRA’s change is 1.2 times LoRA’s, its score +0.8 points [+0.2, +1.4]": of a task the first group of the method. */
static char *headline(const struct scene *s)
{
    struct contrast c[TASKS_MOST];
    double times = 0;
    int tasks = 0;
    for (int t = 0; t < s->tasks; t++) {
        const struct group *a = group_of_method(s->g, s->task[t], "delta_lora");
        if (!a)
            continue;
        const struct judgement j = judgement_of(s->g, a, FACT_test_metric, "");
        if (!j.reference || !(group_mean(j.reference, FACT_change_norm) > 0))
            continue;
        times += group_mean(a, FACT_change_norm) / group_mean(j.reference, FACT_change_norm);
        c[tasks++] = j.contrast;
    }
    if (!tasks)
        return mem_text("What Delta-LoRA adds");
    const struct interval over = pool(c, tasks).here;
    return mem_text("Delta-LoRA’s change is %.1f times LoRA’s, its score %s points%s%s", times / tasks,
                    points_text(over.estimate), isnan(over.low) ? "" : " ",
                    isnan(over.low) ? "" : range_text(over.low, over.high, true));
}

static bool draw(const struct scene *s)
{
    struct row *row = mem_alloc((size_t)(s->g->n + 1) * sizeof *row);
    const int n = rows_of(s, row);
    struct plot p;
    char words[160];
    if (n) {
        plot_open(&p, "delta.gp", s->to->id, s->name);
        p.width = 1200, p.height = 190 + (int)(34 * row[n - 1].at);
        plot_number(&p, "series", n);
        plot_number(&p, "lowest", row[n - 1].at);
        for (int i = 0; i < n; i++) {
            const bool first = !i || strcmp(row[i].group->task, row[i - 1].group->task) != 0;
            plot_text_i(&p, "label", i, "%s", row[i].group->label);
            plot_text_i(&p, "of", i, "%s", first ? row[i].group->task : "");
            plot_number_i(&p, "at", i, row[i].at);
        }
        plot_block(&p, "measures",
                   "mean low high row color mark; series: score less LoRA's, norm of the change, its rank");
        put_scores(&p, s, row, n);
        put_measure(&p, row, n, FACT_change_norm);
        put_measure(&p, row, n, FACT_change_rank);
        bars_words(s->g, words, sizeof words);
        char *caption =
            mem_text("%s: test score x 100 less LoRA’s (unpaired, Welch), Frobenius norm of W - W0 over all adapted "
                     "matrices, and its mean numerical rank per matrix; of norms and ranks: %s.",
                     s->to->id, words);
        gallery_add(s->to, &p, headline(s), caption);
        plot_close(&p);
    }
    free(row);
    return n > 0;
}

const struct figure_kind figure_delta = {
    .name = "delta",
    .alias = "f11",
    .title = "What Delta-LoRA adds",
    .help = "Score, size and rank of the weight change beside LoRA and its controls; for runs with their records.",
    .keys = "",
    .absent = "no run of delta_lora has a record of how far it moved the weights",
    .draw = draw,
};

/* What is learnt against what is forgotten while a trained change of weights is scaled from half to whole, and cut to ranks. */
#include "analysis/aftermath.h"
#include "figure/figure.h"

#include "core/arena.h"
#include "experiment/session.h"
#include "stats/stats.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Means over a group's runs; false where the list has none of them. */
static bool put_step(struct plot *p, const struct altered_list *l, const struct group *a, struct altered_step step)
{
    double *score = mem_alloc(2 * (size_t)(a->n + 1) * sizeof *score), *forgetting = score + a->n + 1;
    int n = 0;
    for (int i = 0; i < a->n; i++) {
        const double v = aftermath_of(l, a->run[i], step, AFTER_SCORE);
        if (isnan(v))
            continue;
        score[n] = v;
        forgetting[n++] = aftermath_of(l, a->run[i], step, AFTER_FORGETTING);
    }
    if (n) {
        PLOT_ROW(p, 100 * stats_mean(score, n), stats_mean(forgetting, n), step.amount);
    }
    free(score);
    return n > 0;
}

/* The curve of a kind of change, by rising amount; returns how many points. */
static int put_curve(struct plot *p, const struct altered_list *l, const struct group *a, enum altered_change change)
{
    int points = 0;
    for (int i = 0; a && i < altered_steps_size; i++)
        if (altered_steps[i].change == change && (change != CHANGE_SCALE || altered_steps[i].amount >= 0.5))
            points += put_step(p, l, a, altered_steps[i]);
    plot_gap(p);
    return points;
}

/* Whether any of a group's runs has been altered. */
static bool altered(const struct altered_list *l, const struct group *a)
{
    bool any = false;
    for (int i = 0; i < a->n; i++)
        any |= !isnan(aftermath_of(l, a->run[i], (struct altered_step){CHANGE_SCALE, 1}, AFTER_SCORE));
    return any;
}

/* The first group of every label whose runs have been altered. */
static int labels_of(const struct groups *g, const struct altered_list *l, const struct group *label[])
{
    int n = 0;
    for (int i = 0; i < g->n && n < SERIES_MOST; i++) {
        if (group_first(g, i) && altered(l, &g->group[i]))
            label[n++] = &g->group[i];
    }
    return n;
}

static bool draw(const struct scene *s)
{
    struct altered_list l;
    struct plot p;
    const struct group *label[SERIES_MOST];
    char *path = display_results(s->g, s->d, "altered.csv");
    int points = 0;
    altered_read(&l, path);
    free(path);
    const int labels = labels_of(s->g, &l, label);
    plot_open(&p, "altered.gp", s->to->id, s->name);
    p.width = 1200, p.height = 190 + 400 * ((s->tasks + 1) / 2);
    plot_legend_room(&p, labels);
    plot_number(&p, "tasks", s->tasks);
    plot_number(&p, "methods", labels);
    for (int m = 0; m < labels; m++)
        plot_style(&p, m, label[m]->label, label[m]->setup->method);
    for (int t = 0; t < s->tasks; t++)
        plot_text_i(&p, "task", t, "%s", s->task[t]);
    static const enum altered_change changes[] = {CHANGE_SCALE, CHANGE_RANK};
    static const char *const names[] = {"scaled", "cut"};
    for (int c = 0; c < 2; c++) {
        plot_block(&p, names[c], "score forgetting amount; one series per task and method");
        for (int t = 0; t < s->tasks; t++)
            for (int m = 0; m < labels; m++)
                points +=
                    put_curve(&p, &l, groups_find(s->g, s->task[t], label[m]->label, label[m]->budget), changes[c]);
    }
    if (points)
        gallery_add(
            s->to, &p, mem_text("Scaling a trained change of weights back, and cutting its rank"),
            mem_text(
                "%s: test score x 100 against the rise of the held-out pretraining loss, means of n = %s runs. Line: "
                "W0 + t (W - W0), t = 0.5 ... 1, the mark is the run as trained; dotted: W - W0 of linear layers cut "
                "to "
                "rank 0, 1, 2, 4 ... 32.",
                s->to->id, runs_words(s->g)));
    plot_close(&p);
    altered_free(&l);
    return points > 0;
}

const struct figure_kind figure_altered = {
    .name = "altered",
    .title = "Trained weights, changed afterwards",
    .help = "Score against forgetting while W - W0 is scaled and cut to ranks, from the altered.csv that `peftlab "
            "alter` makes.",
    .keys = "file",
    .absent = "no run has been altered",
    .draw = draw,
};

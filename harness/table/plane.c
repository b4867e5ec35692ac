/* Every method's score and forgetting less LoRA's: who learns as much and forgets less. */
#include "analysis/aftermath.h"
#include "table/kind.h"

#include "core/arena.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static double fact(const struct result *w, const void *of)
{
    return result_value(w, *(const enum fact_id *)of);
}

/* The difference on these tasks and on tasks like these, with what one run of each says. Returns the least number of runs. */
static int put_difference(struct table *s, int here, int like, const struct groups *g, const char *label,
                          enum fact_id of, bool points)
{
    struct values x = values_of(g, label, fact, &of), lora = values_of(g, "LoRA", fact, &of);
    const int least = values_least(&x) < values_least(&lora) ? values_least(&x) : values_least(&lora);
    const struct pooled p = values_pool(&x, &lora);
    const struct interval both[] = {p.here, p.like};
    double *draw;
    const int n = values_draws(&x, &lora, &draw), at[] = {here, like};
    for (int i = 0; i < 2 && least; i++) {
        if (points)
            put_points(s, at[i], both[i]);
        else
            put_interval(s, at[i], both[i], 3, true);
        table_draws(s, at[i], draw, n);
    }
    free(draw);
    values_free(&x);
    values_free(&lora);
    return least;
}

static void put_method(struct table *s, const struct groups *g, const struct group *a)
{
    enum fact_id score = FACT_test_metric, forgetting = FACT_forgetting;
    struct values x = values_of(g, a->label, fact, &score), f = values_of(g, a->label, fact, &forgetting);
    if (values_least(&x) && values_least(&f)) {
        const double mean = values_pool(&x, NULL).here.estimate;
        table_row(s);
        table_text(s, 0, "%s", a->label);
        table_text(s, 1, "%s", a->label);
        table_value(s, 2, mean, percent_text(mean));
        table_number(s, 3, values_pool(&f, NULL).here.estimate, 3);
        int n = values_least(&x);
        if (strcmp(a->label, "LoRA") != 0) {
            n = put_difference(s, 4, 8, g, a->label, score, true);
            put_difference(s, 12, 16, g, a->label, forgetting, false);
        }
        table_number(s, 20, n, 0);
        table_number(s, 21, x.tasks, 0);
    }
    values_free(&x);
    values_free(&f);
}

static void fill(struct table *s, const struct groups *g, const struct display *d)
{
    (void)d;
    table_column(s, "Method", "method", EVERYONE, false);
    table_column(s, "", "name", PROGRAMS, false);
    table_column(s, "Score", "score", EVERYONE, true);
    table_column(s, "Forgotten, nats", "forgetting", EVERYONE, true);
    interval_columns(s, "Δ score, these tasks", "score_here");
    interval_columns(s, "Δ score, tasks like these", "score_like");
    interval_columns(s, "Δ forgotten, these tasks", "forgetting_here");
    interval_columns(s, "Δ forgotten, tasks like these", "forgetting_like");
    table_column(s, "Runs", "n", EVERYONE, true);
    table_column(s, "Tasks", "tasks", EVERYONE, true);
    for (int i = 0; i < g->n; i++) {
        if (group_first(g, i))
            put_method(s, g, &g->group[i]);
    }
    table_caption(
        s,
        "%s: test score and rise of the held-out pretraining loss, and their differences to LoRA, each method at the "
        "rate that its score on validation chose; n = %s runs per method and task. 95 %% intervals over seeds (these "
        "tasks; Welch, Satterthwaite), and over tasks like these (random effects).",
        s->id, runs_words(g));
}

const struct table_kind table_plane = {
    .name = "plane",
    .title = "Learning and forgetting against LoRA",
    .help = "Score and forgetting of every method less LoRA's, over these tasks and over tasks like these; for runs "
            "with forgetting = "
            "documents.",
    .keys = "",
    .absent = "no run has measured forgetting (forgetting = documents)",
    .fill = fill,
};

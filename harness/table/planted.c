/* How much of a planted weight change was recovered, and whether in the layers where it was planted. */
#include "table/kind.h"

static void fill(struct table *s, const struct groups *g, const struct display *d)
{
    (void)d;
    char words[256];
    int most = 0;
    table_column(s, "Planted", "task", EVERYONE, false);
    table_column(s, "Method", "method", EVERYONE, false);
    table_column(s, "Rank", "rank", EVERYONE, true);
    table_column(s, "Runs ok", "runs", READERS, true);
    table_column(s, "", "ok", PROGRAMS, true);
    int recovered = interval_columns(s, "Recovered", "recovered"),
        share = interval_columns(s, "In planted layers", "planted_share");
    int parameters = table_column(s, "Parameters", "parameters", EVERYONE, true);
    for (int i = 0; i < g->n; i++) {
        const struct group *a = &g->group[i];
        if (a->setup->task->kind != TASK_VECTOR || !a->ok)
            continue;
        double size_of = group_mean(a, FACT_parameters_active);
        table_row(s);
        table_text(s, 0, "%s", a->task);
        table_text(s, 1, "%s", a->label);
        if (!a->setup->method->no_rank)
            table_number(s, 2, a->setup->rank, 0);
        table_text(s, 3, "%d / %d", a->ok, a->n);
        table_number(s, 4, a->ok, 0);
        put_interval(s, recovered, group_interval(a, FACT_test_metric), 2, false);
        put_interval(s, share, group_interval(a, FACT_planted_share), 2, false);
        table_value(s, parameters, size_of, count_text(size_of));
        most = a->ok > most ? a->ok : most;
    }
    interval_words(most, words, sizeof words);
    table_caption(s,
                  "%s: share of a planted change's effect recovered on test inputs (1: all, 0: as the untouched base), "
                  "and share of the direction change of q and v that lies in the planted layers; n = %s runs (teachers "
                  "and seeds). Interval: %s.",
                  s->id, runs_words(g), words);
}

const struct table_kind table_planted = {
    .name = "planted",
    .title = "What is recovered of a planted change",
    .help =
        "Share of a planted weight change that was recovered, and how much of the change lies where it was planted.",
    .keys = "",
    .absent = "none of its tasks has a planted change with ok runs",
    .fill = fill,
};

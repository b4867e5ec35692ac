/* The matrix of verdicts: methods by tasks, in each tile the difference to LoRA and what may be said of it. */
#include "analysis/standing.h"
#include "table/kind.h"

#include "core/arena.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static void add(struct table *s, const struct standings *all, const struct standing *r)
{
    char *name = standing_name(r);
    table_row(s);
    table_text(s, 0, "%s", name);
    free(name);
    for (int t = 0; t < all->tasks; t++) {
        const struct judgement *l = &r->on[t];
        if (l->group && l->reference && l->verdict != VERDICT_NONE)
            table_text(s, 1 + t, "%s %s", points_text(l->contrast.difference), verdict_names[l->verdict]);
    }
    if (r->verdict != VERDICT_NONE)
        table_text(s, 1 + all->tasks, "%s %s", points_text(r->over.here.estimate), verdict_names[r->verdict]);
}

static void fill(struct table *s, const struct groups *g, const struct display *d)
{
    char *wanted = display_words(d, "reference");
    struct standings all = standings_make(g, d, wanted);
    table_column(s, "Method", "method", EVERYONE, false);
    for (int t = 0; t < all.tasks; t++)
        table_column(s, all.task[t], all.task[t], EVERYONE, false);
    table_column(s, "These tasks", "all", EVERYONE, false);
    for (int i = 0; i < all.n; i++)
        if (!all.row[i].is_lora)
            add(s, &all, &all.row[i]);
    table_caption(
        s,
        "%s: difference to %s in points and its verdict, margin %g points; p is adjusted for the methods of a "
        "task, and of the last column.",
        s->id, all.reference, 100 * g->rows->plan->experiment->margin);
    standings_free(&all);
    free(wanted);
}

const struct table_kind table_matrix = {
    .name = "matrix",
    .title = "Verdicts, methods by tasks",
    .help = "Every method against LoRA on every task: the difference in points and its verdict, as tiles on the page.",
    .keys = "reference task",
    .absent = "nothing can be compared with LoRA",
    .fill = fill,
};

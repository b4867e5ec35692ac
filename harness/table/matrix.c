/* The matrix of verdicts: methods by tasks, in each tile the difference to LoRA and what may be said of it. */
#include "analysis/standing.h"
#include "analysis/words.h"
#include "table/kind.h"

#include "core/arena.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { COLUMNS = 4 }; /* of a task: words, and for programs the difference and its interval */

static void add_task(struct table *s, const char *task)
{
    static const char *const part[] = {"difference", "low", "high"};
    table_column(s, task, task, EVERYONE, false);
    for (int i = 0; i < COLUMNS - 1; i++) {
        char *name = mem_text("%s_%s", task, part[i]);
        table_column(s, "", name, PROGRAMS, true);
        free(name);
    }
}

static void add(struct table *s, const struct standings *all, const struct standing *r)
{
    char *name = standing_name(r);
    table_row(s);
    table_text(s, 0, "%s", name);
    free(name);
    for (int t = 0; t < all->tasks; t++) {
        const struct judgement *l = &r->on[t];
        const int at = 1 + COLUMNS * t;
        if (!l->group || !l->reference || l->verdict == VERDICT_NONE)
            continue;
        table_text(s, at, "%s %s", points_text(l->contrast.difference), verdict_names[l->verdict]);
        table_number(s, at + 1, l->contrast.difference, 4);
        table_number(s, at + 2, l->contrast.low, 4);
        table_number(s, at + 3, l->contrast.high, 4);
    }
    if (r->verdict != VERDICT_NONE)
        table_text(s, 1 + COLUMNS * all->tasks, "%s %s", points_text(r->over.here.estimate), verdict_names[r->verdict]);
}

static void fill(struct table *s, const struct groups *g, const struct display *d)
{
    char *wanted = display_reference(d);
    struct standings all = standings_make(g, d, wanted);
    table_column(s, "Method", "method", EVERYONE, false);
    for (int t = 0; t < all.tasks; t++)
        add_task(s, all.task[t]);
    table_column(s, "These tasks", "all", EVERYONE, false);
    for (int i = 0; i < all.n; i++)
        if (!all.row[i].is_lora)
            add(s, &all, &all.row[i]);
    table_caption(
        s,
        "%s: difference to %s in points and its verdict, margin %g point%s; p is adjusted for the methods of a "
        "task, and of the last column.",
        s->id, all.reference, 100 * g->rows->plan->experiment->margin, plural(100 * g->rows->plan->experiment->margin));
    for (int i = 0; i < all.n; i++)
        if (*group_mark(g, all.row[i].series.budget, all.row[i].series.label)) {
            group_note_mark(s, "†");
            table_note(s, "† %s.", all.row[i].series.label);
        }
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

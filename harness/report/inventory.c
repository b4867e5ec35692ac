/* One row per experiment: how many runs, on which base and data, in how much time, into how many tables and figures. */
#include "report/inventory.h"

#include "analysis/words.h"

static void add_experiment(struct table *s, const struct chapter *c)
{
    const struct provenance *p = &c->from;
    table_row(s);
    table_text(s, 0, "%s", c->id);
    table_value(s, 1, p->search, count_text(p->search));
    table_value(s, 2, p->reported, count_text(p->reported));
    table_number(s, 3, p->missing + p->failed, 0);
    table_number(s, 4, p->listed, 0);
    table_number(s, 5, p->seconds / 60, 1);
    table_text(s, 6, "%s", p->bases ? p->bases : "");
    table_text(s, 7, "%s", p->data ? p->data : "");
    table_number(s, 8, c->tables, 0);
    table_number(s, 9, c->gallery.n, 0);
}

void inventory_fill(struct table *t, const struct chapter *chapter, int chapters)
{
    static const struct column columns[] = {
        {"Experiment", "experiment", EVERYONE, false},
        {"Search runs", "search", EVERYONE, true},
        {"Reported", "reported", EVERYONE, true},
        {"Missing or failed", "missing", EVERYONE, true},
        {"From a list", "listed", PROGRAMS, true},
        {"Core minutes", "core_minutes", EVERYONE, true},
        {"Base", "base", EVERYONE, false},
        {"Data", "data", EVERYONE, false},
        {"Tables", "tables", EVERYONE, true},
        {"Figures", "figures", EVERYONE, true},
    };
    int listed = 0;
    table_columns(t, columns, sizeof columns / sizeof *columns);
    for (int i = 0; i < chapters; i++) {
        add_experiment(t, &chapter[i]);
        listed += chapter[i].from.listed;
    }
    table_caption(t, "experiments: what each is made from. Hashes are the first twelve digits of SHA-256: of the "
                     "base's weights; of a task's token ids, segments and labels. Minutes: sum over runs on one core "
                     "each, by the clock on the wall. A run of two experiments counts in both.");
    if (listed)
        table_note(t, "%d runs are taken from a list of runs: their minutes are not known.", listed);
}

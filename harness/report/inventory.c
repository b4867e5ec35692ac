/* One row per experiment: how many runs, on which base and data, in how much time, into how many tables and figures. */
#include "report/report.h"

static void add_experiment(struct sheet *s, const struct chapter *c)
{
    const struct provenance *p = &c->from;
    sheet_row(s);
    sheet_text(s, 0, "%s", c->id);
    sheet_value(s, 1, p->search, count_text(p->search));
    sheet_value(s, 2, p->reported, count_text(p->reported));
    sheet_number(s, 3, p->missing + p->failed, 0);
    sheet_number(s, 4, p->listed, 0);
    sheet_number(s, 5, p->seconds / 60, 1);
    sheet_text(s, 6, "%s", p->bases ? p->bases : "");
    sheet_text(s, 7, "%s", p->data ? p->data : "");
    sheet_number(s, 8, c->sheets, 0);
    sheet_number(s, 9, c->gallery.n, 0);
}

void inventory_write(const struct report *r)
{
    static const struct {
        const char *title, *name;
        enum audience audience;
    } columns[] = {
        {"Experiment", "experiment", EVERYONE},
        {"Search runs", "search", EVERYONE},
        {"Reported", "reported", EVERYONE},
        {"Missing or failed", "missing", EVERYONE},
        {"From a list", "listed", PROGRAMS},
        {"Core minutes", "core_minutes", EVERYONE},
        {"Base", "base", EVERYONE},
        {"Data", "data", EVERYONE},
        {"Tables", "tables", EVERYONE},
        {"Figures", "figures", EVERYONE},
    };
    struct sheet s;
    int listed = 0;
    sheet_open(&s, "experiments", "inventory");
    for (int i = 0; i < (int)(sizeof columns / sizeof *columns); i++)
        sheet_column(&s, columns[i].title, columns[i].name, columns[i].audience, i && i != 6 && i != 7);
    for (int i = 0; i < r->chapters; i++) {
        add_experiment(&s, &r->chapter[i]);
        listed += r->chapter[i].from.listed;
    }
    sheet_caption(&s, "experiments: what each is made from. Hashes are the first twelve digits of SHA-256: of the "
                      "base's weights; of a task's token ids, segments and labels. Minutes: sum over runs on one core "
                      "each, by the clock on the wall. A run of two experiments counts in both.");
    if (listed)
        sheet_note(&s, "%d runs are taken from a list of runs: their minutes are not known.", listed);
    publish_sheet(r, &s);
    sheet_free(&s);
}

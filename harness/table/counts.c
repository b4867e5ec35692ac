/* The table of counts at published sizes: what our code counts against what papers print. */
#include "table/kind.h"

#include "core/arena.h"
#include "tune/tuning.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void put_print(struct table *s, const char *path, const struct print *k)
{
    static const char *const words[] = {"differs", "agrees, cut", "agrees"};
    char *where = mem_text("%s:%d", path, k->line), name[64];
    struct counts c = printed_count(k->shape, k->count, where);
    snprintf(name, sizeof name, "%.*s", (int)strcspn(k->count, " "), k->count);
    const char *options = k->count + strcspn(k->count, " ");
    table_row(s);
    table_text(s, 0, "%s", method_find(name)->title);
    table_text(s, 1, "%s", options + strspn(options, " "));
    table_text(s, 2, "%s", k->shape);
    table_value(s, 3, (double)c.trained, count_text((double)c.trained));
    table_value(s, 4, (double)c.stored, count_text((double)c.stored));
    table_text(s, 5, "%s", k->printed ? k->printed : "–");
    if (k->printed) {
        enum agreement a = print_agrees(k->printed, (double)c.trained);
        bool stored = !a && print_agrees(k->printed, (double)c.stored);
        table_text(s, 6, "%s", stored ? "agrees with what is stored" : words[a]);
    }
    table_text(s, 7, "%s", k->source);
    if (k->note)
        table_note(s, "%s %s on %s, %s printed: %s.", method_find(name)->title, options + strspn(options, " "),
                   k->shape, k->printed ? k->printed : "nothing", k->note);
    free(where);
}

static void fill(struct table *s, const struct groups *g, const struct display *d)
{
    struct prints p;
    char *path = display_prints(s, g, d, &p);
    if (!path)
        return;
    static const struct column columns[] = {
        {"Method", "method", EVERYONE, false},     {"Options", "options", EVERYONE, false},
        {"Size", "shape", EVERYONE, false},        {"Our count, trained", "trained", EVERYONE, true},
        {"Stored", "stored", EVERYONE, true},      {"In print", "printed", EVERYONE, false},
        {"Verdict", "agreement", EVERYONE, false}, {"Source", "source", EVERYONE, false},
    };
    table_columns(s, columns, sizeof columns / sizeof *columns);
    for (int i = 0; i < p.n; i++)
        put_print(s, path, &p.print[i]);
    table_caption(s,
                  "%s: adapter parameters at published sizes, the task's head apart, counted by attaching each method "
                  "to a model of that size, against the number in print. No runs, so no n and no interval. Cut: the "
                  "print drops digits instead of rounding. Stored: what an exported adapter holds.",
                  s->id);
    table_absent(s, "%s holds no [printed NAME]", path);
    prints_free(&p);
    free(path);
}

const struct table_kind table_counts = {
    .name = "counts",
    .title = "Parameter counts beside those in print",
    .help = "Counts at published sizes against what papers print; needs no runs.",
    .keys = "file",
    .absent = "its file holds no [printed NAME]",
    .fill = fill,
};

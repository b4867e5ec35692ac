/* The table of counts at published sizes: what our code counts against what papers print. */
#include "analysis/printed.h"
#include "table/table.h"

#include "core/arena.h"
#include "core/file.h"
#include "tune/tuning.h"

#include <stdlib.h>
#include <string.h>

static void put_print(struct sheet *s, const char *path, const struct print *k)
{
    static const char *const words[] = {"differs", "agrees, cut", "agrees"};
    char *where = mem_text("%s:%d", path, k->line), name[64];
    struct counts c = printed_count(k->shape, k->count, where);
    snprintf(name, sizeof name, "%.*s", (int)strcspn(k->count, " "), k->count);
    const char *options = k->count + strcspn(k->count, " ");
    sheet_row(s);
    sheet_text(s, 0, "%s", method_find(name)->title);
    sheet_text(s, 1, "%s", options + strspn(options, " "));
    sheet_text(s, 2, "%s", k->shape);
    sheet_value(s, 3, (double)c.trained, count_text((double)c.trained));
    sheet_value(s, 4, (double)c.stored, count_text((double)c.stored));
    sheet_text(s, 5, "%s", k->printed ? k->printed : "–");
    if (k->printed) {
        enum agreement a = print_agrees(k->printed, (double)c.trained);
        bool stored = !a && print_agrees(k->printed, (double)c.stored);
        sheet_text(s, 6, "%s", stored ? "agrees with what is stored" : words[a]);
    }
    sheet_text(s, 7, "%s", k->source);
    if (k->note)
        sheet_note(s, "%s %s on %s, %s printed: %s.", method_find(name)->title, options + strspn(options, " "),
                   k->shape, k->printed ? k->printed : "nothing", k->note);
    free(where);
}

bool table_counts(struct sheet *s, const struct groups *g, const struct display *d, char *why, size_t size)
{
    struct prints p;
    char *path = display_file(g, d, "published.ini");
    if (!file_exists(path)) {
        snprintf(why, size, "there is no %s", path);
        free(path);
        return false;
    }
    prints_read(&p, path);
    sheet_column(s, "Method", "method", EVERYONE, false);
    sheet_column(s, "Options", "options", EVERYONE, false);
    sheet_column(s, "Size", "shape", EVERYONE, false);
    sheet_column(s, "Our count, trained", "trained", EVERYONE, true);
    sheet_column(s, "Stored", "stored", EVERYONE, true);
    sheet_column(s, "In print", "printed", EVERYONE, false);
    sheet_column(s, "Verdict", "agreement", EVERYONE, false);
    sheet_column(s, "Source", "source", EVERYONE, false);
    for (int i = 0; i < p.n; i++)
        put_print(s, path, &p.print[i]);
    sheet_caption(s,
                  "%s: adapter parameters at published sizes, the task's head apart, counted by attaching each method "
                  "to a model of that size, against the number in print. No runs, so no n and no interval. Cut: the "
                  "print drops digits instead of rounding. Stored: what an exported adapter holds.",
                  s->id);
    if (!p.n)
        snprintf(why, size, "%s holds no [printed NAME]", path);
    prints_free(&p);
    free(path);
    return s->rows > 0;
}

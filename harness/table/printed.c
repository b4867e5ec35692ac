/* Scores in print: the same method on the same base and tasks, as papers and repositories have them. */
#include "table/kind.h"

#include "core/arena.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool alike(const struct printed_score *a, const struct printed_score *b)
{
    return strcmp(a->method, b->method) == 0 && strcmp(a->base, b->base) == 0 && strcmp(a->suite, b->suite) == 0;
}

/* How far apart prints of one method on one base and suite are; once, at the first of them. */
static void note_spread(struct table *s, const struct prints *p, int at)
{
    const struct printed_score *first = &p->scored[at];
    double low = INFINITY, high = -INFINITY;
    int n = 0;
    for (int i = 0; i < p->scored_n; i++) {
        if (!alike(&p->scored[i], first))
            continue;
        if (i < at)
            return;
        low = fmin(low, printed_mean(&p->scored[i])), high = fmax(high, printed_mean(&p->scored[i]));
        n++;
    }
    if (n > 1)
        table_note(s, "%s on %s, %s: %d prints from %.1f to %.1f.", first->method, first->base, first->suite, n, low,
                   high);
}

static void put_score(struct table *s, const struct printed_score *k)
{
    char *scores = mem_text("%s", "");
    for (int i = 0; i < k->scores; i++) {
        mem_append(&scores, "%s%s", i ? " " : "", k->score[i]);
    }
    table_row(s);
    table_text(s, 0, "%s", k->base);
    table_text(s, 1, "%s", k->suite);
    table_text(s, 2, "%s", k->method);
    table_text(s, 3, "%s", k->options ? k->options : "");
    table_number(s, 4, printed_mean(k), 1);
    table_text(s, 5, "%s", scores);
    table_text(s, 6, "%s", k->protocol);
    table_text(s, 7, "%s%s%s", k->source, k->note ? "; " : "", k->note ? k->note : "");
    free(scores);
}

static void fill(struct table *s, const struct groups *g, const struct display *d)
{
    struct prints p;
    char *path = display_prints(s, g, d, &p);
    if (!path)
        return;
    static const struct column columns[] = {
        {"Base", "base", EVERYONE, false},         {"Tasks", "suite", EVERYONE, false},
        {"Method", "method", EVERYONE, false},     {"Options", "options", EVERYONE, false},
        {"Mean", "mean", EVERYONE, true},          {"Scores", "scores", EVERYONE, false},
        {"Protocol", "protocol", EVERYONE, false}, {"Read in", "source", EVERYONE, false},
    };
    table_columns(s, columns, sizeof columns / sizeof *columns);
    for (int i = 0; i < p.scored_n; i++)
        put_score(s, &p.scored[i]);
    for (int i = 0; i < p.scored_n; i++)
        note_spread(s, &p, i);
    table_caption(
        s,
        "%s: scores as they stand in print, none of them measured here; the mean is over the scores in the row, or the "
        "printed one where no other was read. What is not in the source is left out.",
        s->id);
    prints_free(&p);
    free(path);
}

const struct table_kind table_printed = {
    .name = "printed",
    .title = "Scores in print",
    .help =
        "What papers and repositories print for a method on a base, and how far apart such prints are; needs no runs.",
    .keys = "file",
    .absent = "its file holds no [score NAME]",
    .fill = fill,
};

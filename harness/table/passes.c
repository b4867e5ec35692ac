/* How many methods are equivalent to the reference, for each of several margins (key `margins`, in points; 1 and 2). */
#include "analysis/standing.h"
#include "table/kind.h"

#include "core/die.h"
#include "stats/distribution.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* How the interval over tasks lies to a margin; without one nothing is said. For one of `among` methods at once it is as much wider as
 * all of them together need to hold with 95 % (Bonferroni). */
static int place(const struct contrast *c, double margin, int among)
{
    const double half = isnan(c->low) ? NAN : student_quantile(1 - 0.025 / among, c->df) * c->error;
    const double low = c->difference - half, high = c->difference + half;
    return low > -margin && high < margin ? 1 : low > margin || high < -margin ? -1 : 0;
}

static bool compared(const struct standing *s, int tasks)
{
    for (int t = 0; t < tasks; t++)
        if (s->on[t].reference)
            return true;
    return false;
}

static void fill(struct table *t, const struct groups *g, const struct display *d)
{
    static const struct column columns[] = {{"Margin", "name", EVERYONE, false},
                                            {"Methods", "methods", EVERYONE, true},
                                            {"Seeds", "n", EVERYONE, true},
                                            {"Equivalent", "equivalent", EVERYONE, true},
                                            {"Better by more", "better", EVERYONE, true},
                                            {"Worse by more", "worse", EVERYONE, true},
                                            {"Undecided", "undecided", EVERYONE, true}};
    struct standings all = standings_make(g, d, display_get(d, "reference", ""));
    static char *usual[] = {"1", "2"};
    const struct setting *given = display_setting(d, "margins"), points_each = {.value = usual, .values = 2},
                         *margins = given ? given : &points_each;
    table_columns(t, columns, sizeof columns / sizeof *columns);
    const int share = interval_columns(t, "Share", "share");
    int among = 0;
    for (int i = 0; i < all.n; i++)
        among += compared(&all.row[i], all.tasks) && all.row[i].part == PART_METHOD;
    for (int k = 0; k < margins->values; k++) {
        char *end;
        const double points = strtod(margins->value[k], &end), margin = points / 100;
        int count[3] = {0}, surely[3] = {0}, better = 0, near = 0, n = 0;
        if (*end || !(points > 0 && points < 100))
            die(EXIT_USAGE, "[table %s]: margins: %.40s is not a number of points between 0 and 100", d->name,
                margins->value[k]);
        for (int i = 0; i < all.n; i++) {
            const struct standing *s = &all.row[i];
            if (!compared(s, all.tasks) || s->part != PART_METHOD)
                continue;
            const int at = place(&s->over.mean, margin, 1);
            count[at + 1]++;
            surely[place(&s->over.mean, margin, among) + 1]++;
            better += at < 0 && s->over.here.estimate > 0;
            near += fabs(s->over.here.estimate) < margin;
            for (int j = 0; j < all.tasks; j++)
                n = s->on[j].reference && (!n || s->on[j].n < n) ? s->on[j].n : n;
        }
        if (!among)
            continue;
        table_row(t);
        table_text(t, 0, "%g point%s", points, points == 1 ? "" : "s");
        table_number(t, 1, among, 0);
        table_number(t, 2, n, 0);
        table_number(t, 3, count[2], 0);
        table_number(t, 4, better, 0);
        table_number(t, 5, count[0] - better, 0);
        table_number(t, 6, count[1], 0);
        put_interval(t, share,
                     (struct interval){.estimate = (double)near / among,
                                       .low = (double)surely[2] / among,
                                       .high = 1 - (double)surely[0] / among},
                     2, false);
    }
    table_caption(
        t,
        "%s: methods whose difference to %s over these %d tasks is within a margin: equivalent, the 95 %% "
        "interval (Welch, "
        "Satterthwaite) lies wholly inside; better or worse by more, wholly outside. Share: of methods whose "
        "estimate lies inside, "
        "from the share that is proven equivalent to the share that is not proven to be further away, all methods "
        "at once (intervals of Bonferroni's level; the counts are of single intervals).",
        t->id, all.n ? all.reference : "nothing", all.tasks);
    standings_free(&all);
}

const struct table_kind table_passes = {
    .name = "passes",
    .title = "Equivalent within a margin",
    .help = "How many methods are equivalent to LoRA within each of several margins, better or worse by more, or "
            "undecided.",
    .keys = "margins reference",
    .absent = "no method can be compared with the reference, or has none yet",
    .fill = fill,
};

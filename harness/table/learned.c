/* What runs have learned by heart of random labels: bits in all, and per trained parameter. */
#include "analysis/learned.h"
#include "table/kind.h"

#include "core/arena.h"
#include "stats/stats.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static void fill(struct table *t, const struct groups *g, const struct display *d)
{
    struct along a = along_make(g, d, true);
    const int seeds = a.n ? a.most - a.least + 1 : 0;
    double *v = mem_alloc((size_t)(2 * seeds + 2) * sizeof *v), *each = v + seeds + 1;
    double *top = mem_alloc((size_t)(seeds + 1) * sizeof *top);
    char kind[256];
    const int what = table_column(t, "Method", "method", EVERYONE, false),
              count = table_column(t, "n", "n", EVERYONE, true), bits = interval_columns(t, "Bits learned", "learned"),
              ratio = interval_columns(t, "Per trained parameter", "bits"),
              row = table_column(t, "", "name", PROGRAMS, false), tasks = table_column(t, "", "tasks", PROGRAMS, true);
    for (int i = 0; i < a.nseries; i++) {
        int whole = 0;
        for (int k = 0; k < seeds; k++)
            top[k] = NAN;
        for (int x = 0; x < a.nx; x++) {
            int n = 0;
            for (int k = 0; k < seeds; k++) {
                const struct learned most = learned_most(&a, i, x, a.least + k);
                if (!isfinite(most.bits))
                    continue;
                v[n] = most.bits;
                each[n++] = most.each;
                top[k] = fmax(top[k], most.each);
            }
            if (!n)
                continue;
            char *name = along_name(&a, i, x);
            table_row(t);
            table_text(t, what, "%s", name);
            table_number(t, tasks, a.tasks, 0);
            table_text(t, row, "%s", name);
            table_number(t, count, n, 0);
            put_interval(t, bits, mean_interval(v, n, stream_id(name, "bits", 0)), 0, false);
            put_interval(t, ratio, mean_interval(each, n, stream_id(name, "bits", 1)), 2, false);
            free(name);
        }
        for (int k = 0; k < seeds; k++)
            if (isfinite(top[k]))
                top[whole++] = top[k];
        if (!whole)
            continue;
        table_row(t);
        table_text(t, what, "%s: most", a.series[i]);
        table_number(t, tasks, a.tasks, 0);
        table_text(t, row, "%s", a.series[i]);
        table_number(t, count, whole, 0);
        put_interval(t, ratio, mean_interval(top, whole, stream_id(a.series[i], "bits", 2)), 2, false);
        table_draws(t, ratio, top, whole);
    }
    interval_words(seeds, kind, sizeof kind);
    table_caption(t,
                  "%s: bits of the training labels that a run has learned: examples x (bits of a label - training loss "
                  "in bits over the last "
                  "pass), of each seed the best rate; per trained parameter with the head’s. n: seeds. Most: the "
                  "greatest of its places. "
                  "Interval: %s.",
                  t->id, kind);
    free(top);
    free(v);
    along_free(&a);
}

const struct table_kind table_learned = {
    .name = "learned",
    .title = "Learned by heart",
    .help = "Bits of random labels that runs have learned, in all and per trained parameter; for runs with records.",
    .keys = ALONG_KEYS,
    .absent = "no run of a task with classes has a record",
    .fill = fill,
};

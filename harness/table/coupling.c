/* Direction and magnitude in numbers: r and slope of dM on dD for every method, task, matrix, axis and checkpoint. */
#include "analysis/coupling.h"
#include "table/kind.h"

#include "core/arena.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STEPS_MAX = 16 };

/* A target of model/site.h and its name; -1: all that changed. */
struct matrix {
    const char *name;
    int target;
};

/* The draws are those of the direction figure and of the signs, so that one number has one interval. */
static void add_row(struct table *s, const struct group *g, const char *task, struct matrix matrix, const char *axis,
                    const char *when, const struct cloud *c)
{
    struct coupling k = coupling_of(c, stream_id(g->task, g->label, matrix.target));
    char words[64];
    if (c->n < 3)
        return;
    table_row(s);
    table_text(s, 0, "%s", task);
    table_text(s, 1, "%s", g->label);
    table_text(s, 2, "%s", matrix.name);
    table_text(s, 3, "%s", axis);
    table_text(s, 4, "%s", when);
    table_signed(s, 5, k.r.estimate, 2);
    if (!isnan(k.r.low))
        table_text(s, 6, "[%+.2f, %+.2f]", k.r.low, k.r.high);
    table_number(s, 7, k.r.low, 3);
    table_number(s, 8, k.r.high, 3);
    snprintf(words, sizeof words, "%.2g", k.slope.estimate);
    table_value(s, 9, k.slope.estimate, words);
    if (!isnan(k.slope.low))
        table_text(s, 10, "[%.2g, %.2g]", k.slope.low, k.slope.high);
    table_number(s, 11, k.slope.low, 3);
    table_number(s, 12, k.slope.high, 3);
    table_number(s, 13, k.points, 0);
    table_number(s, 14, k.runs, 0);
}

/* At each of the last checkpoints, pooled over all, and with the clock taken out. Returns whether there are earlier
 * ones. */
static bool add_rows(struct table *s, const struct group *g, const char *task, struct matrix matrix, const char *axis,
                     const struct cloud *c)
{
    int step[STEPS_MAX + 1], steps = cloud_steps(c, step, STEPS_MAX + 1);
    char when[48];
    struct cloud still = cloud_without_time(c);
    for (int i = steps > STEPS_MAX; i < steps && steps > 1; i++) {
        struct cloud one = cloud_at(c, step[i]);
        snprintf(when, sizeof when, "step %d", step[i]);
        add_row(s, g, task, matrix, axis, when, &one);
        cloud_free(&one);
    }
    add_row(s, g, task, matrix, axis, "all checkpoints", c);
    if (steps > 1)
        add_row(s, g, task, matrix, axis, "time removed", &still);
    cloud_free(&still);
    return steps > STEPS_MAX;
}

static bool add_group(struct table *s, const struct group *g)
{
    static const struct matrix matrices[] = {{"q", TARGET_Q}, {"v", TARGET_V}, {"all", -1}};
    static const char *const axes[] = {"rows", "columns", "random, rows"};
    bool earlier = false;
    for (size_t m = 0; m < sizeof matrices / sizeof *matrices; m++)
        for (int axis = AXIS_ROWS; axis <= AXIS_NULL; axis++) {
            struct cloud c = {0};
            cloud_add(&c, g, matrices[m].target, (enum axis)axis);
            if (axis == AXIS_ROWS)
                earlier |= add_rows(s, g, g->task, matrices[m], axes[axis], &c);
            else
                add_row(s, g, g->task, matrices[m], axes[axis], "all checkpoints", &c);
            cloud_free(&c);
        }
    return earlier;
}

/* One method over all tasks: r is higher than in any of them when tasks differ in how far weights move. */
static bool add_pooled(struct table *s, const struct groups *g, const struct group *first)
{
    struct cloud c = {0};
    int tasks = 0;
    bool earlier = false;
    for (int i = 0; i < g->n; i++)
        if (strcmp(g->group[i].label, first->label) == 0 && g->group[i].budget == first->budget) {
            cloud_add(&c, &g->group[i], -1, AXIS_ROWS);
            tasks++;
        }
    if (tasks > 1)
        earlier = add_rows(s, first, "all tasks pooled", (struct matrix){"all", -1}, "rows", &c);
    cloud_free(&c);
    return earlier;
}

static void fill(struct table *s, const struct groups *g, const struct display *d)
{
    static const struct column columns[] = {
        {"Task", "task", EVERYONE, false},
        {"Method", "method", EVERYONE, false},
        {"Matrices", "matrices", EVERYONE, false},
        {"Per", "axis", EVERYONE, false},
        {"When", "when", EVERYONE, false},
        {"r", "r", EVERYONE, true},
        {"95 % interval", "r_range", READERS, true},
        {"", "r_low", PROGRAMS, true},
        {"", "r_high", PROGRAMS, true},
        {"Slope", "slope", EVERYONE, true},
        {"95 % interval", "slope_range", READERS, true},
        {"", "slope_low", PROGRAMS, true},
        {"", "slope_high", PROGRAMS, true},
        {"Points", "points", EVERYONE, true},
        {"Runs", "runs", EVERYONE, true},
    };
    const struct setting *methods = display_setting(d, "methods");
    bool earlier = false;
    char last[64] = "";
    table_columns(s, columns, sizeof columns / sizeof *columns);
    for (int i = 0; i < g->n; i++)
        if (setting_names(methods, g->group[i].setup->method->name))
            earlier |= add_group(s, &g->group[i]);
    for (int i = 0; i < g->n; i++)
        if (setting_names(methods, g->group[i].setup->method->name) && strcmp(g->group[i].task, g->group[0].task) == 0)
            earlier |= add_pooled(s, g, &g->group[i]);
    if (earlier)
        snprintf(last, sizeof last, " Of single checkpoints the last %d are shown.", STEPS_MAX);
    table_caption(
        s,
        "%s: Pearson's r and least-squares slope of dM on dD over weight matrices, layers and checkpoints, n = %s runs "
        "per method%s. Intervals: BCa bootstrap over runs, 2,000 resamples (with few runs narrower than 95 %%). Time "
        "removed: after subtracting each checkpoint's means. Random: changes of equal rank and norm drawn at random.%s",
        s->id, runs_words(g), sample_words(g), last);
}

const struct table_kind table_coupling = {
    .name = "coupling",
    .title = "Direction and magnitude in numbers",
    .help = "r and slope of dM on dD per method, task, matrix, axis and checkpoint; for runs with probes.",
    .keys = "methods",
    .absent = "no run has measured dM and dD (probes)",
    .fill = fill,
};

/* What the kinds of tables share: look-up, keys, and the words for n and intervals. */
#include "table/table.h"

#include "core/arena.h"
#include "core/die.h"
#include "stats/stats.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name;
    table_kind *make;
} kinds[] = {
    {"score", table_score},       {"seeds", table_seeds}, {"cost", table_cost},       {"rates", table_rates},
    {"coupling", table_coupling}, {"suite", table_suite}, {"planted", table_planted}, {"variance", table_variance},
    {"claims", table_claims},     {"signs", table_signs}, {"counts", table_counts},   {"spectrum", table_spectrum},
    {"ledger", table_ledger},
};

table_kind *table_find(const char *kind)
{
    char all[256] = "";
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (strcmp(kind, kinds[i].name) == 0)
            return kinds[i].make;
        snprintf(all + strlen(all), sizeof all - strlen(all), "%s%s", i ? ", " : "", kinds[i].name);
    }
    die(EXIT_USAGE, "no kind of table is called \"%.40s\"; there are %s", kind, all);
}

result_value *display_metric(const struct display *d)
{
    static const struct {
        const char *name;
        result_value *of;
    } metrics[] = {{"test", result_test}, {"best", result_best}, {"second", result_second}, {"valid", result_valid}};
    const char *name = display_get(d, "metric", "test");
    for (size_t i = 0; i < sizeof metrics / sizeof *metrics; i++)
        if (strcmp(name, metrics[i].name) == 0)
            return metrics[i].of;
    die(EXIT_USAGE, "[table %.40s]: metric = %.40s is none of test, best, second, valid", d->name, name);
}

char *display_file(const struct groups *g, const struct display *d, const char *name)
{
    const char *given = display_get(d, "file", ""), *own = g->rows->plan->experiment->path, *slash = strrchr(own, '/');
    if (*given)
        return mem_text("%s", given);
    return slash ? mem_text("%.*s/%s", (int)(slash - own), own, name) : mem_text("%s", name);
}

char *display_words(const struct display *d, const char *key)
{
    const struct setting *s = display_setting(d, key);
    char *all = mem_text("%s", "");
    for (int i = 0; s && i < s->values; i++) {
        char *longer = mem_text("%s%s%s", all, i ? " " : "", s->value[i]);
        free(all);
        all = longer;
    }
    return all;
}

enum { FEW = 10 };

struct interval mean_interval(const double *v, int n, unsigned id)
{
    return n < FEW || n > STATS_MANY ? student_interval(v, n) : bootstrap_mean(v, n, id);
}

struct interval other_interval(const double *v, int n, unsigned id)
{
    if (n > STATS_MANY)
        return (struct interval){.estimate = stats_mean(v, n), .low = NAN, .high = NAN, .kind = INTERVAL_NONE};
    return n < FEW ? bootstrap_mean(v, n, id) : student_interval(v, n);
}

void interval_words(int n, char *text, size_t size)
{
    static double known[STATS_MANY + 1][4]; /* by n; 0: not simulated yet */
    if (n < 2) {
        snprintf(text, size, "no interval (n = %d)", n);
        return;
    }
    if (n > STATS_MANY) {
        snprintf(text, size, "Student t (at n = %d as good as any)", n);
        return;
    }
    double *cover = known[n];
    if (!cover[0]) {
        enum { MANY = 10000, SOME = 1000 };
        cover[0] = interval_coverage(INTERVAL_STUDENT, SHAPE_NORMAL, n, MANY, 0, 1);
        cover[1] = interval_coverage(INTERVAL_STUDENT, SHAPE_SKEWED, n, MANY, 0, 1);
        cover[2] = interval_coverage(INTERVAL_BCA, SHAPE_NORMAL, n, SOME, SOME, 1);
        cover[3] = interval_coverage(INTERVAL_BCA, SHAPE_SKEWED, n, SOME, SOME, 1);
    }
    const double *c = n < FEW ? cover : cover + 2, *o = n < FEW ? cover + 2 : cover;
    snprintf(text, size,
             "%s (simulated coverage at n = %d: %.0f %% for normal, %.0f %% for skewed scores; %s: %.0f and %.0f %%)",
             n < FEW ? "Student t" : "BCa bootstrap, 10,000 resamples", n, 100 * c[0], 100 * c[1],
             n < FEW ? "the BCa bootstrap" : "Student t", 100 * o[0], 100 * o[1]);
}

int interval_columns(struct sheet *s, const char *title, const char *name)
{
    char *range = mem_text("%s_interval", name), *low = mem_text("%s_low", name), *high = mem_text("%s_high", name);
    int first = sheet_column(s, title, name, EVERYONE, true);
    sheet_column(s, "95 % interval", range, READERS, true);
    sheet_column(s, "", low, PROGRAMS, true);
    sheet_column(s, "", high, PROGRAMS, true);
    free(range);
    free(low);
    free(high);
    return first;
}

void put_interval(struct sheet *s, int first, struct interval v, int decimals, bool sign)
{
    (sign ? sheet_signed : sheet_number)(s, first, v.estimate, decimals);
    if (!isnan(v.low))
        sheet_text(s, first + 1, sign ? "[%+.*f, %+.*f]" : "[%.*f, %.*f]", decimals, v.low, decimals, v.high);
    sheet_number(s, first + 2, v.low, decimals);
    sheet_number(s, first + 3, v.high, decimals);
}

int paired_differences(const struct group *a, const struct group *b, result_value *of, double *d)
{
    double *other = mem_alloc((size_t)(a->n + 1) * sizeof *other);
    int n = group_pairs(a, b, of, d, other);
    for (int i = 0; i < n; i++)
        d[i] -= other[i];
    free(other);
    return n;
}

const char *runs_words(const struct groups *g)
{
    static char text[64];
    int least = g->n ? g->group[0].n : 0, most = least;
    for (int i = 0; i < g->n; i++) {
        least = g->group[i].n < least ? g->group[i].n : least;
        most = g->group[i].n > most ? g->group[i].n : most;
    }
    snprintf(text, sizeof text, least == most ? "%d" : "%d to %d", least, most);
    return text;
}

const char *first_words(const struct groups *g)
{
    static char text[64];
    bool more = false;
    snprintf(text, sizeof text, ", the first %d of each", GROUP_SAMPLE);
    for (const struct group *a = g->group; a < g->group + g->n; a++)
        more |= a->ok > GROUP_SAMPLE;
    return more ? text : "";
}

const char *sample_words(const struct groups *g)
{
    bool listed = false;
    for (const struct group *a = g->group; a < g->group + g->n; a++)
        listed |= a->ok > a->samples && a->samples < GROUP_SAMPLE;
    return listed ? ", of each those whose record is here" : first_words(g);
}

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

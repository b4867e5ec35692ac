/* What the kinds of tables share: look-up, keys, and columns that many have. */
#include "table/kind.h"

#include "core/arena.h"
#include "core/die.h"
#include "core/file.h"
#include "tune/budget.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct table_kind *table_find(const char *kind)
{
    char all[512] = "";
    for (int i = 0; i < table_registry_size; i++) {
        if (strcmp(kind, table_registry[i]->name) == 0)
            return table_registry[i];
        snprintf(all + strlen(all), sizeof all - strlen(all), "%s%s", i ? ", " : "", table_registry[i]->name);
    }
    die(EXIT_USAGE, "no kind of table is called \"%.40s\"; there are %s", kind, all);
}

enum fact_id display_metric(const struct display *d)
{
    static const struct {
        const char *name;
        enum fact_id of;
    } metrics[] = {{"test", FACT_test_metric},
                   {"best", FACT_test_at_best_valid},
                   {"second", FACT_test_second},
                   {"valid", FACT_valid_metric}};
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

char *display_prints(struct table *s, const struct groups *g, const struct display *d, struct prints *p)
{
    char *path = display_file(g, d, "published.ini");
    if (file_exists(path)) {
        prints_read(p, path);
        return path;
    }
    table_absent(s, "there is no %s", path);
    free(path);
    return NULL;
}

char *display_reference(const struct display *d)
{
    const struct setting *s = display_setting(d, "reference");
    char *all = mem_text("%s", "");
    for (int i = 0; s && i < s->values; i++) {
        mem_append(&all, "%s%s", i ? " " : "", s->value[i]);
    }
    return all;
}

void group_columns(struct table *s)
{
    static const struct column columns[] = {
        {"Task", "task", EVERYONE, false}, {"Budget", "budget", EVERYONE, true}, {"Method", "method", EVERYONE, false}};
    table_columns(s, columns, 3);
}

const char *group_mark(const struct groups *g, int budget, const char *label)
{
    for (int i = 0; i < g->n && budget; i++) {
        const bool at_end = setup_is(g->group[i].setup, "budget_at", "end");
        double trained = group_mean(&g->group[i], at_end ? FACT_parameters_active : FACT_parameters_trained);
        if (g->group[i].budget == budget && strcmp(g->group[i].label, label) == 0 && isfinite(trained) &&
            budget_missed(budget, lround(trained)))
            return "†";
    }
    return "";
}

void group_note_mark(struct table *s, const char *mark)
{
    static const char note[] =
        "† More than 2 % off the budget, which its ranks or blocks cannot meet: compared with more, "
        "or fewer, parameters. `peftlab count METHOD budget=N` says what is in reach.";
    bool noted = false;
    for (int i = 0; i < s->notes; i++)
        noted |= strcmp(s->note[i], note) == 0;
    if (*mark && !noted)
        table_note(s, "%s", note);
}

void group_budget(struct table *s, int column, const struct groups *g, int budget, const char *label)
{
    const char *mark = group_mark(g, budget, label);
    char *words = mem_text("%s%s", count_text(budget), mark);
    if (budget)
        table_value(s, column, budget, words);
    free(words);
    group_note_mark(s, mark);
}

void group_row(struct table *s, const struct groups *g, const char *task, int budget, const char *label)
{
    table_row(s);
    table_text(s, 0, "%s", task);
    group_budget(s, 1, g, budget, label);
    table_text(s, 2, "%s", label);
}

int interval_columns(struct table *s, const char *title, const char *name)
{
    char *range = mem_text("%s_interval", name), *low = mem_text("%s_low", name), *high = mem_text("%s_high", name);
    int first = table_column(s, title, name, EVERYONE, true);
    table_column(s, "95 % interval", range, READERS, true);
    table_column(s, "", low, PROGRAMS, true);
    table_column(s, "", high, PROGRAMS, true);
    free(range);
    free(low);
    free(high);
    return first;
}

void put_interval(struct table *s, int first, struct interval v, int decimals, bool sign)
{
    (sign ? table_signed : table_number)(s, first, v.estimate, decimals);
    if (!isnan(v.low))
        table_text(s, first + 1, sign ? "[%+.*f, %+.*f]" : "[%.*f, %.*f]", decimals, v.low, decimals, v.high);
    table_number(s, first + 2, v.low, decimals);
    table_number(s, first + 3, v.high, decimals);
}

void put_points(struct table *s, int first, struct interval v)
{
    table_value(s, first, v.estimate, points_text(v.estimate));
    if (!isnan(v.low))
        table_text(s, first + 1, "%s", range_text(v.low, v.high, true));
    table_number(s, first + 2, v.low, 6);
    table_number(s, first + 3, v.high, 6);
}

void put_power(struct table *s, int first, struct interval v)
{
    char words[64];
    snprintf(words, sizeof words, "%.2g", pow(10, v.estimate));
    table_value(s, first, pow(10, v.estimate), words);
    if (!isnan(v.low))
        table_text(s, first + 1, "[%.2g, %.2g]", pow(10, v.low), pow(10, v.high));
    table_number(s, first + 2, pow(10, v.low), 6);
    table_number(s, first + 3, pow(10, v.high), 6);
}

/* Counting at published sizes, and reading what papers print. */
#include "analysis/printed.h"

#include "core/arena.h"
#include "core/die.h"
#include "core/ini.h"
#include "tune/method_words.h"
#include "tune/shapes.h"
#include "tune/tuning.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct counts printed_count(const char *shape, const char *words, const char *where)
{
    struct model_config config;
    struct adapter common;
    char **word = NULL;
    int n = 0;
    if (!shape_find(shape, &config))
        die(EXIT_USAGE, "%s: no shape is called %s (tune/shapes.c has them)", where, shape);
    if (!words_add(&word, &n, words) || !n)
        die(EXIT_USAGE, "%s: \"%.60s\" is not a method and its options", where, words);
    const struct method *m = method_find(word[0]);
    char *place = mem_text("%s: ", where);
    void *opts = method_words(m, &common, n - 1, word + 1, place);
    int extra = budget_solve(m, opts, &common, &config);
    struct counts k = budget_count(m, opts, &common, &config, extra);
    free(opts);
    free(place);
    words_free(word, n);
    return k;
}

/* "0.3M" -> value and the unit of its last digit; false when it is no such number. */
static bool parse(const char *text, double *value, double *digit)
{
    char *end;
    *value = strtod(text, &end);
    *digit = 1;
    const char *dot = strchr(text, '.');
    for (const char *c = dot ? dot + 1 : end; c < end; c++)
        *digit /= 10;
    double unit = *end == 'K' ? 1e3 : *end == 'M' ? 1e6 : 1;
    *value *= unit;
    *digit *= unit;
    return end != text && isfinite(*value) && !end[unit > 1];
}

enum agreement print_agrees(const char *printed, double count)
{
    double value, digit, slack;
    if (!parse(printed, &value, &digit))
        return PRINT_DIFFERS;
    slack = 1e-6 * digit;
    if (fabs(count - value) <= digit / 2 + slack)
        return PRINT_ROUNDED;
    return count >= value - slack && count < value + digit ? PRINT_CUT : PRINT_DIFFERS;
}

static void check(const struct prints *p)
{
    double value, digit;
    if (!p->n)
        return;
    const struct print *k = &p->print[p->n - 1];
    const char *lacks = !k->count ? "count" : !k->shape ? "shape" : !k->source ? "source" : NULL;
    if (lacks)
        die(EXIT_USAGE, "%s:%d: this [printed] has no %s", p->path, k->line, lacks);
    if (k->printed && !parse(k->printed, &value, &digit))
        die(EXIT_USAGE, "%s:%d: printed = %.40s is no number such as 0.3M or 18.4K", p->path, k->line, k->printed);
}

static void on_line(const struct ini_line *l, void *data)
{
    static const struct ini_field fields[] = {INI_TEXT(print, count),  INI_TEXT(print, shape), INI_TEXT(print, printed),
                                              INI_TEXT(print, source), INI_TEXT(print, note),  {0}};
    struct prints *p = data;
    if (!l->name) {
        check(p);
        if (strncmp(l->section, "printed ", 8) != 0)
            ini_refuse(l, "section [%s] is not [printed NAME]", l->section);
        PUSH(p->print, p->n) = (struct print){.line = l->line};
    } else if (!p->n)
        ini_refuse(l, "%s stands before the first [printed NAME]", l->name);
    else if (!ini_field(fields, &p->print[p->n - 1], l))
        ini_refuse(l, "a [printed] has no key \"%s\" (count, shape, printed, source, note)", l->name);
}

void prints_read(struct prints *p, const char *path)
{
    *p = (struct prints){.path = mem_text("%s", path)};
    ini_read(path, on_line, p);
    check(p);
}

void prints_free(struct prints *p)
{
    for (int i = 0; i < p->n; i++) {
        free(p->print[i].count);
        free(p->print[i].shape);
        free(p->print[i].printed);
        free(p->print[i].source);
        free(p->print[i].note);
    }
    free(p->print);
    free(p->path);
    *p = (struct prints){0};
}

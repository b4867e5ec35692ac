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

static bool is_number(const char *text)
{
    char *end;
    const double v = strtod(text, &end);
    return end != text && !*end && isfinite(v);
}

static void check_score(const struct prints *p)
{
    const struct printed_score *s = &p->scored[p->scored_n - 1];
    const char *lacks = !s->method               ? "method"
                        : !s->base               ? "base"
                        : !s->suite              ? "suite"
                        : !s->protocol           ? "protocol"
                        : !s->source             ? "source"
                        : !s->scores == !s->mean ? "scores, or a mean where no more was read"
                                                 : NULL;
    if (lacks)
        die(EXIT_USAGE, "%s:%d: this [score] has no %s", p->path, s->line, lacks);
    for (int i = 0; i < s->scores; i++)
        if (!is_number(s->score[i]))
            die(EXIT_USAGE, "%s:%d: %.40s is no score", p->path, s->line, s->score[i]);
    if (s->mean && !is_number(s->mean))
        die(EXIT_USAGE, "%s:%d: mean = %.40s is no score", p->path, s->line, s->mean);
}

double printed_mean(const struct printed_score *s)
{
    double sum = 0;
    if (s->mean)
        return strtod(s->mean, NULL);
    for (int i = 0; i < s->scores; i++)
        sum += strtod(s->score[i], NULL) / s->scores;
    return sum;
}

static void check_print(const struct prints *p)
{
    double value, digit;
    const struct print *k = &p->print[p->n - 1];
    const char *lacks = !k->count ? "count" : !k->shape ? "shape" : !k->source ? "source" : NULL;
    if (lacks)
        die(EXIT_USAGE, "%s:%d: this [printed] has no %s", p->path, k->line, lacks);
    if (k->printed && !parse(k->printed, &value, &digit))
        die(EXIT_USAGE, "%s:%d: printed = %.40s is no number such as 0.3M or 18.4K", p->path, k->line, k->printed);
}

struct reading {
    struct prints *prints;
    enum { NOTHING, A_COUNT, A_SCORE } open;
};

static void check(const struct reading *r)
{
    if (r->open == A_COUNT)
        check_print(r->prints);
    else if (r->open == A_SCORE)
        check_score(r->prints);
}

static void open_section(struct reading *r, const struct ini_line *l)
{
    struct prints *p = r->prints;
    check(r);
    if (strncmp(l->section, "printed ", 8) == 0) {
        PUSH(p->print, p->n) = (struct print){.line = l->line};
        r->open = A_COUNT;
    } else if (strncmp(l->section, "score ", 6) == 0) {
        PUSH(p->scored, p->scored_n) = (struct printed_score){.line = l->line};
        r->open = A_SCORE;
    } else
        ini_refuse(l, "section [%s] is neither [printed NAME] nor [score NAME]", l->section);
}

static void on_line(const struct ini_line *l, void *data)
{
    static const struct ini_field count[] = {INI_TEXT(print, count),  INI_TEXT(print, shape), INI_TEXT(print, printed),
                                             INI_TEXT(print, source), INI_TEXT(print, note),  {0}};
    static const struct ini_field score[] = {
        INI_TEXT(printed_score, method),   INI_TEXT(printed_score, base),
        INI_TEXT(printed_score, options),  INI_TEXT(printed_score, suite),
        INI_TEXT(printed_score, mean),     INI_WORDS(printed_score, "scores", score, scores),
        INI_TEXT(printed_score, protocol), INI_TEXT(printed_score, source),
        INI_TEXT(printed_score, note),     {0}};
    struct reading *r = data;
    struct prints *p = r->prints;
    if (!l->name)
        open_section(r, l);
    else if (r->open == NOTHING)
        ini_refuse(l, "%s stands before the first [printed NAME] or [score NAME]", l->name);
    else if (r->open == A_COUNT && !ini_field(count, &p->print[p->n - 1], l))
        ini_refuse(l, "a [printed] has no key \"%s\" (count, shape, printed, source, note)", l->name);
    else if (r->open == A_SCORE && !ini_field(score, &p->scored[p->scored_n - 1], l))
        ini_refuse(l,
                   "a [score] has no key \"%s\" (method, base, options, suite, scores, mean, protocol, source, note)",
                   l->name);
}

void prints_read(struct prints *p, const char *path)
{
    struct reading r = {.prints = p};
    *p = (struct prints){.path = mem_text("%s", path)};
    ini_read(path, on_line, &r);
    check(&r);
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
    for (int i = 0; i < p->scored_n; i++) {
        struct printed_score *s = &p->scored[i];
        char *texts[] = {s->method, s->base, s->options, s->suite, s->protocol, s->source, s->note, s->mean};
        for (size_t k = 0; k < sizeof texts / sizeof *texts; k++)
            free(texts[k]);
        words_free(s->score, s->scores);
    }
    free(p->scored);
    free(p->print);
    free(p->path);
    *p = (struct prints){0};
}

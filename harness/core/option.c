/* Parsing, printing and bounds of option tables. */
#include "core/option.h"

#include "core/die.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *field(const struct option *o, const void *opts)
{
    return (char *)opts + o->offset;
}

void option_defaults(const struct option *table, void *opts)
{
    for (const struct option *o = table; o && o->name; o++) {
        if (o->type == OPT_REAL)
            *(double *)field(o, opts) = o->def;
        else if (o->type == OPT_TEXT)
            snprintf(field(o, opts), OPTION_TEXT, "%s", o->choices);
        else
            *(int *)field(o, opts) = (int)o->def;
    }
}

const struct option *option_find(const struct option *table, const char *name)
{
    for (const struct option *o = table; o && o->name; o++)
        if (strcmp(o->name, name) == 0)
            return o;
    return NULL;
}

/* The i-th of "a|b|c" into `text`; 0 when there is none. */
static int choice(const char *choices, int i, char *text, size_t size)
{
    for (; i > 0; i--) {
        choices = strchr(choices, '|');
        if (!choices)
            return 0;
        choices++;
    }
    snprintf(text, size, "%.*s", (int)strcspn(choices, "|"), choices);
    return 1;
}

static _Noreturn void refuse(const struct option *o, const char *value)
{
    char bounds[OPTION_TEXT];
    option_bounds(o, bounds, sizeof bounds);
    die(EXIT_USAGE, "%s=%.80s is not valid: %s", o->name, value, bounds);
}

void option_set(const struct option *o, void *opts, const char *value)
{
    char *end, name[64];
    errno = 0;
    switch (o->type) {
    case OPT_INT: {
        long v = strtol(value, &end, 10);
        if (end == value || *end || errno || v < o->min || v > o->max)
            refuse(o, value);
        *(int *)field(o, opts) = (int)v;
        return;
    }
    case OPT_REAL: {
        double v = strtod(value, &end);
        if (end == value || *end || !isfinite(v) || v < o->min || v > o->max)
            refuse(o, value);
        *(double *)field(o, opts) = v + 0.0; /* -0 becomes 0: one value, one canonical text */
        return;
    }
    case OPT_BOOL:
        if (strcmp(value, "1") && strcmp(value, "0") && strcmp(value, "true") && strcmp(value, "false"))
            refuse(o, value);
        *(int *)field(o, opts) = value[0] == '1' || value[0] == 't';
        return;
    case OPT_CHOICE:
        for (int i = 0; choice(o->choices, i, name, sizeof name); i++)
            if (strcmp(value, name) == 0) {
                *(int *)field(o, opts) = i;
                return;
            }
        refuse(o, value);
    case OPT_TEXT:
        if (strlen(value) >= OPTION_TEXT || strpbrk(value, "\n\r"))
            refuse(o, value);
        snprintf(field(o, opts), OPTION_TEXT, "%s", value);
    }
}

void option_real_text(double v, char *text, size_t size)
{
    for (int digits = 1; digits <= 17; digits++) {
        snprintf(text, size, "%.*g", digits, v);
        if (strtod(text, NULL) == v)
            return;
    }
}

void option_number_text(const struct option *o, double v, char *text, size_t size)
{
    if (o->type != OPT_REAL && v == floor(v))
        snprintf(text, size, "%.0f", v);
    else
        option_real_text(v, text, size);
}

void option_get(const struct option *o, const void *opts, char *text, size_t size)
{
    switch (o->type) {
    case OPT_INT:
    case OPT_BOOL:
        snprintf(text, size, "%d", *(int *)field(o, opts));
        return;
    case OPT_REAL:
        option_real_text(*(double *)field(o, opts), text, size);
        return;
    case OPT_CHOICE:
        choice(o->choices, *(int *)field(o, opts), text, size);
        return;
    case OPT_TEXT:
        snprintf(text, size, "%s", (char *)field(o, opts));
    }
}

/* "from 0 to 1000", "1 or more" where no one reaches the upper bound. */
static void range(const struct option *o, char *text, size_t size)
{
    if (o->max >= 1e9)
        snprintf(text, size, "%.15g or more", o->min);
    else
        snprintf(text, size, "from %.15g to %.15g", o->min, o->max);
}

void option_bounds(const struct option *o, char *text, size_t size)
{
    char words[OPTION_TEXT];
    switch (o->type) {
    case OPT_INT:
    case OPT_REAL:
        range(o, words, sizeof words);
        snprintf(text, size, "%s %s, default %.15g", o->type == OPT_INT ? "an integer" : "a number", words, o->def);
        return;
    case OPT_BOOL:
        snprintf(text, size, "0 or 1, default %.0f", o->def);
        return;
    case OPT_CHOICE:
        choice(o->choices, (int)o->def, words, sizeof words);
        snprintf(text, size, "one of %s, default %s", o->choices, words);
        return;
    case OPT_TEXT:
        snprintf(text, size, "text of up to %d bytes, default \"%s\"", OPTION_TEXT - 1, o->choices);
    }
}

const char *option_digits(const char *text, long max, long *value)
{
    const char *c = text;
    long v = 0;
    for (; *c >= '0' && *c <= '9'; c++) {
        int digit = *c - '0';
        if (v > max / 10 || 10 * v > max - digit)
            return NULL;
        v = 10 * v + digit;
    }
    *value = v;
    return c == text ? NULL : c;
}

bool option_range(const char *text, int *first, int *last)
{
    long from = 0, to;
    const char *end = option_digits(text, INT_MAX, &from);
    to = from;
    if (end && strncmp(end, "..", 2) == 0)
        end = option_digits(end + 2, INT_MAX, &to);
    if (!end || *end || to < from)
        return false;
    *first = (int)from, *last = (int)to;
    return true;
}

static int distance(const char *a, const char *b)
{
    int n = (int)strnlen(a, 63), m = (int)strnlen(b, 63), row[64];
    for (int j = 0; j <= m; j++)
        row[j] = j;
    for (int i = 1; i <= n; i++) {
        int diagonal = row[0];
        row[0] = i;
        for (int j = 1; j <= m; j++) {
            int best = diagonal + (a[i - 1] != b[j - 1]);
            diagonal = row[j];
            if (row[j] + 1 < best)
                best = row[j] + 1;
            if (row[j - 1] + 1 < best)
                best = row[j - 1] + 1;
            row[j] = best;
        }
    }
    return row[m];
}

bool option_nearer(struct nearest *n, const char *name)
{
    const int away = distance(n->wanted, name);
    if (*n->name && away >= n->distance)
        return false;
    snprintf(n->name, sizeof n->name, "%s", name);
    n->distance = away;
    return true;
}

/* Building tables, and the one way in which numbers are printed. */
#include "table/sheet.h"

#include "core/arena.h"

#include <assert.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

static char *format_text(const char *format, va_list args)
{
    char *text = NULL;
    size_t size = 0;
    FILE *f = open_memstream(&text, &size);
    assert(f);
    vfprintf(f, format, args);
    fclose(f);
    return text;
}

void sheet_open(struct sheet *s, const char *id, const char *name)
{
    *s = (struct sheet){.id = mem_text("%s", id), .name = mem_text("%s", name), .caption = mem_text("%s", "")};
}

void sheet_free(struct sheet *s)
{
    for (int i = 0; i < s->columns; i++) {
        free(s->column[i].title);
        free(s->column[i].name);
    }
    for (int i = 0; i < s->rows * s->columns; i++)
        free(s->entry[i].text);
    for (int i = 0; i < s->notes; i++)
        free(s->note[i]);
    free(s->column);
    free(s->entry);
    free(s->note);
    free(s->id);
    free(s->name);
    free(s->caption);
    *s = (struct sheet){0};
}

void sheet_caption(struct sheet *s, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    free(s->caption);
    s->caption = format_text(format, args);
    va_end(args);
}

void sheet_note(struct sheet *s, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    s->note = mem_grow(s->note, (size_t)(s->notes + 1) * sizeof *s->note);
    s->note[s->notes++] = format_text(format, args);
    va_end(args);
}

int sheet_column(struct sheet *s, const char *title, const char *name, enum audience audience, bool number)
{
    assert(!s->rows);
    s->column = mem_grow(s->column, (size_t)(s->columns + 1) * sizeof *s->column);
    s->column[s->columns] = (struct column){mem_text("%s", title), mem_text("%s", name), audience, number};
    return s->columns++;
}

void sheet_row(struct sheet *s)
{
    size_t columns = (size_t)s->columns, first = (size_t)s->rows * columns;
    s->entry = mem_grow(s->entry, (first + columns) * sizeof *s->entry);
    for (size_t i = first; i < first + columns; i++)
        s->entry[i] = (struct entry){.value = NAN};
    s->rows++;
}

static struct entry *last(struct sheet *s, int column)
{
    assert(s->rows && column >= 0 && column < s->columns);
    struct entry *e = &s->entry[(size_t)(s->rows - 1) * (size_t)s->columns + (size_t)column];
    free(e->text);
    *e = (struct entry){.value = NAN};
    return e;
}

void sheet_text(struct sheet *s, int column, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *text = format_text(format, args);
    va_end(args);
    last(s, column)->text = text;
}

static void put_number(struct sheet *s, int column, double value, int decimals, const char *sign)
{
    struct entry *e = last(s, column);
    char format[16];
    snprintf(format, sizeof format, "%%%s.%df", sign, decimals);
    e->value = value;
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    e->text = isnan(value) ? NULL : mem_text(format, value);
#pragma GCC diagnostic pop
}

void sheet_number(struct sheet *s, int column, double value, int decimals)
{
    put_number(s, column, value, decimals, "");
}

void sheet_signed(struct sheet *s, int column, double value, int decimals)
{
    put_number(s, column, value, decimals, "+");
}

void sheet_value(struct sheet *s, int column, double value, const char *words)
{
    *last(s, column) = (struct entry){mem_text("%s", words), value};
}

const struct entry *sheet_entry(const struct sheet *s, int row, int column)
{
    assert(row >= 0 && row < s->rows && column >= 0 && column < s->columns);
    return &s->entry[(size_t)row * (size_t)s->columns + (size_t)column];
}

/* ---- Numbers --------------------------------------------------------------------------------------------------- */

enum { RING = 8, NUMBER_TEXT = 64 };
static char *next_text(void)
{
    static char ring[RING][NUMBER_TEXT];
    static int turn;
    return ring[turn++ % RING];
}

/* Rounds first, so that -0.0004 is not "-0.0". */
static double rounded(double v, double unit)
{
    double r = round(v / unit) * unit;
    return r == 0 ? 0 : r;
}

const char *percent_text(double share)
{
    char *t = next_text();
    if (isnan(share))
        return "–";
    snprintf(t, NUMBER_TEXT, "%.1f", rounded(100 * share, 0.1));
    return t;
}

const char *points_text(double difference)
{
    char *t = next_text();
    if (isnan(difference))
        return "–";
    double v = rounded(100 * difference, 0.1);
    snprintf(t, NUMBER_TEXT, v == 0 ? "%.1f" : "%+.1f", v);
    return t;
}

const char *range_text(double low, double high, bool sign)
{
    char *t = next_text();
    if (isnan(low) || isnan(high))
        return "";
    snprintf(t, NUMBER_TEXT, "[%s, %s]", sign ? points_text(low) : percent_text(low),
             sign ? points_text(high) : percent_text(high));
    return t;
}

const char *count_text(double n)
{
    char digits[NUMBER_TEXT / 2], *t = next_text();
    if (isnan(n))
        return "–";
    int len = snprintf(digits, sizeof digits, "%.0f", n), used = 0;
    for (int i = 0; i < len && used < NUMBER_TEXT - 2; i++) {
        t[used++] = digits[i];
        if (i + 1 < len && (len - i - 1) % 3 == 0 && digits[i] != '-')
            t[used++] = ',';
    }
    t[used] = '\0';
    return t;
}

const char *p_text(double p)
{
    char *t = next_text();
    if (isnan(p))
        return "";
    snprintf(t, NUMBER_TEXT, p < 0.001 ? "< 0.001" : p < 0.1 ? "%.3f" : "%.2f", p);
    return t;
}

const char *rate_text(double lr)
{
    char *t = next_text();
    int exponent = (int)floor(log10(lr) + 1e-9);
    double mantissa = lr / pow(10, exponent);
    if (!(lr > 0))
        return "–";
    if (exponent >= 0 && exponent < 3)
        snprintf(t, NUMBER_TEXT, "%g", lr);
    else
        snprintf(t, NUMBER_TEXT, "%.3ge%d", mantissa, exponent);
    return t;
}

/* Building tables. */
#include "table/table.h"

#include "core/arena.h"

#include <assert.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void table_open(struct table *s, const char *id, const char *name)
{
    *s = (struct table){.id = mem_text("%s", id), .name = mem_text("%s", name), .caption = mem_text("%s", "")};
}

void table_free(struct table *s)
{
    for (int i = 0; i < s->columns; i++) {
        free((char *)s->column[i].title);
        free((char *)s->column[i].name);
    }
    for (int i = 0; i < s->rows * s->columns; i++) {
        free(s->entry[i].text);
        free(s->entry[i].draw);
    }
    for (int i = 0; i < s->notes; i++)
        free(s->note[i]);
    free(s->column);
    free(s->entry);
    free(s->note);
    free(s->id);
    free(s->name);
    free(s->caption);
    free(s->absent);
    *s = (struct table){0};
}

void table_caption(struct table *s, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    free(s->caption);
    s->caption = mem_vtext(format, args);
    va_end(args);
}

void table_absent(struct table *s, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    free(s->absent);
    s->absent = mem_vtext(format, args);
    va_end(args);
}

void table_note(struct table *s, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    PUSH(s->note, s->notes) = mem_vtext(format, args);
    va_end(args);
}

int table_column(struct table *s, const char *title, const char *name, enum audience audience, bool number)
{
    assert(!s->rows);
    s->column = mem_grow(s->column, (size_t)(s->columns + 1) * sizeof *s->column);
    s->column[s->columns] = (struct column){mem_text("%s", title), mem_text("%s", name), audience, number};
    return s->columns++;
}

void table_columns(struct table *s, const struct column *column, int n)
{
    for (int i = 0; i < n; i++)
        table_column(s, column[i].title, column[i].name, column[i].audience, column[i].number);
}

int table_find_column(const struct table *s, const char *name)
{
    for (int i = 0; i < s->columns; i++)
        if (strcmp(s->column[i].name, name) == 0)
            return i;
    return -1;
}

void table_row(struct table *s)
{
    size_t columns = (size_t)s->columns, first = (size_t)s->rows * columns;
    s->entry = mem_grow(s->entry, (first + columns) * sizeof *s->entry);
    for (size_t i = first; i < first + columns; i++)
        s->entry[i] = (struct entry){.value = NAN};
    s->rows++;
}

static struct entry *last(struct table *s, int column)
{
    assert(s->rows && column >= 0 && column < s->columns);
    struct entry *e = &s->entry[(size_t)(s->rows - 1) * (size_t)s->columns + (size_t)column];
    free(e->text);
    free(e->draw);
    *e = (struct entry){.value = NAN};
    return e;
}

void table_text(struct table *s, int column, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *text = mem_vtext(format, args);
    va_end(args);
    last(s, column)->text = text;
}

static void put_number(struct table *s, int column, double value, int decimals, const char *sign)
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

void table_number(struct table *s, int column, double value, int decimals)
{
    put_number(s, column, value, decimals, "");
}

void table_signed(struct table *s, int column, double value, int decimals)
{
    put_number(s, column, value, decimals, "+");
}

void table_value(struct table *s, int column, double value, const char *words)
{
    *last(s, column) = (struct entry){.text = mem_text("%s", words), .value = value};
}

void table_draws(struct table *s, int column, const double *v, int n)
{
    assert(s->rows && column >= 0 && column < s->columns);
    struct entry *e = &s->entry[(size_t)(s->rows - 1) * (size_t)s->columns + (size_t)column];
    free(e->draw);
    e->draw = mem_alloc((size_t)(n + 1) * sizeof *e->draw);
    memcpy(e->draw, v, (size_t)n * sizeof *v);
    e->draws = n;
}

const struct entry *table_entry(const struct table *s, int row, int column)
{
    assert(row >= 0 && row < s->rows && column >= 0 && column < s->columns);
    return &s->entry[(size_t)row * (size_t)s->columns + (size_t)column];
}

const char *table_words(const struct table *s, int row, int column)
{
    const char *text = column < 0 ? NULL : table_entry(s, row, column)->text;
    return text ? text : "";
}

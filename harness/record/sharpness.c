/* Reading and writing the list of largest eigenvalues. */
#include "record/sharpness.h"

#include "core/arena.h"
#include "core/csv_file.h"
#include "core/die.h"
#include "core/file.h"
#include "core/option.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char *const columns[] = {"key", "adapter", "whole", "off"};
enum { COLUMNS = sizeof columns / sizeof *columns };

static void numbers_of(struct sharp *s, double *to[COLUMNS])
{
    double *all[] = {NULL, &s->adapter, &s->whole, &s->off};
    memcpy(to, all, sizeof all);
}

static void read_row(struct sharp_list *l, const struct csv_file *f, const int at[COLUMNS], int row)
{
    const char *key = csv_file_text(f, row, at[0]);
    struct sharp *s = &PUSH(l->row, l->n);
    double *number[COLUMNS];
    if (!hash_is(key))
        die(EXIT_DATA, "%s:%ld: key is \"%.80s\", not a SHA-256", f->path, csv_file_line(f, row), key);
    memcpy(s->key, key, HASH_HEX);
    numbers_of(s, number);
    for (int k = 1; k < COLUMNS; k++) {
        *number[k] = csv_file_number(f, row, at[k]);
        if (!isfinite(*number[k]))
            die(EXIT_DATA, "%s:%ld: %s is \"%.40s\", not a number", f->path, csv_file_line(f, row), columns[k],
                csv_file_text(f, row, at[k]));
    }
}

void sharp_read(struct sharp_list *l, const char *path)
{
    struct csv_file f;
    struct guard guard;
    int at[COLUMNS];
    *l = (struct sharp_list){0};
    if (!file_exists(path))
        return;
    csv_file_read(&f, path);
    DEFER(csv_file_free, &f);
    GUARD(&guard, sharp_free, l);
    csv_file_columns(&f, columns, COLUMNS, at);
    for (int i = 0; i < csv_file_rows(&f); i++)
        read_row(l, &f, at, i);
    guard_end(&guard);
}

void sharp_write(const struct sharp_list *l, const char *path)
{
    struct file_out out;
    char text[OPTION_TEXT];
    double *number[COLUMNS];
    file_begin(&out, path);
    for (int k = 0; k < COLUMNS; k++)
        fprintf(out.stream, "%s%s", k ? "," : "", columns[k]);
    fputc('\n', out.stream);
    for (int i = 0; i < l->n; i++) {
        numbers_of(&l->row[i], number);
        fputs(l->row[i].key, out.stream);
        for (int k = 1; k < COLUMNS; k++) {
            option_real_text(*number[k], text, sizeof text);
            fprintf(out.stream, ",%s", text);
        }
        fputc('\n', out.stream);
    }
    file_commit(&out);
}

void sharp_free(struct sharp_list *l)
{
    free(l->row);
    *l = (struct sharp_list){0};
}

const struct sharp *sharp_find(const struct sharp_list *l, const char *key)
{
    for (int i = 0; i < l->n; i++)
        if (strcmp(l->row[i].key, key) == 0)
            return &l->row[i];
    return NULL;
}

/* Rows of fields, copied out of the reader. */
#include "core/csv_file.h"

#include "core/arena.h"
#include "core/csv.h"
#include "core/die.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void csv_file_read(struct csv_file *f, const char *path)
{
    struct csv_row r;
    struct csv_reader *csv = csv_open(path, FORMAT_CSV);
    DEFER(csv_close, csv);
    struct guard guard;
    *f = (struct csv_file){.path = mem_text("%s", path)};
    GUARD(&guard, csv_file_free, f);
    while (csv_next(csv, &r)) {
        if (!r.n)
            continue;
        f->row = mem_grow(f->row, (size_t)(f->rows + 1) * sizeof *f->row);
        f->fields = mem_grow(f->fields, (size_t)(f->rows + 1) * sizeof *f->fields);
        f->row[f->rows] = mem_alloc((size_t)r.n * sizeof(char *));
        f->fields[f->rows] = r.n;
        f->line = mem_grow(f->line, (size_t)(f->rows + 1) * sizeof *f->line);
        f->line[f->rows] = r.line;
        for (int i = 0; i < r.n; i++)
            f->row[f->rows][i] = mem_text("%s", r.field[i]);
        f->rows++;
    }
    if (!f->rows)
        die(EXIT_DATA, "%s: is empty", path);
    guard_end(&guard);
}

void csv_file_free(struct csv_file *f)
{
    for (int i = 0; i < f->rows; i++) {
        for (int k = 0; k < f->fields[i]; k++)
            free(f->row[i][k]);
        free(f->row[i]);
    }
    free(f->row);
    free(f->fields);
    free(f->line);
    free(f->path);
    *f = (struct csv_file){0};
}

int csv_file_column(const struct csv_file *f, const char *name)
{
    for (int i = 0; i < f->fields[0]; i++)
        if (strcmp(f->row[0][i], name) == 0)
            return i;
    return -1;
}

void csv_file_columns(const struct csv_file *f, const char *const *names, int n, int *at)
{
    for (int k = 0; k < n; k++) {
        at[k] = csv_file_column(f, names[k]);
        if (at[k] < 0)
            die(EXIT_DATA, "%s: has no column %s", f->path, names[k]);
    }
}

const char *csv_file_text(const struct csv_file *f, int row, int column)
{
    return column < 0 || column >= f->fields[row + 1] ? "" : f->row[row + 1][column];
}

double csv_file_number(const struct csv_file *f, int row, int column)
{
    const char *text = csv_file_text(f, row, column);
    char *end;
    double v = strtod(text, &end);
    return end == text || *end ? NAN : v;
}

long csv_file_line(const struct csv_file *f, int row)
{
    return f->line[row + 1];
}

int csv_file_rows(const struct csv_file *f)
{
    return f->rows - 1;
}

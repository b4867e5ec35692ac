/* Reading and writing lists of what was measured of runs. */
#include "record/run_list.h"

#include "core/arena.h"
#include "core/csv_file.h"
#include "core/die.h"
#include "core/file.h"
#include "core/hash.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static void read_key(const struct csv_file *f, int row, int column, char key[HASH_HEX])
{
    const char *text = csv_file_text(f, row, column);
    if (!hash_is(text))
        die(EXIT_DATA, "%s:%ld: key is \"%.80s\", not a SHA-256", f->path, csv_file_line(f, row), text);
    memcpy(key, text, HASH_HEX);
}

static void read_value(const struct csv_file *f, int row, int column, const struct option *o, void *to)
{
    const char *text = csv_file_text(f, row, column);
    char bounds[512];
    struct trap t;
    if (!*text && isnan(o->def))
        return;
    if (trap_set(&t)) {
        option_bounds(o, bounds, sizeof bounds);
        if (strstr(bounds, ", default "))
            *strstr(bounds, ", default ") = '\0';
        die(EXIT_DATA, "%s:%ld: %s is \"%.40s\", not %s", f->path, csv_file_line(f, row), o->name, text,
            isinf(o->min) ? "a number" : bounds);
    }
    option_set(o, to, text);
    trap_end(&t);
}

void *run_list_read(const struct option *columns, size_t size, const char *path, int *n)
{
    *n = 0;
    if (!file_exists(path))
        return NULL;
    struct csv_file f;
    struct guard guard;
    csv_file_read(&f, path);
    DEFER(csv_file_free, &f);
    char *rows = mem_alloc((size_t)csv_file_rows(&f) * size + 1);
    GUARD(&guard, free, rows);
    int key, column;
    csv_file_columns(&f, (const char *const[]){"key"}, 1, &key);
    for (int i = 0; i < csv_file_rows(&f); i++) {
        option_defaults(columns, rows + (size_t)i * size);
        read_key(&f, i, key, rows + (size_t)i * size);
    }
    for (const struct option *o = columns; o->name; o++) {
        csv_file_columns(&f, &o->name, 1, &column);
        for (int i = 0; i < csv_file_rows(&f); i++)
            read_value(&f, i, column, o, rows + (size_t)i * size);
    }
    *n = csv_file_rows(&f);
    guard_end(&guard);
    return rows;
}

void run_list_write(const struct option *columns, size_t size, const char *path, const void *rows, int n)
{
    struct file_out out;
    char text[OPTION_TEXT];
    file_begin(&out, path);
    fputs("key", out.stream);
    for (const struct option *o = columns; o->name; o++)
        fprintf(out.stream, ",%s", o->name);
    fputc('\n', out.stream);
    for (int i = 0; i < n; i++) {
        const char *row = (const char *)rows + (size_t)i * size;
        fputs(row, out.stream);
        for (const struct option *o = columns; o->name; o++) {
            const bool missing = o->type == OPT_REAL && isnan(*(const double *)(const void *)(row + o->offset));
            *text = '\0';
            if (!missing)
                option_get(o, row, text, sizeof text);
            fprintf(out.stream, ",%s", text);
        }
        fputc('\n', out.stream);
    }
    file_commit(&out);
}

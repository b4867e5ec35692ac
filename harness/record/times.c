/* Reading and writing the list of timed runs. */
#include "record/times.h"

#include "core/arena.h"
#include "core/csv_file.h"
#include "core/die.h"
#include "core/file.h"
#include "core/option.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char *const columns[] = {"key", "repeat", "seconds"};
enum { KEY, REPEAT, SECONDS, COLUMNS };

static void read_row(struct timing_list *l, const struct csv_file *f, const int at[COLUMNS], int row)
{
    enum { MOST = 1000 };
    const long line = csv_file_line(f, row);
    const char *key = csv_file_text(f, row, at[KEY]);
    const double repeat = csv_file_number(f, row, at[REPEAT]), seconds = csv_file_number(f, row, at[SECONDS]);
    struct timing *t = &PUSH(l->row, l->n);
    *t = (struct timing){.seconds = seconds};
    if (!hash_is(key))
        die(EXIT_DATA, "%s:%ld: key is \"%.80s\", not a SHA-256", f->path, line, key);
    if (!(repeat >= 0 && repeat < MOST && repeat == floor(repeat)))
        die(EXIT_DATA, "%s:%ld: repeat is \"%.40s\", not a whole number from 0 to %d", f->path, line,
            csv_file_text(f, row, at[REPEAT]), MOST - 1);
    if (!(seconds > 0 && isfinite(seconds)))
        die(EXIT_DATA, "%s:%ld: seconds is \"%.40s\", not a number above 0", f->path, line,
            csv_file_text(f, row, at[SECONDS]));
    memcpy(t->key, key, HASH_HEX);
    t->repeat = (int)repeat;
}

void timings_read(struct timing_list *l, const char *path)
{
    struct csv_file f;
    struct guard guard;
    int at[COLUMNS];
    *l = (struct timing_list){0};
    if (!file_exists(path))
        return;
    csv_file_read(&f, path);
    DEFER(csv_file_free, &f);
    GUARD(&guard, timings_free, l);
    csv_file_columns(&f, columns, COLUMNS, at);
    for (int i = 0; i < csv_file_rows(&f); i++)
        read_row(l, &f, at, i);
    guard_end(&guard);
}

void timings_write(const struct timing_list *l, const char *path)
{
    struct file_out out;
    file_begin(&out, path);
    fprintf(out.stream, "%s,%s,%s\n", columns[KEY], columns[REPEAT], columns[SECONDS]);
    for (int i = 0; i < l->n; i++)
        fprintf(out.stream, "%s,%d,%.6f\n", l->row[i].key, l->row[i].repeat, l->row[i].seconds);
    file_commit(&out);
}

void timings_free(struct timing_list *l)
{
    free(l->row);
    *l = (struct timing_list){0};
}

double timings_find(const struct timing_list *l, const char *key, int repeat)
{
    for (int i = 0; i < l->n; i++)
        if (l->row[i].repeat == repeat && strcmp(l->row[i].key, key) == 0)
            return l->row[i].seconds;
    return NAN;
}

int timings_repeats(const struct timing_list *l)
{
    int n = 0;
    for (int i = 0; i < l->n; i++)
        n = l->row[i].repeat >= n ? l->row[i].repeat + 1 : n;
    return n;
}

/* Reading and writing the list of altered runs. */
#include "record/altered.h"

#include "core/arena.h"
#include "core/csv_file.h"
#include "core/die.h"
#include "core/file.h"
#include "core/option.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const char *const altered_names[CHANGES] = {"scale", "rank", "intruders", "others"};
const struct altered_step altered_steps[] = {
    {CHANGE_SCALE, 0},   {CHANGE_SCALE, 0.5},      {CHANGE_SCALE, 0.6},   {CHANGE_SCALE, 0.7},
    {CHANGE_SCALE, 0.8}, {CHANGE_SCALE, 0.9},      {CHANGE_RANK, 0},      {CHANGE_RANK, 1},
    {CHANGE_RANK, 2},    {CHANGE_RANK, 4},         {CHANGE_RANK, 8},      {CHANGE_RANK, 16},
    {CHANGE_RANK, 32},   {CHANGE_INTRUDERS, 0.75}, {CHANGE_OTHERS, 0.75}, {CHANGE_SCALE, 1},
};
const int altered_steps_size = sizeof altered_steps / sizeof *altered_steps;

static const char *const columns[] = {"key",         "change",     "amount", "valid_metric",
                                      "test_metric", "forgetting", "rank90", "intruders"};
enum { KEY, CHANGE, FIRST_NUMBER, COLUMNS = sizeof columns / sizeof *columns };

static void numbers_of(struct altered *a, double *to[COLUMNS])
{
    double *all[] = {NULL, NULL, &a->step.amount, &a->valid, &a->test, &a->forgetting, &a->rank90, &a->intruders};
    memcpy(to, all, sizeof all);
}

static enum altered_change change_of(const char *name, const char *path, long line)
{
    for (int i = 0; i < CHANGES; i++)
        if (strcmp(altered_names[i], name) == 0)
            return (enum altered_change)i;
    die(EXIT_DATA, "%s:%ld: \"%.40s\" is no change (scale, rank, intruders, others)", path, line, name);
}

static void read_row(struct altered_list *l, const struct csv_file *f, const int at[COLUMNS], int row)
{
    const long line = csv_file_line(f, row);
    const char *key = csv_file_text(f, row, at[KEY]);
    struct altered *a = &PUSH(l->row, l->n);
    double *number[COLUMNS];
    *a = (struct altered){.step.change = change_of(csv_file_text(f, row, at[CHANGE]), f->path, line)};
    if (!hash_is(key))
        die(EXIT_DATA, "%s:%ld: key is \"%.80s\", not a SHA-256", f->path, line, key);
    memcpy(a->key, key, HASH_HEX);
    numbers_of(a, number);
    for (int k = FIRST_NUMBER; k < COLUMNS; k++) {
        const char *text = csv_file_text(f, row, at[k]);
        *number[k] = csv_file_number(f, row, at[k]);
        if (*text && !isfinite(*number[k])) /* an empty one was not measured */
            die(EXIT_DATA, "%s:%ld: %s is \"%.40s\", not a number", f->path, line, columns[k], text);
    }
}

void altered_read(struct altered_list *l, const char *path)
{
    struct csv_file f;
    struct guard guard;
    int at[COLUMNS];
    *l = (struct altered_list){0};
    if (!file_exists(path))
        return;
    csv_file_read(&f, path);
    DEFER(csv_file_free, &f);
    GUARD(&guard, altered_free, l);
    csv_file_columns(&f, columns, COLUMNS, at);
    for (int i = 0; i < csv_file_rows(&f); i++)
        read_row(l, &f, at, i);
    guard_end(&guard);
}

void altered_write(const struct altered_list *l, const char *path)
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
        fprintf(out.stream, "%s,%s", l->row[i].key, altered_names[l->row[i].step.change]);
        for (int k = FIRST_NUMBER; k < COLUMNS; k++) {
            *text = '\0';
            if (isfinite(*number[k]))
                option_real_text(*number[k], text, sizeof text);
            fprintf(out.stream, ",%s", text);
        }
        fputc('\n', out.stream);
    }
    file_commit(&out);
}

void altered_free(struct altered_list *l)
{
    free(l->row);
    *l = (struct altered_list){0};
}

const struct altered *altered_find(const struct altered_list *l, const char *key, enum altered_change change,
                                   double amount)
{
    for (int i = 0; i < l->n; i++)
        if (l->row[i].step.change == change && l->row[i].step.amount == amount && strcmp(l->row[i].key, key) == 0)
            return &l->row[i];
    return NULL;
}

bool altered_whole(const struct altered_list *l, const char *key)
{
    for (int i = 0; i < altered_steps_size; i++)
        if (!altered_find(l, key, altered_steps[i].change, altered_steps[i].amount))
            return false;
    return true;
}

/* Reading and writing the list of altered runs. */
#include "record/altered.h"

#include "record/run_list.h"

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

#define NUMBER(name, field, def)                                                               \
    {                                                                                          \
#name, NULL, OPT_REAL, offsetof(struct altered, field), def, -INFINITY, INFINITY, NULL \
    }
static const struct option columns[] = {
    {"change", NULL, OPT_CHOICE, offsetof(struct altered, step.change), 0, 0, 0, "scale|rank|intruders|others"},
    NUMBER(amount, step.amount, 0),
    NUMBER(valid_metric, valid, NAN),
    NUMBER(test_metric, test, NAN),
    NUMBER(forgetting, forgetting, NAN),
    NUMBER(rank90, rank90, NAN),
    NUMBER(intruders, intruders, NAN),
    OPTION_END};

void altered_read(struct altered_list *l, const char *path)
{
    l->row = run_list_read(columns, sizeof *l->row, path, &l->n);
}

void altered_write(const struct altered_list *l, const char *path)
{
    run_list_write(columns, sizeof *l->row, path, l->row, l->n);
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

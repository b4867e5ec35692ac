/* The list of timed runs. */
#include "record/times.h"

#include "record/run_list.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const struct option columns[] = {OPTION_I(timing, repeat, 0, 0, 999, NULL),
                                        OPTION_R(timing, seconds, 0, 1e-9, 1e9, NULL), OPTION_END};

void timings_read(struct timing_list *l, const char *path)
{
    l->row = run_list_read(columns, sizeof *l->row, path, &l->n);
}

void timings_write(const struct timing_list *l, const char *path)
{
    run_list_write(columns, sizeof *l->row, path, l->row, l->n);
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

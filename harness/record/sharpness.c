/* The list of largest eigenvalues. */
#include "record/sharpness.h"

#include "record/run_list.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const struct option columns[] = {OPTION_R(sharp, adapter, 0, -INFINITY, INFINITY, NULL),
                                        OPTION_R(sharp, whole, 0, -INFINITY, INFINITY, NULL),
                                        OPTION_R(sharp, off, 0, -INFINITY, INFINITY, NULL), OPTION_END};

void sharp_read(struct sharp_list *l, const char *path)
{
    l->row = run_list_read(columns, sizeof *l->row, path, &l->n);
}

void sharp_write(const struct sharp_list *l, const char *path)
{
    run_list_write(columns, sizeof *l->row, path, l->row, l->n);
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

/* Looking for the choice or the run behind another mean. */
#include "report/parted.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static bool reported(const struct runs_row *r)
{
    return !isnan(r->facts.test_metric);
}

/* The first reported row of a task in whose cell (all but rate and seed) the scores have this mean; -1: none. */
static int find_cell(const struct runs_list *l, const char *task, double mean)
{
    for (int i = 0; i < l->n; i++) {
        double sum = 0;
        int n = 0;
        if (!reported(&l->row[i]) || strcmp(l->row[i].facts.task, task) != 0)
            continue;
        for (int k = 0; k < l->n; k++)
            if (reported(&l->row[k]) && strcmp(l->row[k].facts.cell, l->row[i].facts.cell) == 0) {
                sum += l->row[k].facts.test_metric;
                n++;
            }
        if (fabs(sum / n - mean) < 1e-9)
            return i;
    }
    return -1;
}

void parted_words(const struct runs_list *now, const struct runs_list *then, const char *task, double mean, char *text,
                  unsigned size)
{
    const int first = find_cell(then, task, mean);
    double most = 0;
    *text = '\0';
    for (int k = 0; first >= 0 && k < then->n; k++) {
        const struct facts *a = &then->row[k].facts;
        if (!reported(&then->row[k]) || strcmp(a->cell, then->row[first].facts.cell) != 0)
            continue;
        for (int i = 0; i < now->n; i++) {
            const struct facts *b = &now->row[i].facts;
            if (!reported(&now->row[i]) || strcmp(a->cell, b->cell) != 0)
                continue;
            if (a->lr != b->lr) {
                snprintf(text, size, "the search chose rate %g, not %g", b->lr, a->lr);
                return;
            }
            const double apart = fabs(a->test_metric - b->test_metric);
            if (a->seed != b->seed || apart <= most)
                continue;
            most = apart;
            snprintf(text, size, "the run that parts most is seed %.0f, %.12s: %.4f, not %.4f", b->seed, b->key,
                     b->test_metric, a->test_metric);
        }
    }
}

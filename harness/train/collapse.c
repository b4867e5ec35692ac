/* Has a run learned anything? A classifier that says the same of every example is finite, quick and worthless. */
#include "train/collapse.h"

#include "core/arena.h"

#include <math.h>
#include <stdlib.h>

enum { LAST_LOSSES = 50 };

/* The most frequent of K classes, and with their shares p the entropy H = -sum p ln p. */
static int frequent_class(const struct dataset *d, int K, double *entropy)
{
    int *count = mem_alloc((size_t)K * sizeof *count), most = 0;
    for (int i = 0; i < d->n; i++)
        count[(int)d->label[i]]++;
    *entropy = 0;
    for (int c = 0; c < K; c++) {
        double p = (double)count[c] / d->n;
        *entropy -= p > 0 ? p * log(p) : 0;
        most = count[c] > count[most] ? c : most;
    }
    free(count);
    return most;
}

bool examine_collapse(const struct trainee *t, const struct run *r, double penalty)
{
    const struct spec *s = t->spec;
    const struct dataset *seen = &t->splits[s->train.evaluate != EVALUATE_VALID ? SPLIT_TEST : SPLIT_VALID];
    if (s->kind != TASK_CLASSES || r->status != RUN_OK || !r->evals || !t->splits[SPLIT_TRAIN].n || !seen->n)
        return false;
    double entropy, loss = 0, *same = mem_alloc((size_t)seen->n * sizeof *same);
    const int most = frequent_class(&t->splits[SPLIT_TRAIN], t->model->classifier_W->w.rows, &entropy);
    const int n = r->steps < LAST_LOSSES ? r->steps : LAST_LOSSES;
    for (int i = 0; i < seen->n; i++)
        same[i] = most;
    const double chance = metric_value(s->metric, same, seen->label, seen->n);
    free(same);
    for (int i = 0; i < n; i++)
        loss += r->loss[r->steps - 1 - i] / n;
    return run_final(r).metric < chance + 0.03 && loss - penalty > 0.98 * entropy;
}

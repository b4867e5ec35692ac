/* Cross-entropy, squared error and the planted tasks' regression, each with its gradient. */
#include "train/loss.h"

#include "core/arena.h"
#include "math/linalg.h"
#include "math/stopwatch.h"
#include "model/layers.h"

#include <stdlib.h>

#define ROW(m, i) ((m).v + (size_t)(i) * (size_t)(m).ld)

static double cross_entropy(const struct batch *b, struct mat logits, struct mat d)
{
    int *label = mem_alloc((size_t)b->B * sizeof *label);
    for (int i = 0; i < b->B; i++)
        label[i] = (int)b->label[i];
    double loss = softmax_loss(logits, label, 1, d);
    free(label);
    return loss;
}

static double squared_error(const struct batch *b, struct mat logits, struct mat d)
{
    double sum = 0;
    for (int i = 0; i < b->B; i++) {
        double e = (double)ROW(logits, i)[0] - b->label[i];
        sum += e * e;
        if (d.v)
            ROW(d, i)[0] = (real)(2 * e / b->B);
    }
    return sum / b->B;
}

static double vector_error(const struct loss *l, struct mat pooled, struct mat d)
{
    double sum = 0, n = (double)pooled.rows * pooled.cols;
    for (int i = 0; i < pooled.rows; i++)
        for (int j = 0; j < pooled.cols; j++) {
            double e = ((double)ROW(pooled, i)[j] - (double)ROW(l->target, i)[j]) / (double)l->sd.v[j];
            sum += e * e;
            if (d.v)
                ROW(d, i)[j] = (real)(2 * e / ((double)l->sd.v[j] * n));
        }
    return sum / n;
}

/* The batch's rows of cached features. */
static struct mat gather(const struct batch *b, struct mat features, struct arena *saved)
{
    struct mat h = arena_mat_raw(saved, b->B, features.cols);
    for (int i = 0; i < b->B; i++)
        mat_copy(mat_rows(features, b->item[i], 1), mat_rows(h, i, 1));
    return h;
}

double loss_run(struct model *m, const struct pass *p, const struct batch *b, const struct loss *l, struct mat *out)
{
    struct tokens tokens = {b->B, b->N, b->start, b->ids, b->types};
    struct activations a;
    size_t mark = arena_mark(p->scratch);
    struct mat h = l->features.v ? gather(b, l->features, p->saved) : encoder_forward(m, p, &tokens, &a);
    int lowest = l->features.v ? model_lowest(m) : a.lowest;
    enum part was = part_enter(PART_HEAD);
    struct mat pooled = pooler_forward(m, p, h), result = pooled, d = {0};
    if (l->kind != TASK_VECTOR)
        result = classifier_forward(m, p, pooled);
    if (p->keep)
        d = arena_mat_raw(p->scratch, result.rows, result.cols);
    double loss = l->kind == TASK_CLASSES ? cross_entropy(b, result, d)
                  : l->kind == TASK_SCORE ? squared_error(b, result, d)
                                          : vector_error(l, result, d);
    if (p->keep) {
        if (l->kind != TASK_VECTOR)
            d = classifier_backward(m, p, lowest, pooled, d);
        if (d.v)
            d = pooler_backward(m, p, lowest, h, pooled, d);
        part_enter(was);
        if (d.v && !l->features.v)
            encoder_backward(m, p, &a, d);
    }
    part_enter(was);
    arena_release(p->scratch, mark);
    if (out)
        *out = result;
    return loss;
}

/* What the laws are called, what breaking one usually means, and the worst error of each. */
#include "check/lawbook.h"

#include "check/agreement.h"

#include <math.h>
#include <stdarg.h>

const char *const law_titles[LAWS] = {
    [LAW_START] = "1  attaching changes nothing",
    [LAW_WEIGHT] = "2  forward = x W' + b",
    [LAW_GRADIENT] = "3  backward = central differences",
    [LAW_MOVES] = "4  only what is declared moves",
    [LAW_BITS] = "5  same seed, same bits",
    [LAW_INPUT] = "6  reads its input only as declared",
    [LAW_REFRESH] = "7  refresh is idempotent",
    [LAW_EXPORT] = "8  exported weights, same logits",
    [LAW_COUNT] = "9  counts equal the paper's",
    [LAW_ORDER] = "10 batch order and packing",
    [LAW_GAUGE] = "11 gauge: alpha/(pq), pA, qB",
    [LAW_FORM] = "12 the file is what it states",
    [LAW_RESTART] = "13 stopped and restarted, same bits",
};

const char *const law_hints[LAWS] = {
    [LAW_START] = "init leaves the update away from zero (or from the factor one); a split of W0 states .start_tol, "
                  "another start .declares = STARTS_ELSEWHERE",
    [LAW_WEIGHT] = "forward and weight differ: a scale, a transpose, a forgotten ld, or a value that refresh should "
                   "have computed anew",
    [LAW_GRADIENT] = "backward: = for +=, a transpose, the scale, the dropout mask, or a matrix of scratch that is "
                     "gone by then (keep it in p->saved)",
    [LAW_MOVES] = "a trained tensor without a gradient, or a write into a frozen one (W may move under MOVES_BASE)",
    [LAW_BITS] = "numbers that are not tuning_rng's, a static variable, or a backward that needs dx",
    [LAW_INPUT] = "say NEEDS_INPUT exactly when backward reads x",
    [LAW_REFRESH] = "refresh must compute from parameters, never from what it wrote itself",
    [LAW_EXPORT] = "as law 2, after training: weight misses something that forward does",
    [LAW_COUNT] = "count, attach and the rank disagree: read the rank from s->rank, and touch no value in attach",
    [LAW_ORDER] = "a row of y depends on other rows of x",
    [LAW_GAUGE] = "the scale enters twice or not at all, or a step treats A and B by their size",
    [LAW_FORM] = "the sentence above says what the file states and what it does",
    [LAW_RESTART] = "what changes between steps belongs into tuning_buffer: a checkpoint does not hold other memory",
};

void law_note(struct laws *l, enum law law, double error, double allowed, const char *format, ...)
{
    struct law_outcome *o = &l->law[law];
    error = isnan(error) ? INFINITY : error;
    bool broken = error > allowed, first = o->checks++ == 0;
    if (!first && (broken < o->broken || (broken == o->broken && error * o->allowed <= o->error * allowed)))
        return;
    va_list args;
    va_start(args, format);
    vsnprintf(o->where, sizeof o->where, format, args);
    va_end(args);
    o->broken = broken;
    o->error = error;
    o->allowed = allowed;
}

void law_keep_worst(struct laws *to, const struct laws *from)
{
    for (int i = 0; i < LAWS; i++) {
        struct law_outcome *w = &to->law[i];
        const struct law_outcome *o = &from->law[i];
        int checks = w->checks + o->checks;
        bool worse = o->broken > w->broken || (o->broken == w->broken && o->error * w->allowed > w->error * o->allowed);
        if (o->checks && (!w->checks || worse))
            *w = *o;
        w->checks = checks;
    }
}

int law_count_broken(const struct laws *l)
{
    int broken = 0;
    for (int i = 0; i < LAWS; i++)
        broken += l->law[i].broken;
    return broken;
}

double law_distance(struct mat a, struct mat b)
{
    struct agreement g = {0, 0};
    for (int i = 0; i < b.rows; i++)
        for (int j = 0; j < b.cols; j++)
            agreement_add(&g, mat_get(a, i, j), mat_get(b, i, j));
    return agreement_error(&g);
}

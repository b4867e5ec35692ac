/* How every method stands to LoRA over the tasks of an experiment: what the decision table, the matrix and the figure of
 * differences show. */
#ifndef ANALYSIS_STANDING_H
#define ANALYSIS_STANDING_H

#include "analysis/series.h"
#include "analysis/verdict.h"
#include "stats/meta.h"

/* No budget; LoRA's; another one; a twin. */
enum part { PART_REFERENCE, PART_METHOD, PART_SIZE, PART_CONTROL };

struct standing {
    struct series series;
    enum part part;
    bool is_lora;                    /* what the others are compared with; one per budget */
    bool sized;                      /* its name says its budget, for its LoRA's is not its own or not the only one */
    struct judgement on[TASKS_MOST]; /* per task; group NULL where it has no run, verdict adjusted over its task */
    int tasks;                       /* on which it can be compared */
    bool whole;                      /* these are all on which any method can */
    struct pooled over;              /* these tasks, a task like these, a new one; NaN unless whole */
    double adjusted;                 /* p over these tasks, for all methods that are compared */
    enum verdict verdict;
    int failed, runs; /* over tasks; failed -1 for the head alone */
    int missing;      /* runs that have not been made */
    double rate;      /* of all tasks; NaN where it differs between them */
    double one_off;   /* points of validation that the worse neighbour of the rate loses; NaN: not searched */
    double trained, flops, bytes, stored; /* as multiples of LoRA's; NaN: unknown */
    struct interval time; /* of training, likewise: mean over tasks, repeats vary (record/times.h); NaN: not timed */
    double score, forgetting; /* means over the tasks that have runs; forgetting in nats, NaN: not measured */
};
struct standings {
    struct standing *row; /* references, methods, other sizes, controls; within each as the file has them */
    const char *task[TASKS_MOST];
    int n, tasks;
    const char *reference; /* the label of what the others are compared with */
};
/* Of the groups and tasks of a display, against the label `wanted` or LoRA. */
struct standings standings_make(const struct groups *g, const struct display *d, const char *wanted);
void standings_free(struct standings *s);
/* "VeRA", or "VeRA with 1,152" where the reference has another budget: its own, or the numbers that train where its rank is given.
 * For free(). */
char *standing_name(const struct standing *row);
/* Whether more than one run in twenty failed: too many for the method to be recommended at its rate. */
bool standing_fails(const struct standing *row);
/* Of training, times LoRA's: time where it was measured, else operations. */
double standing_price(const struct standing *row);

#endif

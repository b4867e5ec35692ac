/* Runs whose trained change was set to others (record/altered.h), as values that statistics take: a value per run, a list of them
 * per task. */
#ifndef ANALYSIS_AFTERMATH_H
#define ANALYSIS_AFTERMATH_H

#include "analysis/groups.h"
#include "record/altered.h"
#include "stats/meta.h"

/* What is asked of a run and a change; of differences the run as it was trained is taken off. */
enum aftermath {
    AFTER_SCORE,      /* test score */
    AFTER_FORGETTING, /* rise of the pretraining loss, nats */
    AFTER_SCORE_LESS, /* the same less those of the run as trained */
    AFTER_FORGETTING_LESS,
    AFTER_REGAINED, /* share of the run's forgetting that is gone: 1 - F(change) / F(run) */
    AFTER_RANK90,
    AFTER_INTRUDERS
};
/* NaN where the list lacks it. With change = CHANGE_SCALE and amount NaN: at the t from .5 to 1 with the best validation score, the
 * largest of equals. */
double aftermath_of(const struct altered_list *l, const struct result *w, struct altered_step step,
                    enum aftermath what);
/* The t that validation chooses. */
double aftermath_best_t(const struct altered_list *l, const char *key);
/* The score where a run, scaled back from t = 1, has forgotten `goal`, linear between the t's of the list; its score as trained
 * where it never forgot so much. NaN where the list lacks it. */
double aftermath_score_at(const struct altered_list *l, const struct result *w, double goal);

/* A list of values per task. */
struct values {
    const char *task[TASKS_MOST];
    double *v[TASKS_MOST];
    int *seed[TASKS_MOST], n[TASKS_MOST], tasks;
};
/* Of a method's groups (by label) on all tasks, of several budgets the first; the finite values. */
struct values values_of(const struct groups *g, const char *label,
                        double (*of)(const struct result *w, const void *data), const void *data);
void values_free(struct values *x);
/* The least number of values of a task. */
int values_least(const struct values *x);
/* Their mean on these tasks, and on tasks like these; less those of `other` (unpaired) unless that is NULL. */
struct pooled values_pool(const struct values *x, const struct values *other);
/* Per seed the mean over tasks, for seeds that all tasks have; with `other` for every pair of a seed of each, less its mean. Into
 * *draw for free(); returns how many: what one run of each would have said. */
int values_draws(const struct values *x, const struct values *other, double **draw);

#endif

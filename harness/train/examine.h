/* Looking at a model in training: scores on a split, changes of its weights, and the laws that every run checks on
 * itself. */
#ifndef TRAIN_EXAMINE_H
#define TRAIN_EXAMINE_H

#include "train/loss.h"
#include "train/result.h"
#include "tune/tuning.h"

/* A model at work on a task. */
struct trainee {
    const struct spec *spec;
    struct model *model;
    struct memory *mem;
    struct tuning *tuning;
    struct model *teacher;       /* TASK_VECTOR only, else NULL */
    struct mat sd;               /* its pooled standard deviation per column, (1, C) */
    struct mat features[SPLITS]; /* [CLS] rows of frozen encoders, (n, C); v == NULL: not cached */
    const struct dataset *splits;
    const struct class_names *classes;
    struct scale scale; /* of scores; {0, 1} otherwise */
    const char *key;    /* the run's, or NULL */
    struct batch batch;
};

/* Makes m the task's teacher: the base with a known change, stored in r->truth_*; fills t->teacher and t->sd. */
void trainee_open_teacher(struct trainee *t, struct model *m, struct task_env *env, const struct base *base,
                          struct run *r);
/* When nothing below the pooler trains: the encoder's [CLS] rows of every split, computed once. */
void trainee_cache_features(struct trainee *t);
/* Bytes that training will have in use at its peak: base, private copies of what moves, adapters, gradients, moments,
 * and the activations of one gradient of t->batch, which is computed and thrown away. */
double trainee_foresee(struct trainee *t);
/* The teacher's pooled vectors for the current batch, (B, C), in the saved arena. */
struct mat trainee_targets(struct trainee *t);
/* Mean loss and metrics over a split; `item` and `prediction`, unless NULL, receive one value per example (see struct
 * run). */
struct score examine_split(struct trainee *t, enum split split, double *item, double *prediction);
/* Fills one probe of r; `final` also stores the final singular values. */
void examine_weights(struct trainee *t, struct run *r, int step, bool final);
/* Pooled vectors of the first examples of the test split: what laws 1 and 8 compare. Malloc'd, *n values. */
double *examine_outputs(struct trainee *t, int *n);
double relative_difference(const double *a, const double *b, int n);
void examine_checks(struct trainee *t, struct run *r);

#endif

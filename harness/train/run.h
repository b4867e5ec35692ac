/* One run: from a spec to everything it yields. */
#ifndef TRAIN_RUN_H
#define TRAIN_RUN_H

#include "train/result.h"
#include "tune/tuning.h"

struct trainee; /* train/examine.h */
/* What accompanies a run; every hook may be NULL. */
struct run_hooks {
    void (*tick)(int step, int steps, double loss, void *data); /* after every step */
    void (*memory)(double bytes, void *data);                   /* before the first: what the run will need */
    void (*resumed)(int step, void *data);                      /* a checkpoint was found: so many steps are done */
    void (*begun)(struct trainee *t, void *data);               /* before the first step; with it nothing is trained */
    void (*trained)(struct trainee *t, void *data);             /* the model after a run that went well */
    void (*look)(int step, const struct model *m, void *data);  /* before the first step (0) and after every one */
    int until;                                                  /* stop after this step; 0: do not */
    void *data;
    const char *checkpoint, *key; /* NULL: no checkpoints; else the file, and the run it belongs to */
    double minutes;               /* between checkpoints; 0: only when a signal comes */
    bool keep;                    /* the last checkpoint holds the trained model: written at the end, and kept */
};

/* Executes a resolved spec on a loaded base, from watch->checkpoint on when there is one: a run that was stopped and
 * goes on yields the same bits. Early phases are run again. Divergence is a result, not an error. When
 * stop_requested() becomes true, writes the checkpoint and dies with EXIT_INTERRUPTED. Free with run_free. */
void run_execute(struct run *r, const struct spec *s, const struct base *base, const struct dataset splits[SPLITS],
                 struct task_env *env, const struct run_hooks *watch);

#endif

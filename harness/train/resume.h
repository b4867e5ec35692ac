/* The checkpoint of a run: everything it holds between two steps of its last phase, sealed by a hash. */
#ifndef TRAIN_RESUME_H
#define TRAIN_RESUME_H

#include "train/run.h"

/* Where in the order of examples a run stands; it follows from its steps, and is stored as a check. */
struct place {
    int epoch, at;
};

struct resume {
    const char *path, *key; /* the file; the run it belongs to */
    struct model *model;
    struct tuning *tuning;
    struct run *run;                 /* run->steps steps are done */
    double *step_seconds;            /* per step */
    int steps, evals, probes, items; /* how many of each there is room for */
    int examples, batch;             /* of the training split; of a step, 0 where the task streams its own */
    struct place place;
    /* the method's memory as it was when the phase began: only what has changed since is put back, so that pointers,
     * which are another process's, stay */
    char *begun;
    size_t begun_bytes;
};

/* Behind the last size of a matrix is padding, which holds what happened to be there: zeros it in n bytes of a method's
 * memory. */
void resume_tidy(const struct model *m, char *bytes, size_t n);

/* Remembers the beginning of the phase; after tuning_begin_phase. */
void resume_open(struct resume *c);
void resume_close(struct resume *c);
/* Writes the checkpoint; the file appears complete or not at all. Dies with EXIT_RESOURCE. */
void resume_save(const struct resume *c);
/* Puts everything back and returns true. False when there is no checkpoint, or, which is said, when it is another run's
 * or damaged: then nothing has been touched. Dies with EXIT_CORRUPT on one that is sealed but cannot be of this
 * program: more entries than there is room for, other addresses, indices or matrix sizes than the phase began with. */
bool resume_load(struct resume *c);

#endif

/* The checkpoint of a run: everything it holds between two steps of its last phase, sealed by a hash.
 *
 * What changes between steps lies in arenas: parameters in `weights`; moments and what a method asks of tuning_buffer in
 * `moments`. So a checkpoint is those two arenas, the base tensors that have moved, and the curves so far. What a method
 * keeps elsewhere must be as the phase began, or follow from the tensors in `refresh`; law 13 checks that. */
#ifndef TRAIN_RESUME_H
#define TRAIN_RESUME_H

#include "train/examine.h"

/* Where in the order of examples a run stands; it follows from its steps, and is stored as a check. */
struct place {
    int epoch, at;
};

struct resume {
    const char *path, *key; /* the file; the run it belongs to */
    const struct trainee *trainee;
    struct run *run;      /* run->steps steps are done */
    double *step_seconds; /* per step */
    struct place place;
};

/* Writes the checkpoint; the file appears complete or not at all. Dies with EXIT_RESOURCE. */
void resume_save(const struct resume *c);
/* Puts everything back and returns true. False when there is no checkpoint, or, which is said, when it is another run's,
 * of another version, or damaged: then nothing has been touched. Dies with EXIT_CORRUPT on one that is sealed but cannot
 * be of this program: more entries than there is room for, other indices than the phase began with. */
bool resume_load(struct resume *c);

#endif

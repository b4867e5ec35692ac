/* What verbs share that make runs of an experiment again, look at them, and write what they saw into a list of their own. */
#ifndef CLI_AGAIN_H
#define CLI_AGAIN_H

#include "cli/verb.h"
#include "experiment/executor.h"
#include "experiment/plan.h"

struct again {
    const char *list;                                                 /* the file of the list, in the results folder */
    bool (*asked)(const struct plan_run *run);                        /* whether a run is looked at at all */
    bool (*same)(const struct plan_run *a, const struct plan_run *b); /* whether one of two is enough */
    bool (*has)(const void *data, const char *key);                   /* whether the list has what is asked of a run */
    void (*make)(struct session *s, struct identity *id, void *data); /* makes it again; what it saw is in the list */
    void (*read)(void *data, const char *path);
    void (*write)(const void *data, const char *path);
    void *data;
};
/* Of the verb's first argument, an experiment, the runs that the list lacks, seed after seed, so that what is stopped has
 * whole seeds; the list is written after each. Returns the exit code. */
int again_run(const struct words *w, const struct again *a);

#endif

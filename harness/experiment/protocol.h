/* A fair comparison of methods on one task, scaled to the time there is: which rates, seeds and steps, as an experiment file. */
#ifndef EXPERIMENT_PROTOCOL_H
#define EXPERIMENT_PROTOCOL_H

#include "experiment/session.h"

/* What is compared, and what stands fast. */
struct comparison {
    const char *id, *on; /* what the grid is called; "reviews.csv" */
    const struct method **method;
    int methods;
    char **
        setting; /* "key=value"; "key.method=value" for one method. Rates, seeds and steps among them are not ours to choose */
    int settings;
    int d;       /* width of the base, to which rates are carried over */
    int steps;   /* of a run, when there is time */
    bool second; /* the task has a second metric */
};

/* How much of it. */
struct protocol {
    int rates;      /* of each method, around the one that is carried over */
    int tune_seeds; /* on which each rate is tried on validation; 0: no search */
    int seeds;      /* that are reported, on test */
    double length;  /* of every run, as a share of the steps */
    double seconds; /* that it takes on an idle machine, with the rung that a search may add */
};

/* The value of key, or of task.key, among the settings; NULL when it is not given. */
const char *comparison_given(const struct comparison *c, const char *key);
/* The most that is done in so many seconds by `jobs` processes, else the least there is (p->seconds says). `path` is written
 * and removed on the way. Dies as the runs would. */
void protocol_fit(struct protocol *p, const struct comparison *c, struct session *s, double seconds, int jobs,
                  const char *path);
/* Writes the experiment; `note` is its first lines, each a comment. */
void protocol_write(const struct protocol *p, const struct comparison *c, const char *note, const char *path);

#endif

/* An experiment as Slurm jobs: array jobs of sweep --shard, one after another, and a last job that reports. */
#ifndef EXPERIMENT_SLURM_H
#define EXPERIMENT_SLURM_H

#include "experiment/plan.h"

enum { SLURM_TASKS = 1000 }; /* in one array: Slurm's MaxArraySize is 1001 unless the site says otherwise */

struct slurm {
    const char *results, *name; /* name: of all jobs, peftlab-EXPERIMENT */
    char **setting;             /* key=value words that were given after the experiment file */
    int settings;
    char **option; /* of sbatch, after ours */
    int options;
    int print;        /* the script goes to stdout and nothing is submitted */
    int separate;     /* every task has a results folder of its own; jobs between the stages merge them */
    int tasks;        /* of every array; 0: from the estimate */
    int bases_exist;  /* otherwise a first job makes them */
    const char *core; /* OPENBLAS_CORETYPE of all tasks; NULL: the environment's, or one that every node has */
};

/* Counts the runs of a plan that was just opened, writes the script that submits the jobs and, unless it is only to be
 * printed, runs it. Dies with EXIT_MISSING when there is no sbatch, with EXIT_RUNS when it refuses. */
void slurm_submit(const struct slurm *given, struct plan *p);
/* job.sh: the part of that script that is the same for every experiment. */
extern const char job_sh[];

#endif

/* Leaderboards played again: how often a protocol of few runs names the wrong method, where the answer after equal search is known.
 *
 * A protocol gives every method a list of equally likely scores on a task: those that its few runs could have had. LoRA's list
 * and a method's are independent, so that the probability of a wrong sign is a count over all pairs, and that of a wrong winner a
 * product over methods: nothing is simulated. */
#ifndef ANALYSIS_LEADERBOARD_H
#define ANALYSIS_LEADERBOARD_H

#include "analysis/groups.h"
#include "stats/bootstrap.h"

enum protocol {
    PROTOCOL_AS_THEY_COME, /* one seed at one rate that all share, each method at the size it comes with */
    PROTOCOL_ONE,          /* the same at one size */
    PROTOCOL_TWO,          /* the mean of two seeds */
    PROTOCOL_FOUR,
    PROTOCOL_OWN,       /* one seed at every rate; the best over all tasks, as the answer's is, is reported */
    PROTOCOL_OWN_FRESH, /* its rate is reported by a run of another seed */
    PROTOCOL_OWN_PAIRS, /* the best mean of two seeds chooses; two others report */
    PROTOCOL_SEARCH_1,  /* the answer's own search; one of its test runs */
    PROTOCOL_SEARCH_3,
    PROTOCOL_SEARCH_5,
    PROTOCOLS
};
extern const char *const protocol_names[PROTOCOLS];

/* Scores at common rates: of a method on a task, (rates, seeds); NaN where there is no run, 0 where it diverged. */
struct lone_scores {
    double *at,
        *own; /* at the answer's size, and at the size that the method comes with (the same where it has none) */
};
struct board {
    const char *task[TASKS_MOST];
    const char *method[SERIES_MOST]; /* labels; LoRA's is method[lora] */
    const struct group **answer;     /* (methods, tasks); NULL: it has none */
    struct lone_scores *lone;        /* (methods, tasks) */
    double weight
        [TASKS_MOST]; /* one over the distance from the head alone to full fine-tuning, as the answer's search has it */
    double rate[16];
    int seed[64];
    int tasks, methods, lora, rates, seeds;
};
/* From the groups of the answer and the rows of the grids `single` and `own`. lora is -1 where nothing can be compared. */
void board_make(struct board *b, const struct groups *answer, const struct setting *single, const struct setting *own);
void board_free(struct board *b);

/* Runs that a protocol spends on a method and a task. */
int protocol_runs(const struct board *b, enum protocol p);
/* The equally likely scores of a method on a task at common rate r (protocols with a rate of their own: any r), into *v for
 * free(); returns how many, 0 where runs are missing. */
int protocol_scores(const struct board *b, enum protocol p, int method, int task, int r, double **v);

/* The answer's sign of a method less LoRA on a task: 1, -1, or 0 where its 95 % interval holds 0, or for LoRA itself. */
int board_sign(const struct board *b, int method, int task);
/* Probability that the protocol has the other sign (ties count half), mean over common rates; r >= 0: at that rate. NaN
 * where the answer has no sign, or where any of these rates lacks runs: a protocol has those methods alone whose runs it needs are there. */
double board_wrong_sign(const struct board *b, enum protocol p, int method, int task, int r);
/* Probability that the protocol's best method at the budget on a task is one that the answer has surely below its own best. */
double board_wrong_winner(const struct board *b, enum protocol p, int task);
/* Means over methods, and over tasks, with their 95 % intervals; n counts them. */
struct interval board_signs(const struct board *b, enum protocol p, int *n);
struct interval board_winners(const struct board *b, enum protocol p, int *n);
/* Of p less q, paired by method. */
struct interval board_signs_less(const struct board *b, enum protocol p, enum protocol q, int *n);

#endif

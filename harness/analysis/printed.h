/* Parameter counts at published sizes, and what papers print about them. */
#ifndef ANALYSIS_PRINTED_H
#define ANALYSIS_PRINTED_H

#include "tune/budget.h"

/* Counts "lora rank=8" at a published size. Dies with EXIT_USAGE, beginning with `where`, when there is no such shape,
 * method or option. */
struct counts printed_count(const char *shape, const char *words, const char *where);

/* A number in print, such as "0.3M", against a count. */
enum agreement { PRINT_DIFFERS, PRINT_CUT, PRINT_ROUNDED }; /* cut: its digits are the count's first ones */
enum agreement print_agrees(const char *printed, double count);

/* One [printed NAME] of a file. */
struct print {
    char *count, *shape, *printed, *source, *note; /* printed, note: NULL when absent */
    int line;
};
/* One [score NAME]: scores in print, of a method on a base. */
struct printed_score {
    char *method, *base, *options, *suite, *protocol, *source, *note,
        *mean;    /* suite: what the tasks are; mean: where no more is read */
    char **score; /* one per task, as printed */
    int scores, line;
};
struct prints {
    char *path;
    struct print *print;
    struct printed_score *scored;
    int n, scored_n;
};
/* The mean of its scores, or the one in print. */
double printed_mean(const struct printed_score *s);
/* Dies with EXIT_USAGE naming file and line: an unknown section or key, count, shape or source missing, a number that
 * is none; of a score its method, base, suite, protocol or source, or both scores and a mean. */
void prints_read(struct prints *p, const char *path);
void prints_free(struct prints *p);

#endif

/* Files of labelled text, as tables or JSON lines: columns by name or index, bad rows reported and counted, texts turned into
 * tokens. */
#ifndef DATA_LABELLED_H
#define DATA_LABELLED_H

#include "core/csv_sniff.h"
#include "core/die.h"
#include "data/task.h"

struct labelled_file {
    const char *path;
    enum csv_format format;
    bool header;                     /* the first row names the columns */
    const char *text, *pair, *label; /* names, or indexes from 0; pair may be NULL or empty */
    bool quiet;                      /* another reading of the file names bad rows and says how many were left out */
};

/* A row whose number of fields is not that of the first row, or that is cut, is bad; so is an empty line that is not at the
 * end. Bad rows are named by warn(). Reading dies with EXIT_DATA when more than 0.1 % of the rows and more than three are bad, a
 * column is missing, or the file is not a table. */

/* The different labels of a file in order: by value when all are integers, else by bytes. Labels are the same whatever
 * their case; of integers 1, 1.0 and +1 are one. Rows without a label name none: it is empty or "-", NA, NaN, null or None where all
 * the others are numbers, or -1 where all the others are integers from 0 on, at least two. In a file that semicolons separate 1,5 is 1.5. */
void labelled_classes(const struct labelled_file *t, struct class_names *labels);

/* How the rows of a file become examples of one split. */
struct labelled_split {
    const char *name;                 /* "training", for the report */
    const struct class_names *labels; /* NULL: the label is a score */
    double min, max;                  /* bounds of a score */
    int max_len;                      /* tokens; env->max_len bounds it as well */
    int parts, first, last;           /* keeps the rows whose hash % parts is in first..last */
};
/* Appends the split's rows to `out` and a clause on them to env->report: rows, label histogram, bad rows, fields that
 * were not UTF-8. Dies with EXIT_USAGE without a tokenizer, with EXIT_DATA when no row is left. */
void labelled_load(const struct labelled_file *t, const struct labelled_split *s, struct task_env *env,
                   struct dataset *out);

#endif

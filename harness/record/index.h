/* results/index: the facts of each run that status and tables ask for, rebuilt from the run files, so that 100,000 runs
 * are looked over in seconds. Facts count only while their file has the size and time that it had, which is enough:
 * a record is written once, sealed, and named by its key, so that whatever replaces it is the same run; a byte that
 * changes in place is what `peftlab verify` and every reader of the whole file look for. The index carries a hash. */
#ifndef RECORD_INDEX_H
#define RECORD_INDEX_H

#include "record/record.h"

struct index {
    struct facts *entry; /* by file name, which is by key */
    int n;
    struct facts looked;  /* index_look's answer when the index does not have it */
    int read;             /* how many files had to be read because they were new or had changed */
    struct facts *listed; /* of index_list, by key; they count where there is no file */
    int nlisted;
};

/* Looks at every run file of the folder; writes the index back when it has changed (a folder that cannot be written to
 * is no error). Damaged files have facts that say so. */
void index_open(struct index *x, const char *results);
void index_close(struct index *x);
/* Takes the rows of a runs.csv at their word, so that an experiment goes on where its records are not. Dies with
 * EXIT_DATA, naming the line, where runs_list_read does, and when a run that went well has no score. */
void index_list(struct index *x, const char *path);
/* NULL when no whole run has this key. Looks at the one file, which a worker may just have written; valid until the
 * next call. */
const struct facts *index_look(struct index *x, const char *results, const char *key);

#endif

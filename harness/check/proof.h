/* Everything that can be proved of a method in one precision, and the same from the program's twin in the other. */
#ifndef CHECK_PROOF_H
#define CHECK_PROOF_H

#include "check/lawbook.h"
#include "tune/method.h"

struct proof {
    struct laws laws;           /* the worst over all variants */
    int tried, refused, broken; /* variants */
    int golden, disagree;       /* golden files of this method in tests/golden; tensors that differ there */
};

/* All variants and all golden files, or with `opts` these options alone. A line per variant goes to `listing` unless
 * that is NULL; tensors that disagree with a golden file are named on standard error. */
void proof_make(struct proof *p, const struct method *m, const void *opts, const struct adapter *common, FILE *listing);
/* One record per line, separated by tabs, for proof_ask_twin. */
void proof_write(const struct proof *p, FILE *to);
/* The program of the other precision, beside this one or in the build's folder: its path, or false. */
bool proof_find_twin(char *path, size_t size);
/* Runs `path check words... --one` and reads its proof. Returns false when it ends without one: it has crashed then, and
 * its own standard error says where. */
bool proof_ask_twin(struct proof *p, const char *path, int n, char *const *words);

#endif

/* What a planted task needs to build its teacher: which weights it changes, and random orthonormal directions. */
#ifndef DATA_TEACHER_H
#define DATA_TEACHER_H

#include "core/rng.h"
#include "data/task.h"

/* Moves the q and v sites of the layers in `list` ("1,2", "all") to the front of sites and returns their number.
 * Dies with EXIT_USAGE when the list is malformed or names no layer of the model. */
int teacher_sites(const char *list, struct teacher_site *sites, int n);

/* k orthonormal rows of length n, (k, n), uniform in direction: Gaussians after Gram-Schmidt. Free with free().
 * Dies with EXIT_USAGE when k > n. */
double *teacher_basis(struct rng *r, int k, int n);

#endif

/* Records without training: every run of an experiment written with made-up results, so that the report has something
 * to read. */
#ifndef TESTS_FAKE_H
#define TESTS_FAKE_H

#include "report/plan.h"

/* The test score of a run; NaN makes it diverge. Validation scores are a hundredth lower. */
typedef double fake_score(const struct spec *s);
/* A plausible score: rises with parameters, has an optimal rate that depends on the method, varies with the seed, and
 * collapses to 1/3 at rates far above the optimum. */
fake_score fake_plausible;

/* Writes the records of all runs of the experiment (search, extension and report) into <results>/runs. The grids must
 * use base = random or tiny-random, which needs no pretraining. */
void fake_results(const char *results, const char *ini, fake_score *score);

#endif

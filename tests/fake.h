/* Records without training: every run of an experiment written with made-up results, so that the report has something
 * to read. */
#ifndef TESTS_FAKE_H
#define TESTS_FAKE_H

#include "core/die.h"
#include "experiment/plan.h"

/* The test score of a run; NaN makes it diverge. Validation scores are a hundredth lower. */
typedef double fake_score(const struct spec *s);
/* How many times as many operations and milliseconds as usual a step of a run takes; NULL: as usual. */
extern double (*fake_price)(const struct spec *s);
/* A plausible score: rises with parameters, has an optimal rate that depends on the method, varies with the seed, and
 * collapses to 1/3 at rates far above the optimum. */
fake_score fake_plausible;

/* Writes the records of all runs of the experiment (search, extension and report) into <results>/runs. The grids must
 * use base = random or tiny-random, which needs no pretraining. */
void fake_results(const char *results, const char *ini, fake_score *score);

/* Reports the experiment into <results>, saying nothing; returns what the report would exit with. */
enum exit_code fake_report(const char *results, const char *ini);
/* The same with the runs of a runs.csv counted as made. */
enum exit_code fake_report_list(const char *results, const char *ini, const char *list);

/* Makes a runs.csv one of a time when it knew neither costs nor weights: those columns get names that nobody reads. */
void fake_age_list(const char *list);

/* A small experiment: LoRA, full fine-tuning and LoRA with alpha x 16 on cola, seeds 0 to 4; and its scores by hand:
 * LoRA 0.80 to 0.84; full 0.03 better but for a tie at seed 4; alpha x 16 0.7, diverged at seed 3, collapsed (0.33)
 * at 4. */
extern const char *const fake_experiment;
fake_score fake_by_hand;

#endif

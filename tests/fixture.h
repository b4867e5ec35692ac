/* What tests share: a tiny model under a method whose options are written as on the command line, and comparisons. */
#ifndef TESTS_FIXTURE_H
#define TESTS_FIXTURE_H

#include "check/tiny.h"

#include "tests/near.h"

struct fixture {
    struct tiny tiny; /* tiny_begin, tiny_step, tiny_logits ... work on it */
    void *opts;
};

/* fixture_open(&f, "lora_plus", "rank=4 alpha=8 ratio=1"): rank 3 and alpha 5 unless said otherwise. The first phase is
 * begun. Fails the test when an option is refused. */
void fixture_open(struct fixture *f, const char *method, const char *options);
/* The same with a run's seed of one's own (1 otherwise). */
void fixture_open_seed(struct fixture *f, const char *method, const char *options, uint64_t seed);
void fixture_close(struct fixture *f);
/* n optimizer steps. */
void fixture_train(struct fixture *f, int n);
/* The tensor of this name; fails the test when there is none. */
struct param *fixture_param(struct fixture *f, const char *name);
/* The tensor `suffix` of site i ("lora_A.weight"). */
struct param *fixture_site_param(struct fixture *f, int i, const char *suffix);
/* Fails the test unless the effective weights and biases of all layers agree to `tolerance`, relative to the largest;
 * 0 wants them bit for bit. */
void fixture_same_weights(struct fixture *a, struct fixture *b, double tolerance);
double fixture_weight_distance(struct fixture *a, struct fixture *b);
/* change (out, in) := `factor` times what the method adds to the weight of site i: effective less pretrained. */
void fixture_change(struct fixture *f, int i, double factor, struct mat change);
/* Parses "key=value key=value" into the tables' fields; dies as option_set does. */
void fixture_options(const char *text, struct adapter *common, const struct method *m, void *opts);

#endif

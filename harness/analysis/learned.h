/* What runs have learned by heart of random labels, in bits: of no other labels can one say how many there were to learn. */
#ifndef ANALYSIS_LEARNED_H
#define ANALYSIS_LEARNED_H

#include "analysis/along.h"

/* The labels of N examples in C classes hold N log2 C bits; a run has learned N (log2 C - its training loss in bits), the
 * loss being the mean over its last pass. */
struct learned {
    double held, bits;
    double each; /* bits per trained parameter, those of the head included */
};
/* The run of a line, place and seed that learned most, over rates and tasks; bits is NaN where none has a record. */
struct learned learned_most(const struct along *a, int series, int x, int seed);

#endif

/* The learning rate that a method's search begins with on a base that nobody has tried. */
#ifndef EXPERIMENT_RATES_H
#define EXPERIMENT_RATES_H

#include "tune/method.h"

/* The place on the ladder of half decades (0: 1, -1: 3e-1, -2: 1e-1, ...) of what was found on a narrow base
 * (experiments/rates.csv; a method that is not there has LoRA's), carried over to width d: where dense weights train, Adam
 * wants steps that shrink as 1 / d (Yang et al. 2022, arXiv 2203.03466); for a pair of factors at one rate as 1 / sqrt(d)
 * (Hayou et al. 2024, arXiv 2402.12354). The nearest rung, since the search looks around it. */
int rates_rung(const struct method *m, int d);
/* The same for a head of its own beside any method, carried over as a dense weight's. */
int rates_head_rung(int d);
/* A rung as text: "3e-1", "1e0". */
void rates_text(int rung, char text[16]);

#endif

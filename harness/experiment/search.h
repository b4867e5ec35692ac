/* The search of learning rates, on validation alone: its runs, what it chooses, and the runs that are reported.
 *
 * With choose=each the rate is the best of its task, by the mean validation metric over the tuning seeds.
 *
 * With choose=common it is one rate for the cells that differ in their task alone. Scores are put on a scale on which the
 * head alone (the best rate of the experiment's head) is 0 and full fine-tuning 1; of the rates with the fewest failed runs
 * the lowest is taken whose mean over tasks and seeds is within one standard error of the best. Where full fine-tuning is
 * not above the head on some task there is no such scale, and each task chooses for itself.
 *
 * A failed run is less than a quarter of the way from head to full where the experiment has both; elsewhere it is one that
 * collapsed or diverged. */
#ifndef EXPERIMENT_SEARCH_H
#define EXPERIMENT_SEARCH_H

#include "experiment/plan.h"

/* Adds the search runs of every searched cell: each rate of its window with each tuning seed. */
void search_window(struct plan *p);
/* Chooses rates from the runs that exist; a complete cell whose best rate is at an edge of its window and whose ladder goes
 * on gets one more rate, and its runs are added. Returns how many were added. */
int search_extend(struct plan *p);
/* Chooses, then adds the reported runs of all complete cells. Returns how many cells are incomplete. */
int search_report(struct plan *p);
/* All three, for who makes none of the runs: what is known by now. Returns how many cells are incomplete. */
int search_all(struct plan *p);
/* The place of the best mean among a complete cell's rates; of equal ones that of the smaller rate. */
int search_best(const struct choice *o, int rates);

#endif

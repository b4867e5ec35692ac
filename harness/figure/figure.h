/* The kinds of [figure NAME] that an experiment may ask for.
 *
 *     f1   direction against magnitude: dM over dD per weight matrix, checkpoint and method   (keys: methods, task)
 *     signs  figure 1's correlations under every condition of the experiment, against the paper's
 *     f2   AdaLoRA's ranks per site at the end and over time                                   (task)
 *     f3   scores over rates of A and B, over their ratio, and over steps                      (task)
 *     f4   score against trainable parameters
 *     f5   score against parameters, bytes, time and forgetting, with the probability of being on the front
 *     f6   learning-rate sensitivity: validation score over the searched rates
 *     f7   LoRA-drop's importance per site with the cut, beside its controls                   (task)
 *     f8   forgetting: rise of the pretraining loss against the score
 *     f9   spectrum of the weight change per method                                            (task)
 *     f10  planted truth: recovered share against rank
 *     f11  Delta-LoRA: size and rank of the change, and the alpha control                      (task)
 *     f12  interval plot of all methods; probability of improvement; profile; one-seed roulette
 *
 * Keys of all: `grids`, as for tables. A kind that shows one task is drawn for every task unless `task` names some. */
#ifndef FIGURE_FIGURE_H
#define FIGURE_FIGURE_H

#include "analysis/interval.h"
#include "analysis/series.h"
#include "analysis/words.h"
#include "figure/plot.h"

struct drawing {
    char *name, *title, *caption; /* files are <folder>/<id>-<name>.{svg,png,dat} */
};
struct gallery {
    const char *folder, *id;
    struct drawing *drawing;
    int n;
};
/* Draws p, which must have its data, and keeps it. The title says what is seen, the caption n and kind of interval:
 * texts of mem_text, which the gallery frees. */
void gallery_add(struct gallery *g, struct plot *p, char *title, char *caption);
void gallery_free(struct gallery *g);

/* Draws the figure or figures of a display. False: nothing was drawn, and `why` (one line) says what is absent. */
typedef bool figure_kind(struct gallery *to, const struct groups *g, const struct display *d, char *why, size_t size);
figure_kind figure_direction, figure_signs, figure_ranks, figure_ratio, figure_parameters, figure_pareto, figure_rates,
    figure_importance, figure_forgetting, figure_spectrum, figure_planted, figure_delta, figure_intervals;
/* Dies with EXIT_USAGE naming all kinds when there is none such. */
figure_kind *figure_find(const char *kind);

/* "NAME" or "NAME-task" when more than one task is shown; for file names, so nothing but letters, digits, - and _. */
char *figure_name(const struct display *d, const char *task, int tasks);
/* A colour between dark blue and yellow for layer i of n (viridis). */
int sequence_color(int i, int n);

#endif

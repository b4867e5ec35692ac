/* The kinds of [table NAME] that an experiment may ask for.
 *
 *     score     per task, budget and method: mean, interval, paired difference to LoRA, verdict, collapses, parameters
 *     seeds     the score of every seed
 *     cost      what a step costs, measured; apart from scores because times differ from run to run
 *     ledger    one result set under five handicaps: equal parameters, tuning, FLOPs, time and memory
 *     rates     the search: every rate's validation score, the chosen one, edges and collapses
 *     suite     over tasks: normalised scores, probability of improvement over LoRA, mean rank, one-seed roulette
 *     planted   share of a planted weight change that was recovered, and where
 *     variance  how much of the variance data, initialisation and order seeds each explain (grids over task.task_seed,
 *               init_seed and order_seed)
 *     coupling  figure 1 in numbers: r and slope of dM on dD per method, task, matrix, axis and step
 *     signs     r of dM with dD under every condition of the experiment, looked at in every way, against the paper's
 *     spectrum  figure 9 in numbers: rank90 of the weight change and intruder dimensions
 *     claims    claims.ini against the runs (key `file`; analysis/claims.h)
 *     counts    parameter counts at published sizes against what papers print (key `file`: published.ini)
 *
 * Keys of all: `grids` names the grids that are read (all, unless given); `reference` the label that others are
 * compared with (LoRA as it comes); `metric` = test (default), best (test at the best validation), second or valid. */
#ifndef TABLE_TABLE_H
#define TABLE_TABLE_H

#include "analysis/interval.h"
#include "analysis/words.h"
#include "table/sheet.h"

/* Fills s (sheet_open'ed). False: nothing to show, and `why` (one line) says what is absent. */
typedef bool table_kind(struct sheet *s, const struct groups *g, const struct display *d, char *why, size_t size);
table_kind table_score, table_seeds, table_cost, table_rates, table_suite, table_planted, table_variance,
    table_coupling, table_signs, table_claims, table_counts, table_spectrum, table_ledger;

/* The kind's function; dies with EXIT_USAGE naming all kinds when there is none such. */
table_kind *table_find(const char *kind);
result_value *display_metric(const struct display *d);
/* The display's key `file`, else the file of that name beside the experiment; the caller frees. */
char *display_file(const struct groups *g, const struct display *d, const char *name);
/* All words of a setting joined by blanks, "" when absent; the caller frees. */
char *display_words(const struct display *d, const char *key);

/* Four columns for an estimate and its interval, one text for readers and two numbers for programs. Returns the first.
 */
int interval_columns(struct sheet *s, const char *title, const char *name);
void put_interval(struct sheet *s, int first, struct interval v, int decimals, bool sign);
#endif

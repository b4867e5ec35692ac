/* Claims as data: what someone said, which numbers decide it, and the rule, written down before the runs.
 *
 *     [claim NAME]
 *     claim = LoRA+ (ratio 16) gains about 2 %      what is said, and by whom:
 *     whose = the article; Hayou et al. 2024
 *     experiment = main full                        the experiments whose runs decide, each by itself (their files'
 *                                                   names)
 *     grids = methods references                    of which these grids are read, where there are any of that name
 *                                                   (default: all)
 *     kind = difference                             see below
 *     a = LoRA+                                     labels as tables print them
 *     b = LoRA
 *     to = Full fine-tuning                         (r and slope: which of a and b is closer to this; default: none)
 *     tasks = cola mnli                             (default: every task that both have)
 *     budget = 4608                                 (default: any; groups without a budget always fit)
 *     budget_b = 4608                               (that of b, where it is another one)
 *     own = vera_small_loss                         (the claim that tests the same at the sizes of its authors: it stands
 *                                                   in this one's row)
 *     over = these                                  (difference: the mean over these tasks decides; `like`: the mean over
 *                                                   tasks like these, of which these are a sample)
 *     n = 5                                         with fewer seeds (r, slope, later_rank: runs per task) it stays
 *                                                   undecided (default: 3, the least that has an interval)
 *     above = 0.01                                  the claim in numbers: the value is above / below this
 *
 * Kinds and their value:
 *     difference   mean over tasks of score(a) - score(b), unpaired
 *     r, slope     of dM on dD (the direction figure) for a; with b: a's less b's; with `to` as well: how far a's is from to's less
 *                  how far b's is. Mean over tasks and over the matrices that all of them change, each apart;
 *                  `matrix` = q takes one
 *     steps        steps of b / steps until a reaches b's final mean score, paired by seed; 0 where it never does
 *     later_rank   mean rank in the later half of the layers less that in the earlier half, for a
 *     table        the row `a` of the table `table` of the experiment's report, and there the interval of `column`, by the
 *                  names that the CSV has (its column "name" says which row); the table's caption says what it is of
 *     parameters   trained parameters of a / those of b, exact, at the published sizes `shape`; a and b are then a
 *                  method and its options: a = vera rank=1024
 *
 * Rules: `above = X` is confirmed when the 95 % interval lies above X,
 * refuted when it lies below; `below = X` the other way round; `within = X` is confirmed when the interval lies inside
 * -X..X, refuted when it lies outside; parameters: `between = LOW HIGH`. Anything else is undecided. A margin M of
 * non-inferiority is `above = -M`.
 *
 *     [tasks]
 *     cola = d1e9...                                hash of the task's data (runs.csv, data_hash) that the claims are
 * about; on other data they stay undecided (kind = table: the experiment's file says which data) */
#ifndef ANALYSIS_CLAIMS_H
#define ANALYSIS_CLAIMS_H

#include <stdbool.h>

enum claim_kind {
    CLAIM_DIFFERENCE,
    CLAIM_R,
    CLAIM_SLOPE,
    CLAIM_STEPS,
    CLAIM_LATER_RANK,
    CLAIM_PARAMETERS,
    CLAIM_TABLE,
    CLAIM_KINDS
};
enum claim_rule { RULE_ABOVE, RULE_BELOW, RULE_WITHIN, RULE_BETWEEN, RULES };
enum claim_verdict { VERDICT_UNDECIDED, VERDICT_CONFIRMED, VERDICT_REFUTED };
extern const char *const claim_rule_names[RULES], *const claim_verdict_names[3];

struct claim {
    char *name, *claim, *whose, *a, *b, *to, *matrix, *shape, *own, *table, *column;
    char **experiment, **grid, **task;
    int experiments, grids, tasks, budget, budget_b, least; /* least: key `n` */
    bool like;                                              /* over = like */
    enum claim_kind kind;
    enum claim_rule rule;
    double limit, high; /* high: of RULE_BETWEEN */
    int line;
};
struct claim_task {
    char *name, *hash;
};
struct claims {
    char *path;
    struct claim *claim;
    struct claim_task *task;
    int n, tasks;
};

/* Dies with EXIT_USAGE naming file and line: an unknown key or kind, a claim without kind, a or rule, with two
 * rules, or with `to` where nothing is compared by it. */
void claims_read(struct claims *c, const char *path);
void claims_free(struct claims *c);
/* Whether the table of the experiment `id` has the claim: it is named, or parameters alone decide and none is. */
bool claim_of(const struct claim *c, const char *id);
/* By name, NULL when there is none; whether another claim has it in its row. */
const struct claim *claims_find(const struct claims *c, const char *name);
bool claims_owned(const struct claims *c, const struct claim *one);
/* Whether `hash` is the data of the task `name`; true for tasks that [tasks] does not name. */
bool claims_know(const struct claims *c, const char *name, const char *hash);
/* What a rule says of an interval; NaN bounds are undecided. */
enum claim_verdict claim_decide(const struct claim *c, double low, double high);

#endif

/* The facts of a run: one list of every number and word that is stored in its record, kept in the index, written to
 * runs.csv, compared, shown, explained in docs/schema.md and printed in tables. A new fact is one entry of the list. */
#ifndef RECORD_FACTS_H
#define RECORD_FACTS_H

#include "core/hash.h"
#include "record/weight_facts.h"
#include "train/run.h"

#include <stdint.h>

/* A run as it is stored. `run` holds what the file holds. */
struct record {
    char key[HASH_HEX];
    char *config; /* canonical "key=value\n" lines */
    char created[32], commit[48], core[32], compiler[64], number_type[16], data_hash[HASH_HEX], base_hash[HASH_HEX];
    char method_source[HASH_HEX], task_source[HASH_HEX]; /* of their code */
    int dirty, abi;
    struct run run;
};

/* What a fact is for, beside standing in the record or the index. */
enum fact_use {
    IN_LIST = 1,     /* a column of runs.csv */
    REPEATS = 2,     /* the same bits whenever the run is made again on an equal machine: compared */
    OF_SUCCESS = 4,  /* counts only where a run neither diverged nor failed */
    AT_MOST_ONE = 8, /* a score */
    A_HASH = 16      /* a SHA-256 */
};

/* TEXT(field, room, source, use, meaning) and NUMBER(field, source, use, unit, meaning) of `struct facts`, in the order
 * of runs.csv; the field's name is that of the column. A source is
 *   IN(object, member of struct record)                  an attribute, called as the field, of an object of the file,
 *   IN_AS(object, attribute, member of struct record)    the same under another name, or
 *   BY(expression)                                       worked out from `rec`, its run `r`, a buffer `word` and the
 *                                                        facts `f` above. */
// clang-format off
#define FACTS(TEXT, NUMBER, IN, IN_AS, BY) \
    TEXT(key, HASH_HEX, IN("/", key), IN_LIST | A_HASH, "names the run: see below") \
    TEXT(method, 24, BY(spec_get(rec->config, "method", word)), IN_LIST, "name of the method") \
    TEXT(task, 24, BY(spec_get(rec->config, "task", word)), IN_LIST, "name of the task") \
    NUMBER(seed, BY(spec_number(rec->config, "seed")), IN_LIST, "", "seed of initialisation, order and dropout") \
    NUMBER(lr, BY(spec_number(rec->config, "lr")), IN_LIST, "", "peak learning rate") \
    NUMBER(budget, BY(spec_number(rec->config, "budget")), IN_LIST, "parameters", "the budget; 0: the rank decided") \
    NUMBER(rank, BY(spec_number(rec->config, "rank")), IN_LIST, "", "rank, after the budget is solved") \
    TEXT(status, 12, IN("/", run.status), IN_LIST | REPEATS, "ok, diverged or failed") \
    NUMBER(collapsed, IN("/", run.collapsed), IN_LIST | REPEATS, "", "1: no better than the most frequent class") \
    NUMBER(steps, BY(r->steps), IN_LIST | REPEATS, "steps", "optimizer steps completed") \
    NUMBER(test_metric, BY(last_score(r, true).metric), IN_LIST | REPEATS | OF_SUCCESS | AT_MOST_ONE, "", \
           "test score after the last step") \
    NUMBER(test_second, BY(last_score(r, true).second), IN_LIST | REPEATS | OF_SUCCESS | AT_MOST_ONE, "", \
           "the task's second metric there") \
    NUMBER(test_loss, BY(last_score(r, true).loss), IN_LIST | REPEATS | OF_SUCCESS, "nats", "test loss there") \
    NUMBER(valid_metric, BY(last_score(r, false).metric), IN_LIST | REPEATS | OF_SUCCESS | AT_MOST_ONE, "", \
           "validation score after the last step") \
    NUMBER(test_at_best_valid, BY(test_at_best_valid(r)), IN_LIST | REPEATS | OF_SUCCESS | AT_MOST_ONE, "", \
           "test score at the evaluation with the best validation score") \
    NUMBER(forgetting, BY(r->forgetting_after - r->forgetting_before), IN_LIST | REPEATS | OF_SUCCESS, "nats", \
           "rise of the held-out pretraining loss") \
    NUMBER(parameters_trained, IN("/cost", run.cost.adapter.trained), IN_LIST | REPEATS, "parameters", \
           "trained at the peak, without the head") \
    NUMBER(parameters_active, IN("/cost", run.cost.adapter.active), IN_LIST | REPEATS, "parameters", \
           "in use at the end, without the head") \
    NUMBER(parameters_stored, IN("/cost", run.cost.adapter.stored), IN_LIST | REPEATS, "parameters", \
           "to be stored for use, without the head") \
    NUMBER(parameters_head, IN("/cost", run.cost.head), IN_LIST | REPEATS, "parameters", "of the task's head") \
    TEXT(curve_hash, HASH_HEX, IN("/check", run.check.curve_hash), IN_LIST | REPEATS | A_HASH, \
         "of the loss of every step") \
    TEXT(weights_hash, HASH_HEX, IN("/check", run.check.weights_hash), IN_LIST | REPEATS | A_HASH, \
         "of the trained weights") \
    TEXT(core, 32, IN_AS("/provenance", "blas_core", core), IN_LIST, "BLAS kernels that it was computed with") \
    TEXT(compiler, 64, IN("/provenance", compiler), IN_LIST, "compiler of the program") \
    TEXT(commit, 52, BY(commit_word(rec, word)), IN_LIST, "commit of the program; +: its files had been changed") \
    TEXT(base_hash, HASH_HEX, IN("/provenance", base_hash), IN_LIST | A_HASH, "of the base's weights") \
    TEXT(data_hash, HASH_HEX, IN("/provenance", data_hash), IN_LIST | A_HASH, \
         "of the token ids, segments and labels of all splits") \
    NUMBER(bytes_weights, IN("/cost", run.cost.arena_peak[0]), IN_LIST | REPEATS, "bytes", \
           "peak of weights beyond the base") \
    NUMBER(bytes_grads, IN("/cost", run.cost.arena_peak[1]), IN_LIST | REPEATS, "bytes", "of gradients") \
    NUMBER(bytes_moments, IN("/cost", run.cost.arena_peak[2]), IN_LIST | REPEATS, "bytes", \
           "of the optimizer's moments") \
    NUMBER(bytes_activations, IN("/cost", run.cost.arena_peak[3]), IN_LIST | REPEATS, "bytes", \
           "of stored activations") \
    NUMBER(bytes_scratch, IN("/cost", run.cost.arena_peak[4]), IN_LIST | REPEATS, "bytes", "of scratch") \
    NUMBER(peak_bytes, BY(all_peaks(r)), IN_LIST | REPEATS, "bytes", "sum of the five peaks: memory beyond the base") \
    NUMBER(flops_per_step, IN("/cost", run.cost.flops_per_step), IN_LIST | REPEATS, "FLOP", \
           "of the matrix products of a step") \
    NUMBER(step_ms, IN_AS("/cost", "step_ms_median", run.cost.step_ms), IN_LIST, "ms", \
           "median processor time of a step") \
    NUMBER(change_norm, BY(change_norm(r)), IN_LIST | REPEATS, "", \
           "Frobenius norm of the changes of q and v, or of all adapted sites, from up to 64 singular values each") \
    NUMBER(change_rank, BY(change_rank(r)), IN_LIST | REPEATS, "", \
           "mean numerical rank of the changed sites at the last probe") \
    NUMBER(later_rank, BY(later_rank(r)), IN_LIST | REPEATS, "", \
           "mean rank in the later half of the layers less that in the earlier half, there") \
    NUMBER(planted_share, BY(planted_share(r)), IN_LIST | REPEATS, "", \
           "share of the direction change of q and v that lies in sites which the teacher changed") \
    NUMBER(evals, BY(r->evals), 0, "", "evaluations") \
    NUMBER(items, BY(r->items), 0, "", "examples of the final test") \
    NUMBER(seconds_train, IN("/cost", run.cost.train), 0, "s", "wall clock of training") \
    NUMBER(seconds, BY(all_seconds(r)), 0, "s", "of set-up, training, evaluation, probes and data") \
    TEXT(cell, HASH_HEX, BY(config_hash(rec->config, true, word)), A_HASH, \
         "of the configuration without seed, rate and stage: what a cell and its seeds share") \
    TEXT(config, HASH_HEX, BY(config_hash(rec->config, false, word)), A_HASH, "of the configuration")

/* STORED(object, attribute, member of struct record, use, unit, meaning): in the record alone. */
#define RECORD_ONLY(STORED) \
    STORED("/", "message", run.message, REPEATS, "", "why it diverged or failed") \
    STORED("/", "created", created, 0, "", "when it was made, UTC") \
    STORED("/", "commit", commit, 0, "", "commit of the program") \
    STORED("/", "dirty", dirty, 0, "", "1: the program's files had been changed since") \
    STORED("/provenance", "number_type", number_type, 0, "", "float or double") \
    STORED("/provenance", "abi", abi, 0, "", "PEFTLAB_ABI") \
    STORED("/provenance", "method_source", method_source, 0, "", "SHA-256 of the method's code") \
    STORED("/provenance", "task_source", task_source, 0, "", "SHA-256 of the task's code") \
    STORED("/eval", "forgetting_before", run.forgetting_before, REPEATS, "nats", "held-out pretraining loss of the base") \
    STORED("/eval", "forgetting_after", run.forgetting_after, REPEATS, "nats", "the same after the last step") \
    STORED("/eval", "fvu0", run.fvu0, REPEATS, "", "planted tasks: test loss of the untouched base") \
    STORED("/cost", "bytes_base", run.cost.base_bytes, 0, "bytes", "the base, shared by all runs of a machine") \
    STORED("/cost", "seconds_setup", run.cost.setup, 0, "s", "set-up") \
    STORED("/cost", "seconds_evaluate", run.cost.evaluate, 0, "s", "evaluation") \
    STORED("/cost", "seconds_probe", run.cost.probe, 0, "s", "probes") \
    STORED("/cost", "seconds_data", run.cost.data, 0, "s", "making the data") \
    STORED("/check", "start_difference", run.check.start_difference, REPEATS, "", \
           "relative difference to the base before step 1") \
    STORED("/check", "merge_difference", run.check.merge_difference, REPEATS, "", \
           "relative difference of logits, merged against unmerged") \
    STORED("/check", "frozen_unchanged", run.check.frozen_unchanged, REPEATS, "", "1: no frozen tensor moved a bit") \
    STORED("/check", "count_matches_formula", run.check.count_matches, REPEATS, "", "-1: the method states none")
// clang-format on

#define FACT_TEXT(field, room, ...) char field[room];
#define FACT_NUMBER(field, ...)     double field; /* NaN where a run did not measure it, or a list does not say it */
#define FACT_NO_SOURCE(...)
struct facts {
    char file[16]; /* "<key12>.h5", as the folder has it */
    int64_t size, mtime_ns;
    int32_t damaged, listed; /* listed: from a runs.csv, there is no file */
    FACTS(FACT_TEXT, FACT_NUMBER, FACT_NO_SOURCE, FACT_NO_SOURCE, FACT_NO_SOURCE)
};
#undef FACT_TEXT
#undef FACT_NUMBER

#define FACT_ID(field, ...) FACT_##field,
enum fact_id { FACTS(FACT_ID, FACT_ID, FACT_NO_SOURCE, FACT_NO_SOURCE, FACT_NO_SOURCE) FACTS_SIZE };
#undef FACT_ID
#undef FACT_NO_SOURCE

/* What a member of struct record is. */
enum fact_kind { KIND_NONE, KIND_DOUBLE, KIND_INT, KIND_LONG, KIND_BOOL, KIND_TEXT, KIND_STATUS };

/* An entry of the list. */
struct fact {
    const char *name, *unit, *meaning;
    size_t room;                    /* of a text in struct facts; 0: a number */
    size_t at;                      /* in struct facts */
    const char *object, *attribute; /* in the file; NULL: not stored */
    enum fact_kind kind;            /* of the member of struct record */
    unsigned use;                   /* of enum fact_use */
    size_t member, member_room;
};

/* The facts, by enum fact_id, and behind them what only records hold. */
extern const struct fact fact_list[];
extern const int fact_list_size;

/* Works all facts of a record out; file, size and so on stay. */
void facts_of(struct facts *f, const struct record *rec);
/* Nothing known: NaN and "-". */
void facts_clear(struct facts *f);
/* A run that neither diverged nor failed and was evaluated. */
bool facts_success(const struct facts *f);
double facts_number(const struct facts *f, enum fact_id id);
/* The first fact behind `after` (-1: of all) with this use in which two runs differ, NaN (not measured, not in the list)
 * and "-" equal to all; -1 when there is none. */
int facts_differ(const struct facts *a, const struct facts *b, int after);
/* The value of an entry of the list as text, up to OPTION_TEXT: from `f` what is in struct facts, else from `rec`. */
const char *fact_text(const struct fact *t, const struct facts *f, const struct record *rec, char *text);
/* "<key12>.h5", into file. */
void facts_name(struct facts *f);

/* The SHA-256 of a configuration's lines; with `cell` without those of seed, rate and stage. Returns hex. */
char *config_hash(const char *config, bool cell, char hex[HASH_HEX]);

#endif

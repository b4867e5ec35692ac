/* What a run yields: curves, evaluations, probes, costs and the checks that it makes on itself. */
#ifndef TRAIN_RESULT_H
#define TRAIN_RESULT_H

#include "train/spec.h"
#include "tune/budget.h"

enum run_status { RUN_OK, RUN_DIVERGED, RUN_FAILED };
extern const char *const run_status_names[];

enum { SPECTRUM_MAX = 64, LEADING = 10 };

/* What one evaluation saw; NaN where the split was not evaluated or has no second metric. */
struct score {
    double loss, metric, second;
};

/* One checkpoint of the weights: entries are per site of the model, in model order (sites values each). */
struct probe {
    int step;
    double *row_dM, *row_dD, *col_dM, *col_dD; /* magnitude and direction change per output row and per input column */
    double *null_dM,
        *null_dD; /* of a random update of the same norm, per output row; its rank is rank=, of unadapted sites full */
    double *rank; /* numerical rank of W - W0; NaN where not measured */
};

/* The one list of these columns. */
enum { PROBE_COLUMNS = 7 };
extern const struct probe_column {
    const char *name, *meaning; /* of the dataset /probe/NAME; in a comparison */
    size_t at;                  /* in struct probe */
    bool fact;                  /* facts are made from it */
} probe_columns[PROBE_COLUMNS];
double **probe_column(struct probe *p, int k);

struct cost {
    struct counts adapter;           /* trained at the peak, active at the end, stored */
    long head;                       /* trained parameters of the head */
    double arena_peak[MEMORY_KINDS]; /* bytes */
    double base_bytes, flops_per_step;
    double setup, train, evaluate, probe, data; /* seconds */
    double step_ms;                             /* median processor time */
};

struct checks {
    double start_difference; /* law 1 in this run: relative difference to the base before the first step */
    double merge_difference; /* law 8: relative difference of logits, merged against unmerged, after the last step */
    int frozen_unchanged;    /* law 4: every frozen base tensor is bitwise as pretrained */
    int count_matches;       /* law 9: the paper's formula; -1 when the method states none */
    char curve_hash[HASH_HEX], weights_hash[HASH_HEX];
};

struct run {
    enum run_status status;
    char message[256];               /* why it diverged or failed */
    bool collapsed;                  /* finite, but see examine_collapse */
    int steps, evals, probes, sites; /* how many of each there are; steps completed */
    double *loss, *lr, *grad_norm;   /* per step */
    int *eval_step;
    struct score *valid, *test;
    int items;    /* of the final test */
    double *item; /* 1 correct, 0 wrong; squared error for scores and vectors */
    double *prediction,
        *line; /* of tasks in files: class or score, in the file's own unit, and where it stands; else NULL */
    struct probe *probe;
    int spectra; /* sites whose final change has a spectrum: their index, and singular values of W - W0 */
    int *spectrum_site;
    double (*spectrum)[SPECTRUM_MAX];
    /* There too: how near the left singular vectors of W, largest value first, are to any of W0's (|cosine|). */
    double (*closest)[LEADING];
    double forgetting_before, forgetting_after; /* held-out masked-word loss; NaN when not asked for */
    double fvu0;                 /* TASK_VECTOR: loss of the untouched base on the test split; else NaN */
    double *truth_dM, *truth_dD; /* TASK_VECTOR: of teacher against base, per site; else NULL */
    int nreported;               /* numbers that the method itself reports */
    struct reported {
        char name[64];
        double value;
    } * reported;
    int classes; /* that have names: TASK_CLASSES from files; a label's class is its place */
    char **class_name;
    struct cost cost;
    struct checks check;
};

/* A result without a step, with room for those of the spec; run_execute calls it. */
void run_open(struct run *r, const struct spec *s, const struct base *base);
/* Room for what each example of the test split yields; items := their number. */
void run_open_items(struct run *r, const struct spec *s, const struct dataset *test);
/* Copies the names of the classes, which stand in the record. */
void run_name_classes(struct run *r, const struct class_names *names);
void run_free(struct run *r);
/* The final test score, or the validation score where the test split was not touched. */
struct score run_final(const struct run *r);

#endif

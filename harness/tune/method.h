/* The page every method author reads: what a method is, which hooks it may fill, and what the framework does for it.
 *
 * A method maps linear layers to linear layers, y = x W(theta)' + b(theta). It is one file in methods/ that exports one
 * `const struct method method_<file>`; the Makefile finds it, and it is listed, tested by every law, counted, swept and
 * drawn. Rules: gradients accumulate (+=), activations overwrite; `weight` is an independent second statement of
 * `forward`; whatever the gradient treats as constant is computed in `refresh`. A step is backward, penalty, [clip],
 * before_step, AdamW, after_step (gradients still valid), refresh, clear gradients. */
#ifndef TUNE_METHOD_H
#define TUNE_METHOD_H

#include "core/die.h"
#include "core/option.h"
#include "model/model.h"
#include "model/optim.h"
#include "model/site.h"

/* Options common to all methods. */
struct adapter {
    char targets[OPTION_TEXT]; /* "q,v": which linear layers are adapted; "" = the method's default */
    char layers[OPTION_TEXT];  /* "all" or "0,2,3" */
    int rank;
    double alpha;     /* scale s = alpha / rank; 0 means 2 x rank, so s = 2 */
    double dropout;   /* on the adapter's input, in training */
    int budget;       /* adapter parameters to meet; 0: rank decides */
    int budget_at;    /* which are counted: 0 those that train at the peak, 1 those in use at the end */
    int exact;        /* with a budget: give single extra ranks to sites until it is met */
    int head;         /* 0 classifier, 1 pooler and classifier, 2 the base's own classifier */
    double head_lr;   /* the head's learning rate as a multiple of lr */
    double head_rate; /* the head's learning rate by itself; 0: head_lr decides */
    int decay;        /* 0 matrices only, 1 all */
};
enum { HEAD_CLASSIFIER, HEAD_POOLER, HEAD_THEIRS };
enum { BUDGET_PEAK, BUDGET_END };
extern const struct option adapter_options[];

struct method;
struct peft;

/* A method attached to a model. */
struct tuning {
    const struct method *method;
    const void *opts; /* the method's own options */
    const struct adapter *common;
    struct model *model;
    struct site **site; /* the adapted sites, in model order */
    int nsites;
    void *shared; /* shared_size bytes, zeroed once per run; lives through all phases */
    uint64_t seed;
    int phase;
    int step, steps;          /* index of the current optimizer step in this phase; how many it has */
    double lr;                /* of the current step */
    const struct adamw *adam; /* the run's optimizer, in before_step and after_step */
    bool dry;                 /* counting only: nothing may be read or written through a matrix */
    struct kept *kept;        /* what tuning_keep handed out */
};

/* One phase before the last, which is the training itself: LoRA-drop trains on a sample and measures what came of it;
 * a start that is read from data measures some batches through the base (tune/look.h). Its time is the run's. */
struct phase {
    double data;   /* share of the training examples: each class, or each range of scores, by its share */
    double steps;  /* length as a share of the run's steps, on top of them */
    bool measure;  /* afterwards, each example of the sample once with pass->measure */
    int batches;   /* measured instead, if not 0: so many training batches, the run's first; data does not count then */
    bool backward; /* what is measured goes back through the model too, without dropout */
};

/* How a figure draws a method. */
struct style {
    const char *color; /* "#0072B2" */
    int mark;          /* gnuplot point type */
};

/* What a law would take for a fault if the method did not say that it is meant. */
enum declared {
    NO_DROPOUT = 1,       /* dropout= changes nothing */
    NO_FORMULA = 2,       /* the paper states no count for one layer */
    STARTS_ELSEWHERE = 4, /* step 0 is not the base, but what `weight` says */
    SEES_SIZE = 8,        /* a step depends on how B A is split into B and A */
    STARTS_NEAR = 16      /* step 0 is the base up to rounding */
};

struct method {
    const char *name, *title, *cite;
    const char *equation; /* one line, as `peftlab explain` prints it */
    const char *claim;    /* what the article says of it; NULL when it does not */
    const struct option *options;
    size_t options_size, site_size, shared_size; /* allocated zeroed by the framework */
    const char *targets;                         /* default targets; NULL: "q,v". "" when the method adapts no site */
    unsigned trains;                             /* base roles it unfreezes (enum role) */
    unsigned facts;                              /* enum site_flag */
    unsigned declares;                           /* enum declared */
    unsigned (*declared)(const void *opts);      /* what these options declare beyond that */
    bool no_rank;                                /* has no knob that a budget could turn */
    bool rank_free;                              /* the rank may exceed the matrix (VeRA) */
    void (*check)(const struct adapter *common, const void *opts, int in,
                  int out); /* die on options that cannot work, common->rank being this site's; a search for a budget
                               takes a refused rank for one that there is not */
    void (*check_steps)(const struct adapter *common, const void *opts, int steps); /* the same, once steps are known */
    void (*share)(struct tuning *);                 /* once, before the sites: tensors that all sites use */
    void (*attach)(struct tuning *, struct site *); /* declare one site's tensors; never reads or writes values */
    void (*init)(struct tuning *, struct site *);   /* give them their starting values */
    struct site_ops ops;
    void (*refresh)(struct site *);     /* recompute what the gradient treats as constant; idempotent */
    double (*penalty)(struct tuning *); /* extra loss; adds its gradient */
    void (*before_step)(struct tuning *);
    void (*after_step)(struct tuning *);
    int phases;                                     /* 0 means 1 */
    struct phase (*phase)(const void *opts, int i); /* all but the last */
    void (*end_phase)(struct tuning *);             /* reads what was measured; keeps its verdict in t->shared */
    long (*active)(const struct tuning *);          /* adapter parameters in use at the end, if fewer than trained */
    long (*stored)(const struct tuning *);          /* adapter parameters an export must hold, if not those trained */
    long (*count)(const struct adapter *common, const void *opts, int in,
                  int out); /* the paper's formula for one site */
    long (*count_shared)(const struct adapter *common, const void *opts, int nsites); /* and for what sites share */
    /* Numbers of its own that belong in a run's record (AdaLoRA's allocator calls, LoRA-drop's importances). */
    void (*report)(const struct tuning *, void (*put)(void *to, const char *name, double value), void *to);
    double start_tol; /* 0: step 0 is the base bitwise; else the relative error allowed */
    double dora_r;    /* r of magnitude and direction changes that DoRA's paper prints for it (section 3.2); 0: none */
    struct style style;
    const struct peft *peft; /* tune/peft.h; NULL: PEFT has no such method, it is exported merged */
};

extern const struct method *const method_registry[];
extern const int method_registry_size;

/* Declares a tensor of this site, frozen, named "<site>.<suffix>", in checkpoint, adapter and golden files: PEFT's name
 * without ".default". Names with _A and _B ("lora_A.weight") are a pair whose gauge a law checks. */
struct param *tuning_param(struct tuning *, struct site *, const char *suffix, int rows, int cols);
/* As tuning_param, for a vector, a row or a column: decay=matrices leaves it alone, which it does not do with a
 * pair of rank 1. */
struct param *tuning_vector(struct tuning *, struct site *, const char *suffix, int rows, int cols);
/* A tensor that several sites use. It must be as deep as the lowest of them: depth is taken from the first site. */
struct param *tuning_shared_param(struct tuning *, const char *name, int rows, int cols);
/* Lets it train, at lr_scale times the learning rate. */
void tuning_train(struct param *, double lr_scale);
/* tuning_param and tuning_vector of what trains at the learning rate itself. */
struct param *tuning_trained(struct tuning *, struct site *, const char *suffix, int rows, int cols);
struct param *tuning_trained_vector(struct tuning *, struct site *, const char *suffix, int rows, int cols);
/* The random stream of tensor number `tensor` (0, 1, ...) of a site (or of what all sites share). */
struct rng tuning_rng(const struct tuning *, const struct site *, int tensor);
struct rng tuning_shared_rng(const struct tuning *, int tensor);
/* w ~ U(-1/sqrt(fan), 1/sqrt(fan)) from that stream: PyTorch's kaiming_uniform with a = sqrt 5. */
void tuning_kaiming(const struct tuning *, const struct site *, int tensor, struct mat w, int fan);
/* Zeroed memory of the method's own: of this phase, counted as optimizer state; or for all phases, counted nowhere.
 * What changes between steps belongs into the first: a checkpoint holds it. */
struct mat tuning_buffer(struct tuning *, int rows, int cols);
void *tuning_keep(struct tuning *, size_t bytes);
/* Room for k integers of a site, such as fixed places in a matrix: zeroed, for this phase, counted with the weights. To be
 * filled in init, never in attach. */
int *tuning_places(struct tuning *, int k);
/* Ranks for the next phase when only some sites keep a pair of their own and the others share one per type (shared) or
 * have nothing: with a budget, it is spent on those pairs, single extra ranks going to the last kept sites. */
void tuning_spend(struct tuning *, const bool *kept, bool shared);
/* An option that is a number of steps or, below 1, a share of them (rounded up). */
int tuning_steps(double v, int steps);
/* s = alpha / rank at the nominal rank, the same for all sites. */
double tuning_scale(const struct tuning *);
/* What the method and its options declare: enum declared. */
unsigned method_declared(const struct method *, const void *opts);
unsigned tuning_declared(const struct tuning *);
double adapter_scale(const struct adapter *);

#endif

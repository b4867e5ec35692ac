/* How Hugging Face PEFT stores a method that it has too: what its adapter_config.json and its tensors are called. */
#ifndef TUNE_PEFT_H
#define TUNE_PEFT_H

#include "core/real.h"

#include <stdbool.h>

/* The axis of a tensor along which its ranks lie. */
enum peft_ranks { RANKS_NOWHERE, RANKS_IN_ROWS, RANKS_IN_COLUMNS, RANKS_IN_PAIRS /* m of m (m - 1) / 2 columns */ };
/* The shape there of what is (rows, cols) here. */
enum peft_form {
    PEFT_MATRIX,
    PEFT_VECTOR,           /* (n) of (1, n) or (n, 1) */
    PEFT_STACK_OF_OUTPUTS, /* (k, rows / k, cols), k = outputs / cols */
    PEFT_STACK,            /* the same, k the option `of` */
    PEFT_STACK_OF_FEW,     /* (rows / k, k, cols), k the option `of` */
    PEFT_STACK_OF_SQUARES  /* (rows, m, m) of (rows, m m) */
};

struct peft_tensor {
    const char *ours, *theirs; /* what follows the site's name, in our models and in PEFT's files */
    enum peft_ranks ranks;
    enum peft_form form;
    const char *of;
}; /* one that a site has not is left out */

/* What stands behind a key of adapter_config.json. */
enum peft_value {
    PEFT_NUMBER, /* `number`, as an integer where it is one */
    PEFT_FALSE,
    PEFT_TRUE,
    PEFT_NULL,
    PEFT_NONE,        /* the word "none" */
    PEFT_RANK,        /* rank= */
    PEFT_LARGEST,     /* the largest rank of any site */
    PEFT_ALPHA,       /* the numerator of the scale */
    PEFT_DROPOUT,     /* dropout= */
    PEFT_STEPS,       /* steps of the run */
    PEFT_SITE_RANKS,  /* the sites whose rank is not rank=, with it */
    PEFT_SITE_ALPHAS, /* and with the alpha that keeps their scale */
    PEFT_FEEDFORWARD, /* the adapted sites that read the feed-forward layer */
    PEFT_SPLIT_A,     /* those whose first tensor, A, is narrower than their inputs: it is block-diagonal */
    PEFT_SPLIT_B,     /* those where it is not */
    PEFT_LENGTH,      /* columns of the first tensor of all sites */
    PEFT_OPTION,      /* the option of that name: a number, or true and false */
    PEFT_WORDS /* the option's choice by PEFT's words, which follow the key after "=", a word for each choice: none
                         for one that PEFT has not */
};
struct peft_key {
    const char *key; /* "use_bdlora.nblocks" stands in the object use_bdlora, which is then `use` */
    enum peft_value value;
    const char *option; /* the option of ours that takes the value when an adapter is read; or NULL */
    double number;
};

/* By what PEFT divides alpha for the scale. */
enum peft_divisor { BY_RANK, BY_ROOT_OF_RANK, BY_RANK_AND_A_TRIFLE /* r + 1e-5 */ };

enum { PEFT_TENSORS = 12, PEFT_KEYS = 14, PEFT_SHARED = 3 }; /* the last one used is followed by NULLs */

/* A method file's `static const struct peft peft = {...};` is no part of what its runs are called by. Methods of one
 * format, such as LoRA+, are read back as the first of them: that is what they are once they are trained. */
struct peft {
    const char *type;    /* "LORA" */
    const char *why_not; /* alone: why PEFT's format of this method cannot hold what is trained here */
    const char *use;     /* the key that is true, or an object, for this method and not for others of its type */
    bool one_rank;       /* all sites have one rank there, the largest: who has less gets zeros */
    const char *option_off, *value_off; /* an option and its value for what PEFT's layers alone do not do */
    enum peft_divisor divisor;
    struct peft_tensor tensor[PEFT_TENSORS];
    struct peft_tensor shared[PEFT_SHARED]; /* of all sites, of one name here and there: NAME, or NAME.0, NAME.1, ... */
    struct peft_key key[PEFT_KEYS];
};

/* The type of a method's format; NULL where there is none, or none that can hold it. */
static inline const char *peft_type(const struct peft *p)
{
    return p ? p->type : NULL;
}
/* A tensor of ours by PEFT's rows and columns: a vector lies, squares stand one below the other. */
struct mat peft_view(const struct peft_tensor *, struct mat ours);
/* Has the format a key with this value? */
bool peft_says(const struct peft *, enum peft_value);
/* What PEFT divides alpha by at this rank. */
double peft_divisor_at(const struct peft *, int rank);

enum { PEFT_WORD = 64 };
/* Of a key with words: its name, and PEFT's word for choice number i; false where that has none, or there is no such
 * choice (then word is ""). */
bool peft_word(const struct peft_key *, int i, char name[PEFT_WORD], char word[PEFT_WORD]);

// clang-format off
#define PEFT_LORA_PAIR                                  \
    {"lora_A.weight", "lora_A.weight", RANKS_IN_ROWS, PEFT_MATRIX}, \
    {"lora_B.weight", "lora_B.weight", RANKS_IN_COLUMNS, PEFT_MATRIX}
#define PEFT_LORA_KEYS                                  \
    {"r", PEFT_RANK, "rank", 0},                        \
    {"lora_alpha", PEFT_ALPHA, "alpha", 0},             \
    {"lora_dropout", PEFT_DROPOUT, NULL, 0},            \
    {"bias", PEFT_NONE, NULL, 0},                       \
    {"fan_in_fan_out", PEFT_FALSE, NULL, 0},            \
    {"init_lora_weights", PEFT_TRUE, NULL, 0},          \
    {"rank_pattern", PEFT_SITE_RANKS, NULL, 0},         \
    {"alpha_pattern", PEFT_SITE_ALPHAS, NULL, 0}
// clang-format on

#endif

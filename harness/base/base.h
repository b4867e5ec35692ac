/* Bases: named recipes of the synthetic base, real encoders in a folder, and the image that all runs of a machine map.
 */
#ifndef BASE_BASE_H
#define BASE_BASE_H

#include "core/hash.h"
#include "model/model.h"

struct tokenizer;
struct corpus;
struct h5;

/* How a base is made by pretraining; docs/tasks.md in a table. steps = 0: random initialisation, not trained. */
struct recipe {
    const char *name, *help;
    struct model_config config;
    int steps, batch, warmup;
    double lr;
};
extern const struct recipe recipes[];
extern const int recipe_count;

struct base {
    const struct recipe *recipe; /* NULL: a folder of real weights, or a file that was made from a corpus */
    struct recipe *own;          /* the recipe of a base that is to be made from a corpus, else NULL */
    struct corpus *corpus;       /* its text */
    bool stored;                 /* name is such a file, made */
    char name[256];              /* "synthetic", the folder or the file */
    char key[HASH_HEX];          /* of the recipe, seed and the language or corpus: names the file */
    char hash[HASH_HEX];         /* of the weights: enters the key of every run */
    int seed;                    /* of initialisation and data */
    struct model_config config;
    int image;                   /* file descriptor of the flat weights that model_map maps; -1 before base_load */
    struct tokenizer *tokenizer; /* NULL: the synthetic language */
};

/* Finds the recipe, folder or file; dies with EXIT_USAGE when there is none, naming the recipes. */
void base_open(struct base *b, const char *name, int seed);
/* A base to be made from a user's text: n assignments (corpus=FILE vocab=FILE and options). Dies with EXIT_USAGE on a
 * wrong option, naming those there are, with EXIT_DATA on a file that is not what it should be. */
void base_open_corpus(struct base *b, int n, char **assignments);
void base_close(struct base *b);
/* Where this base lies, or will: <results>/bases/<name>-<key12>.h5, or the file that it was asked for by. */
void base_path(const struct base *b, const char *results, char *path, size_t size);
/* Opens the image, converting the weights once into <results>/cache. Dies with EXIT_DATA when the base is not there
 * yet. */
void base_load(struct base *b, const char *results);

/* Whether a file of <results>/cache is exactly what was written. */
bool base_cache_whole(const char *path);

/* Pretrains (masked words + 0.5 x coherence) unless the file exists or the base is real; resumes from its checkpoint;
 * shows progress; prints the acceptance tests. Dies with EXIT_INTERRUPTED after saving a checkpoint on a signal. */
void base_pretrain(struct base *b, const char *results);
/* What that takes at most: weights twice, gradients, two moments, and the activations of the longest possible batch. */
double base_pretrain_bytes(const struct base *b);
/* Writes the acceptance tests of a trained model as attributes of /acceptance. */
void base_accept(struct h5 *h, struct model *m);
/* What a corpus's base is scored with and must keep: /corpus, /config, /vocab and /acceptance; opening such a file. */
void base_accept_corpus(struct h5 *h, const struct base *b, struct model *m);
void base_open_file(struct base *b);
/* Prints what base_pretrain stored about a finished base: curve, acceptance tests, accuracy by category. */
void base_describe(const struct base *b, const char *results);

/* Mean masked-word loss (nats) of the model on `documents` held-out documents of stream `seed`: what forgetting is
 * measured with. by_category, unless NULL, receives accuracy per category and category counts. NaN without an mlm head.
 */
struct mlm_score {
    double loss, accuracy;
    double category_accuracy[8];
    int category_count[8];
    double coherence; /* balanced accuracy of the coherence head: mean of the shares right of coherent and of random
                         pairs */
};
struct mlm_score base_mlm_score(struct model *m, int documents, uint64_t seed);

#endif

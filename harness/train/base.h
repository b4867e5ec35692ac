/* Bases: named recipes of the synthetic base, real encoders in a folder, and the image that all runs of a machine map.
 */
#ifndef TRAIN_BASE_H
#define TRAIN_BASE_H

#include "core/hash.h"
#include "model/model.h"

struct tokenizer;

/* How a synthetic base is made; tasks.md section 4 in a table. steps = 0: random initialisation, not trained. */
struct recipe {
    const char *name, *help;
    struct model_config config;
    int steps, batch, warmup;
    double lr;
};
extern const struct recipe recipes[];
extern const int recipe_count;

struct base {
    const struct recipe *recipe; /* NULL: a folder of real weights */
    char name[256];              /* "synthetic", or the folder */
    char key[HASH_HEX];          /* of the recipe, seed and the language's sources: names the file */
    char hash[HASH_HEX];         /* of the weights: enters the key of every run */
    int seed;                    /* of initialisation and data */
    struct model_config config;
    int image;                   /* file descriptor of the flat weights that model_map maps; -1 before base_load */
    struct tokenizer *tokenizer; /* real bases only */
};

/* Finds the recipe or folder; dies with EXIT_USAGE when there is neither, naming the recipes. */
void base_open(struct base *b, const char *name, int seed);
void base_close(struct base *b);
/* Where this base lies, or will: <results>/bases/<name>-<key12>.h5. */
void base_path(const struct base *b, const char *results, char *path, size_t size);
/* Opens the image, converting the weights once into <results>/cache. Dies with EXIT_DATA when the base is not there
 * yet. */
void base_load(struct base *b, const char *results);

/* Whether a file of <results>/cache is exactly what was written. */
bool base_cache_whole(const char *path);

/* Pretrains (masked words + 0.5 x coherence) unless the file exists; resumes from its checkpoint; shows progress;
 * prints the acceptance tests. Dies with EXIT_INTERRUPTED after saving a checkpoint on a signal. */
void base_pretrain(struct base *b, const char *results);
/* Writes the acceptance tests of a trained model as attributes of /acceptance. */
struct h5;
void base_accept(struct h5 *h, struct model *m);
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

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
    double lr, decay;
};
#define RECIPE_DECAY 0.01 /* AdamW's weight decay, unless a recipe has another */
extern const struct recipe recipes[];
extern const int recipe_count;

enum base_place { BASE_MISSING, BASE_HERE, BASE_REFERENCE };

struct base {
    const struct recipe *recipe; /* NULL: a folder of real weights, or a file that was made from a corpus */
    struct recipe *own;          /* the recipe of a base that is to be made from a corpus, else NULL */
    struct corpus *corpus;       /* its text */
    bool stored;                 /* name is such a file, made */
    char name[256];              /* "synthetic", the folder or the file */
    char key[HASH_HEX];          /* of the recipe, seed and the language or corpus: names the file */
    char *weights_file;          /* of a folder: its safetensors file */
    char weights[HASH_HEX];      /* the hash of the weights alone, once it is known */
    char hash[HASH_HEX];         /* of weights and configuration: enters the key of every run; "" before base_find */
    enum base_place place;       /* as base_find saw it */
    int seed;                    /* of initialisation and data */
    struct model_config config;
    int image;                   /* file descriptor of the flat weights that model_map maps; -1 before base_load */
    struct tokenizer *tokenizer; /* NULL: the synthetic language */
};

/* Finds the recipe, folder or file; dies with EXIT_USAGE when there is none, naming the recipes. */
void base_open(struct base *b, const char *name, int seed);
void base_close(struct base *b);
/* Where this base lies, or will: <results>/bases/<name>-<key12>.h5, or the file that it was asked for by. */
void base_path(const struct base *b, const char *results, char *path, size_t size);

/* Where the file of a base is: in the results folder or wherever else it was asked for; with the program, which brings
 * those of the reference; or nowhere, because nobody has pretrained it: then `path` is where it will be. */
enum base_place base_find_file(const struct base *b, const char *results, char *path, size_t size);
/* The same, and b->hash, unless it is missing. No weight is read: the hash of weights stands in a base's file, and that of
 * a folder's file is of its bytes (core/content.h). Dies with EXIT_CORRUPT when a file holds another base than its
 * name says. */
enum base_place base_find(struct base *b, const char *results);
/* SHA-256 over names and values of all base tensors, as make.c writes it into a base's file. */
void base_weights_hash(const struct model *m, char hex[HASH_HEX]);

#endif

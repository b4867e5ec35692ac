/* How a word is cut into pieces of the vocabulary: tokenizer.json's "model", one file for each kind. */
#ifndef DATA_PIECE_MODEL_H
#define DATA_PIECE_MODEL_H

#include "core/json.h"
#include "data/dataset.h"
#include "data/vocab.h"

/* The pieces of a text. All are counted; the first EXAMPLE_TOKENS are kept, more never go into an example. */
struct pieces {
    int n;
    int id[EXAMPLE_TOKENS];
};
static inline void pieces_add(struct pieces *p, int id)
{
    if (p->n < EXAMPLE_TOKENS)
        p->id[p->n] = id;
    p->n++;
}

struct piece_model {
    const char *type; /* as tokenizer.json names it */
    /* The words of the model and their ids, handed one by one to each(). */
    void (*words)(struct json_view model, void (*each)(void *data, const char *word, long long id), void *data);
    /* What else the model needs; the vocabulary, whole by then, stays the caller's. Dies with EXIT_DATA on a setting that
     * cut does not carry out. */
    void *(*open)(struct json_view model, const struct vocab *vocab, const char *path);
    /* Appends the pieces of a word of n > 0 code points. */
    void (*cut)(const void *model, const int32_t *c, int n, struct pieces *out);
    void (*close)(void *model);
};

/* Dies unless object[key] is absent, null, or what is wanted. */
void model_expects_text(struct json_view object, const char *key, const char *wanted, const char *path);
void model_expects_off(struct json_view object, const char *key, const char *path);

#endif

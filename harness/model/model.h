/* An encoder's parameters: sizes, names, where each tensor lies, and the memory it lives in. */
#ifndef MODEL_MODEL_H
#define MODEL_MODEL_H

#include "core/arena.h"
#include "model/arch.h"
#include "model/param.h"
#include "model/site.h"

enum { MODEL_NAME = 128 };

/* Memory by kind; the peaks are what /cost reports. */
struct memory {
    struct arena weights; /* head and adapters; the base is mapped */
    struct arena grads, moments, saved, scratch;
};
enum { MEMORY_KINDS = 5 };
void memory_open(struct memory *m);
void memory_close(struct memory *m);
struct arena *memory_kind(struct memory *m, int i); /* i in 0..MEMORY_KINDS-1 */

struct norm { /* NULLs: there is none */
    struct param *gamma, *beta;
};
struct layer {
    struct site site[TARGETS];
    struct norm norm1, norm2;
};

/* How deep backward must reach for a parameter, so that it can stop at the lowest one that trains. */
#define DEPTH_EMBED         0
#define DEPTH_QKV(l)        (1 + 4 * (l))
#define DEPTH_OUT(l)        (2 + 4 * (l)) /* o and the norm after it */
#define DEPTH_UP(l)         (3 + 4 * (l))
#define DEPTH_DOWN(l)       (4 + 4 * (l)) /* down and the norm after it; a norm before q, k, v is one of these, too */
#define DEPTH_POOLER(c)     (1 + 4 * config_depth(c))
#define DEPTH_CLASSIFIER(c) (2 + 4 * config_depth(c))

struct model {
    struct model_config config;
    struct memory *mem;
    const struct architecture *arch;
    struct param *word, *position, *type; /* without positions or types NULL */
    struct norm embed_norm;
    struct param *project_W, *project_b; /* from the embeddings' width to d; NULL where they are the same */
    struct layer *layer;
    struct norm final_norm;
    struct param *relative; /* the table of distances, or NULL */
    struct norm relative_norm;
    struct param *pooler_W, *pooler_b; /* NULL: the classifier reads the encoder's vector */
    struct norm pooler_norm;
    struct param *mlm_W, *mlm_b, *mlm_out; /* transform (d,d), (1,d), output bias (1,vocab); NULL without mlm */
    struct norm mlm_norm;
    struct param *nsp_W, *nsp_b;               /* coherence head (2,d) */
    struct param *classifier_W, *classifier_b; /* (K,d), (1,K); NULL until model_add_head; some have no b */
    struct param *theirs[4];                   /* what the base brings: classifier W, b, pooler W, b; or NULL */

    struct param **param; /* every parameter in order: base, head, adapters */
    int nparam, nbase, capacity;
    size_t base_bytes;       /* size of the base image */
    char *live, *pretrained; /* the two maps of the image; NULL in a dry model */
};

/* Declares every tensor; no weight is in memory yet. Dies on impossible sizes. */
void model_open(struct model *m, const struct model_config *c, struct memory *mem);
void model_close(struct model *m);
/* Maps the base image in fd (base_bytes long) twice: live is private copy-on-write, pretrained shared and read-only. */
void model_map(struct model *m, int fd);
/* Zeroed memory for live alone: a base that is read to be written elsewhere. */
void model_map_live(struct model *m);
/* An anonymous image for a base that is made in memory: fill w, then model_freeze makes it the pretrained value. */
void model_map_anonymous(struct model *m);
void model_freeze(struct model *m);
/* The pretrained value again in every base tensor. */
void model_reset(struct model *m);
/* Initialises the base as docs/tasks.md does: the recipe of the synthetic base. */
void model_init(struct model *m, uint64_t seed);
/* A classifier of K outputs: weights from N(0, .02^2), or as wide as the family draws them, zero bias; with it a pooler, in families that do not pretrain theirs. Or
 * those that the base brings along (theirs): dies with EXIT_USAGE when it brings none, or of another size. */
void model_add_head(struct model *m, int K, uint64_t seed, bool theirs);

/* A new tensor outside the base image, zeroed, in the weights arena. The name is copied. */
struct param *model_add_param(struct model *m, const char *name, enum role role, int depth, int rows, int cols);
/* Forgets all parameters after the first n (their memory is the caller's to release). */
void model_drop_params(struct model *m, int n);
struct param *model_find(const struct model *m, const char *name);
/* Gives gradients and moments to what trains, zeroed, each kind contiguous in parameter order. */
void model_allocate_training(struct model *m);
void model_zero_grads(struct model *m);
/* The smallest depth among the parameters that train; above DEPTH_CLASSIFIER when nothing does. */
int model_lowest(const struct model *m);
long model_count_trained(const struct model *m, unsigned roles);

#endif

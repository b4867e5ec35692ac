/* An adapter folder read back. */
#ifndef EXPORT_ADAPTER_READ_H
#define EXPORT_ADAPTER_READ_H

#include "export/folder.h"
#include "train/examine.h"

struct imported {
    const struct method *method;
    void *opts;
    struct adapter common;
    int classes;                          /* 0 without a head */
    int rank[MODEL_LAYERS_MAX * TARGETS]; /* of each linear layer that has one of its own, else 0 */
};
/* Reads adapter_config.json. Dies with EXIT_DATA, naming file and key: a type or option that is not known here, sites
 * that no targets= and layers= describe, scales that differ. Free with import_close. */
void import_open(struct imported *a, const char *folder, const struct model_config *config);
/* Opens a tuning of these options on a model of that shape, every site with its rank; the rest is tuning_open's. */
void import_tuning(const struct imported *a, struct tuning *t, struct model *m, uint64_t seed);
/* Puts the tensors into a model whose tuning of these options has begun its phase. Dies with EXIT_DATA when one is
 * missing, left over or of another shape. */
void import_weights(const struct imported *a, const char *folder, struct tuning *t);
void import_close(struct imported *a);
/* Reads what export_adapter has just written into a model of its own and compares every tensor bit for bit. Dies with
 * EXIT_MISMATCH, naming the first that differs: what lies in the folder is not the trained adapter. */
void import_verify(const struct trainee *t, const struct base *base, const char *folder);

#endif

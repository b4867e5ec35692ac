/* Sizes of published encoders, so that counts can be checked at the shapes the papers used. */
#ifndef TUNE_SHAPES_H
#define TUNE_SHAPES_H

#include "model/model.h"

struct shape {
    const char *name;
    struct model_config config;
};
extern const struct shape shapes[];
extern const int shape_count;

/* False when no architecture has this name. */
bool shape_find(const char *name, struct model_config *config);

#endif

/* The unigram language model. */
#ifndef DATA_UNIGRAM_H
#define DATA_UNIGRAM_H

#include "data/piece_model.h"

extern const struct piece_model piece_unigram;

#endif

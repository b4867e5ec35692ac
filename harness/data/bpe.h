/* Byte-pair encoding over bytes. */
#ifndef DATA_BPE_H
#define DATA_BPE_H

#include "data/piece_model.h"

extern const struct piece_model piece_bpe;

#endif

/* The same function with other weights: what belongs to a parametrisation changes with it, what belongs to a method does
 * not. */
#ifndef BASE_GAUGE_H
#define BASE_GAUGE_H

#include "model/model.h"

enum gauge { GAUGE_NONE, GAUGE_RISING, GAUGE_FALLING };

/* Rescales the pretrained weights of every layer l of L by c = 2^e, e from -2 in the first layer to 2 in the last
 * (rising), or from 2 to -2 (falling), rounded to whole numbers; one layer has e = 2, or -2:
 *     W_q, b_q by c and W_k, b_k by 1/c      leave the products of queries and keys,
 *     W_v, b_v by c and W_o by 1/c           leave what attention adds.
 * Powers of two make the outputs the same bits. The model is mapped; nothing of it has been trained. */
void base_regauge(struct model *m, enum gauge g);

#endif

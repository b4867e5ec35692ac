/* What a model knows of the places of two tokens beside their embeddings: a number per head and distance, who sees whom, and
 * rotations. */
#ifndef MODEL_PLACES_H
#define MODEL_PLACES_H

#include "model/model.h"

/* Is layer i one of those in which a token sees its neighbours alone? */
bool places_local(const struct model_config *c, int i);
/* Does a global or local layer of this model add anything to its scores? */
bool places_have_bias(const struct model *m, bool local);
/* bias (heads, 2 span + 1): what is added to the score of a key `distance` places behind its query, at span + distance. */
void places_bias(const struct model *m, bool local, int span, struct mat bias);
/* Gradient of that into the table of distances, which trains. */
void places_bias_backward(const struct model *m, int span, struct mat dbias);

/* turns (span + 1, dh): cosines, then sines, of the dh/2 angles place * theta^(-2t/dh) of each place. */
void places_turns(const struct model_config *c, double theta, int span, struct mat turns);
/* Turns each head of each row of x (rows, d) by the angles of its place: pairs (t, t + dh/2) of the dh columns of a head.
 * `place` is NULL: rows are the examples' in order, of start (B + 1); else row b is at place[b] - start[b]. back: the other
 * way round, the gradient's. */
void places_rotate(const struct model_config *c, struct mat turns, int B, const int *start, const int *place, bool back,
                   struct mat x);

#endif

/* WordPiece: the longest piece from the left, again and again. */
#ifndef DATA_WORDPIECE_H
#define DATA_WORDPIECE_H

#include "data/piece_model.h"

extern const struct piece_model piece_wordpiece;

/* Without a file: over a vocabulary, the id of the unknown word, words of up to `longest` code points. */
void *wordpiece_open(const struct vocab *vocab, int unknown, int longest);

#endif

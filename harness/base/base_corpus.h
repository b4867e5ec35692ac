/* Bases made from a user's text. */
#ifndef BASE_BASE_CORPUS_H
#define BASE_BASE_CORPUS_H

#include "base/base.h"

/* A base to be made from a user's text: n assignments (corpus=FILE vocab=FILE and options). Dies with EXIT_USAGE on a
 * wrong option, naming those there are, with EXIT_DATA on a file that is not what it should be. */
void base_open_corpus(struct base *b, int n, char **assignments);
/* What such a base is scored with and must keep: /corpus, /config, /vocab and /acceptance. */
void base_accept_corpus(struct h5 *h, const struct base *b, struct model *m);

#endif

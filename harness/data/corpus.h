/* A user's plain text as pretraining material: sentences drawn from a file, in pairs where documents have several. */
#ifndef DATA_CORPUS_H
#define DATA_CORPUS_H

#include "core/hash.h"
#include "core/rng.h"
#include "data/tokenizer.h"

struct corpus;

/* How a file falls into documents: where blank lines stand between lines of text, they part the documents and every
 * line is a sentence; else every line is a document. */
enum corpus_form { CORPUS_AUTO, CORPUS_LINES, CORPUS_BLOCKS };

struct corpus_facts {
    char hash[HASH_HEX]; /* of the bytes */
    long long bytes, invalid;
    int documents, held_documents, sentences, held_sentences;
    bool blocks;
};

/* Reads the file once, keeping where its lines are and not their text. Of n documents n / 20 + 1 are held out, by the hash
 * of their text, so that equal documents are never on both sides. Dies with EXIT_DATA, in one line: not a file, a NUL
 * byte, no text, too many lines, all documents alike. `t` must outlive the corpus. */
struct corpus *corpus_open(const char *path, enum corpus_form form, const struct tokenizer *t);
void corpus_close(struct corpus *c);
const struct corpus_facts *corpus_facts(const struct corpus *c);

/* Draws a sentence a; with a next one in its document also b, that one or (half of the time) any other document's.
 * out->label becomes 1 (b follows a), 0 (it does not) or -1 (no b). A line that is too long is entered at any of its
 * blanks. Dies with EXIT_DATA when the file has changed, or holds no word. */
void corpus_draw(const struct corpus *c, struct rng *r, bool held, int max_len, struct example *out);

/* BERT's masking (Devlin et al. 2019): each token but [CLS] and [SEP] with probability .15, at least one; of those .8
 * become [MASK], .1 any word, .1 stay. Returns how many; target[i] stood at position[i]. */
int corpus_mask(const struct corpus *c, struct rng *r, struct example *e, int position[EXAMPLE_TOKENS],
                int target[EXAMPLE_TOKENS]);

#endif

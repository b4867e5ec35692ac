/* Vocabularies: words by id and ids by word. */
#ifndef DATA_VOCAB_H
#define DATA_VOCAB_H

#include <stddef.h>

enum { VOCAB_WORDS = 1 << 20, VOCAB_WORD_BYTES = 4096, VOCAB_FILE_BYTES = 64 << 20 }; /* bounds */

struct vocab;

/* vocab.txt as Hugging Face reads it: line n (from 0) is the word with id n, without white space at its end; of a word
 * that stands twice the last line counts, an empty line is a word that no text yields; a byte order mark is skipped.
 * Dies with EXIT_DATA, naming file and line: a word that is too long, a NUL
 * byte, no words or too many. */
struct vocab *vocab_read(const char *path);
/* The same from text in memory, NUL-terminated, which is overwritten; `path` stands for the file in messages. */
struct vocab *vocab_parse(char *text, size_t size, const char *path);
/* Says by warn() which lines were odd. */
void vocab_remark(const struct vocab *v);
/* From pairs: n ids 0..n-1 are to be filled. vocab_set refuses an empty word, an id out of range or given twice for
 * different words; vocab_finish refuses a hole. `name` stands for the file in messages. */
struct vocab *vocab_new(int n, const char *name);
void vocab_set(struct vocab *v, long long id, const char *word);
void vocab_finish(struct vocab *v);
/* One word more, with the next id, which is returned. */
int vocab_append(struct vocab *v, const char *word);
void vocab_free(struct vocab *v);

int vocab_size(const struct vocab *v);
/* One more than the largest id that a text can yield. */
int vocab_used(const struct vocab *v);
const char *vocab_word(const struct vocab *v, int id);
/* Sets a word apart: it is an added token, and no piece of another word. */
void vocab_set_apart(struct vocab *v, int id);
/* The id of the piece of `size` bytes; of any word, set apart or not. -1: there is none. */
int vocab_find(const struct vocab *v, const char *word, size_t size);
int vocab_id(const struct vocab *v, const char *word);
/* Bytes of the longest word. */
size_t vocab_longest(const struct vocab *v);

#endif

/* WordPiece vocabularies: words by id and ids by word. */
#ifndef DATA_VOCAB_H
#define DATA_VOCAB_H

#include <stddef.h>

enum special { VOCAB_PAD, VOCAB_UNK, VOCAB_CLS, VOCAB_SEP, VOCAB_MASK, VOCAB_SPECIALS };
enum { VOCAB_WORDS = 1 << 20, VOCAB_WORD_BYTES = 512, VOCAB_FILE_BYTES = 64 << 20 }; /* bounds */

struct vocab;

/* vocab.txt: line n (from 0) is the word with id n; LF or CR LF. Dies with EXIT_DATA, naming file and line: an empty
 * line (a hole), a word given twice or too long, a NUL byte, one of [PAD] [UNK] [CLS] [SEP] [MASK] missing. */
struct vocab *vocab_read(const char *path);
/* The same from text in memory, NUL-terminated, which is overwritten; `path` stands for the file in messages. */
struct vocab *vocab_parse(char *text, size_t size, const char *path);
/* From pairs: n ids 0..n-1 are to be filled. vocab_set refuses an id out of range or given twice for different
 * words; vocab_finish refuses what vocab_read refuses. `name` stands for the file in messages. */
struct vocab *vocab_new(int n, const char *name);
void vocab_set(struct vocab *v, long long id, const char *word);
void vocab_finish(struct vocab *v);
void vocab_free(struct vocab *v);

int vocab_size(const struct vocab *v);
const char *vocab_word(const struct vocab *v, int id);
int vocab_special(const struct vocab *v, enum special s);
/* The id of the word of `size` bytes, or -1. */
int vocab_find(const struct vocab *v, const char *word, size_t size);
/* Bytes of the longest word. */
size_t vocab_longest(const struct vocab *v);

#endif

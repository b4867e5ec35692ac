/* WordPiece (Schuster and Nakajima 2012, as in google-research/bert): the longest piece from the left, again and again. */
#include "data/wordpiece.h"

#include "core/arena.h"
#include "core/die.h"
#include "core/unicode.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { PREFIX = 2, LONGEST = 100 };

struct wordpiece {
    const struct vocab *vocab;
    int unknown, longest; /* id; code points of a word, more is unknown */
};

static void words(struct json_view model, void (*each)(void *data, const char *word, long long id), void *data)
{
    struct json_view m = {0}, vocab = json_get(model, "vocab");
    while (json_next(vocab, &m))
        each(data, m.key, json_int(m, 0, VOCAB_WORDS - 1));
}

void *wordpiece_open(const struct vocab *vocab, int unknown, int longest)
{
    struct wordpiece *w = mem_alloc(sizeof *w);
    *w = (struct wordpiece){vocab, unknown, longest};
    return w;
}

static void *open_model(struct json_view model, const struct vocab *vocab, const char *path)
{
    struct json_view longest = json_find(model, "max_input_chars_per_word"), name = json_find(model, "unk_token");
    const char *unknown = name.node ? json_text(name) : "[UNK]";
    model_expects_text(model, "continuing_subword_prefix", "##", path);
    if (vocab_id(vocab, unknown) < 0)
        die(EXIT_DATA, "%s: the word %.60s is missing: is this a BERT vocabulary?", path, unknown);
    return wordpiece_open(vocab, vocab_id(vocab, unknown),
                          longest.node ? (int)json_int(longest, 1, VOCAB_WORD_BYTES) : LONGEST);
}

/* The longest piece that begins at word + at; pieces after the first carry "##". Returns its end, 0: none. `piece` has
 * room for prefix and word. */
static size_t longest_piece(const struct vocab *v, const char *word, size_t at, size_t bytes, char *piece, int *id)
{
    size_t prefix = at ? PREFIX : 0, size = bytes - at, most = vocab_longest(v);
    if (size + prefix > most)
        size = most > prefix ? most - prefix : 0;
    memcpy(piece, "##", PREFIX);
    memcpy(piece + prefix, word + at, size);
    for (; size > 0; size--)
        if ((*id = vocab_find(v, piece, prefix + size)) >= 0)
            return at + size;
    return 0;
}

/* A word with a part that no piece covers is unknown as a whole. */
static void cut(const void *model, const int32_t *c, int n, struct pieces *out)
{
    const struct wordpiece *w = model;
    char local[2 * (LONGEST * UNICODE_BYTES + PREFIX)], *word = local;
    int first = out->n, id;
    size_t bytes = 0, at = 0;
    bool known = n <= w->longest;
    if (known && n > LONGEST)
        word = mem_alloc(2 * ((size_t)n * UNICODE_BYTES + PREFIX));
    for (int i = 0; known && i < n; i++)
        bytes += (size_t)unicode_put(c[i], word + bytes);
    while (known && at < bytes) {
        at = longest_piece(w->vocab, word, at, bytes, word + bytes, &id);
        known = at > 0;
        if (known)
            pieces_add(out, id);
    }
    if (!known) {
        out->n = first;
        pieces_add(out, w->unknown);
    }
    if (word != local)
        free(word);
}

const struct piece_model piece_wordpiece = {
    .type = "WordPiece", .words = words, .open = open_model, .cut = cut, .close = free};

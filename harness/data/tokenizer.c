/* The order of work of a tokenizer; its parts stand in files of their own. */
#include "data/tokenizer.h"

#include "core/arena.h"
#include "core/die.h"
#include "data/wordpiece.h"

#include <assert.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

static const char *const bert_word[SPECIAL_WORDS] = {"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"};

void tokenizer_set_plain(struct tokenizer *t, struct wordpiece_settings settings, const char *path)
{
    static const struct added_token special = {.special = true};
    for (int r = 0; r < SPECIAL_WORDS; r++) {
        t->role[r] = vocab_id(t->vocab, bert_word[r]);
        if (t->role[r] < 0)
            die(EXIT_DATA, "%s: the word %s is missing: is this a BERT vocabulary?", path, bert_word[r]);
        added_put(&t->added, bert_word[r], t->role[r], &special);
    }
    t->settings = settings;
    t->plain = true;
    normalizer_bert(&t->normalizer, settings.lower, settings.strip, settings.cjk);
    t->splitter.bert = true;
    t->kind = &piece_wordpiece;
    t->model = wordpiece_open(t->vocab, t->role[SPECIAL_UNK], settings.longest);
    sequence_bert(&t->single, &t->pair, t->role[SPECIAL_CLS], t->role[SPECIAL_SEP]);
}

struct tokenizer *tokenizer_plain(struct vocab *vocab, struct wordpiece_settings settings, const char *path)
{
    struct tokenizer *t = mem_alloc(sizeof *t);
    struct guard guard;
    t->vocab = vocab;
    t->limit = INT_MAX;
    GUARD(&guard, tokenizer_free, t);
    tokenizer_set_plain(t, settings, path);
    added_finish(&t->added, &t->normalizer, path);
    guard_end(&guard);
    return t;
}

void tokenizer_free(struct tokenizer *t)
{
    if (!t)
        return;
    if (t->model)
        t->kind->close(t->model);
    normalizer_free(&t->normalizer);
    added_free(&t->added);
    vocab_free(t->vocab);
    for (int i = 0; i < t->files; i++) {
        free(t->file[i].name);
        free(t->file[i].bytes);
    }
    free(t);
}

/* A text on its way to pieces. */
struct cutting {
    const struct tokenizer *t;
    struct pieces *out;
};

static void cut_word(void *data, const int32_t *c, int n)
{
    struct cutting *w = data;
    w->t->kind->cut(w->t->model, c, n, w->out);
}

static void cut_words(struct cutting *w, const int32_t *c, int n)
{
    splitter_run(&w->t->splitter, c, n, cut_word, w);
}

static void cut_normalized(struct cutting *w, const int32_t *c, int n);

/* Added tokens first, what lies between them goes on to `rest`. */
static void cut_added(struct cutting *w, bool normalized, const int32_t *c, int n,
                      void (*rest)(struct cutting *w, const int32_t *c, int n))
{
    int from = 0, start, end;
    const struct added_token *t;
    while ((t = added_next(&w->t->added, normalized, c, n, from, &start, &end))) {
        if (start > from)
            rest(w, c + from, start - from);
        pieces_add(w->out, t->id);
        from = end;
    }
    if (from < n)
        rest(w, c + from, n - from);
}

static void cut_normalized(struct cutting *w, const int32_t *c, int n)
{
    struct points p = {NULL, 0, 0};
    for (int i = 0; i < n; i++)
        points_add(&p, c[i]);
    normalizer_run(&w->t->normalizer, &p);
    cut_added(w, true, p.c, p.n, cut_words);
    points_free(&p);
}

long tokenizer_pieces(const struct tokenizer *t, const char *text, struct pieces *p)
{
    struct cutting w = {t, p};
    struct points raw = {NULL, 0, 0};
    long invalid = 0;
    p->n = 0;
    points_read(&raw, text, strlen(text), &invalid);
    cut_added(&w, false, raw.c, raw.n, cut_normalized);
    points_free(&raw);
    return invalid;
}

int tokenizer_length(const struct tokenizer *t, const struct pieces *a, const struct pieces *b)
{
    return a->n + (b ? b->n + t->pair.special : t->single.special);
}

long tokenizer_encode(const struct tokenizer *t, const char *a, const char *b, int max_len, struct example *out)
{
    struct pieces p, q;
    long invalid = tokenizer_pieces(t, a, &p);
    assert(max_len >= 3 && max_len <= EXAMPLE_TOKENS);
    if (b)
        invalid += tokenizer_pieces(t, b, &q);
    out->note[0] = '\0';
    sequence_build(b ? &t->pair : &t->single, &p, b ? &q : NULL, max_len, out);
    return invalid;
}

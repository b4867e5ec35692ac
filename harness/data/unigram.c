/* Unigram language model (Kudo 2018, arXiv:1804.10959): of all ways to cut a word into pieces the one with the largest
 * sum of scores, found from the left (Viterbi). */
#include "data/unigram.h"

#include "core/arena.h"
#include "core/die.h"
#include "core/unicode.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

static const double UNKNOWN_PENALTY = 10; /* an unknown character scores this much below the worst piece */

struct unigram {
    const struct vocab *vocab;
    int unknown;
    double *score, unknown_score; /* by id */
};

static void words(struct json_view model, void (*each)(void *data, const char *word, long long id), void *data)
{
    struct json_view vocab = json_get(model, "vocab");
    for (size_t i = 0, n = json_array_length(vocab); i < n; i++)
        each(data, json_text(json_element(json_element(vocab, i), 0)), (long long)i);
}

static void close_model(void *model)
{
    struct unigram *u = model;
    free(u->score);
    free(u);
}

static void fill(struct unigram *u, struct json_view model, const char *path)
{
    struct json_view vocab = json_get(model, "vocab");
    size_t n = json_array_length(vocab);
    double worst = INFINITY;
    model_expects_off(model, "byte_fallback", path);
    if (n == 0)
        die(EXIT_DATA, "%s: the model has no words", path);
    u->unknown = (int)json_int(json_get(model, "unk_id"), 0, (long long)n - 1);
    u->score = mem_alloc((size_t)vocab_size(u->vocab) * sizeof *u->score);
    for (size_t i = 0; i < n; i++) {
        struct json_view score = json_element(json_element(vocab, i), 1);
        u->score[i] = json_number(score, -1e30, 1e30);
        worst = fmin(worst, u->score[i]);
    }
    for (int i = (int)n; i < vocab_size(u->vocab); i++)
        u->score[i] = -INFINITY; /* an added word is no piece */
    u->unknown_score = worst - UNKNOWN_PENALTY;
}

static void *open_model(struct json_view model, const struct vocab *vocab, const char *path)
{
    struct unigram *u = mem_alloc(sizeof *u);
    struct guard guard;
    u->vocab = vocab;
    GUARD(&guard, close_model, u);
    fill(u, model, path);
    guard_end(&guard);
    return u;
}

/* The best way to a place between code points: its last piece, where that began, the sum; from -1: not reached. */
struct way {
    int id, from;
    double sum;
};

static void offer(struct way *to, int from, int id, double sum)
{
    if (to->from < 0 || sum > to->sum)
        *to = (struct way){id, from, sum};
}

/* Looks at every piece that begins at place i; byte[k] is where code point k begins in `text`. */
static void step(const struct unigram *u, const char *text, const int *byte, int i, int n, struct way *way)
{
    bool alone = false; /* a piece is exactly the code point at i */
    for (int k = i + 1; k <= n && (size_t)(byte[k] - byte[i]) <= vocab_longest(u->vocab); k++) {
        int id = vocab_find(u->vocab, text + byte[i], (size_t)(byte[k] - byte[i]));
        if (id < 0 || isinf(u->score[id]))
            continue;
        offer(&way[k], i, id, way[i].sum + u->score[id]);
        alone |= k == i + 1;
    }
    if (!alone)
        offer(&way[i + 1], i, u->unknown, way[i].sum + u->unknown_score);
}

/* Neighbouring unknowns become one. */
static void cut(const void *model, const int32_t *c, int n, struct pieces *out)
{
    const struct unigram *u = model;
    char *text = mem_alloc((size_t)n * UNICODE_BYTES);
    int *byte = mem_alloc(((size_t)n + 1) * sizeof *byte), *last = mem_alloc(((size_t)n + 1) * sizeof *last), count = 0;
    struct way *way = mem_alloc(((size_t)n + 1) * sizeof *way);
    for (int i = 0; i < n; i++)
        byte[i + 1] = byte[i] + unicode_put(c[i], text + byte[i]);
    for (int i = 1; i <= n; i++)
        way[i].from = -1;
    for (int i = 0; i < n; i++)
        step(u, text, byte, i, n, way);
    for (int i = n; i > 0; i = way[i].from)
        last[count++] = way[i].id;
    for (int k = count - 1; k >= 0; k--)
        if (last[k] != u->unknown || k + 1 == count || last[k + 1] != u->unknown)
            pieces_add(out, last[k]);
    free(way);
    free(last);
    free(byte);
    free(text);
}

const struct piece_model piece_unigram = {
    .type = "Unigram", .words = words, .open = open_model, .cut = cut, .close = close_model};

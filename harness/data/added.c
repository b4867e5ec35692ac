/* As AddedVocabulary of the tokenizers library does it: find_matches, then its flags. */
#include "data/added.h"

#include "core/arena.h"
#include "core/die.h"

#include <stdlib.h>
#include <string.h>

void added_put(struct added_tokens *a, const char *content, int id, const struct added_token *flags)
{
    if (added_find(a, content))
        return;
    struct added_token *t = &PUSH(a->token, a->n);
    *t = *flags;
    t->content = mem_text("%s", content);
    t->id = id;
    t->pattern = (struct points){NULL, 0, 0};
}

const struct added_token *added_find(const struct added_tokens *a, const char *content)
{
    for (int i = 0; i < a->n; i++)
        if (strcmp(a->token[i].content, content) == 0)
            return &a->token[i];
    return NULL;
}

void added_finish(struct added_tokens *a, const struct normalizer *n, const char *path)
{
    long invalid = 0;
    for (int i = 0; i < a->n; i++) {
        struct added_token *t = &a->token[i];
        points_read(&t->pattern, t->content, strlen(t->content), &invalid);
        if (t->normalized)
            normalizer_run(n, &t->pattern);
        if (t->pattern.n == 0)
            die(EXIT_DATA, "%s: the added token \"%.60s\" (id %d) is empty, as it stands or once it is normalized",
                path, t->content, t->id);
        a->begins[t->normalized][t->pattern.c[0] & 255] = true;
    }
}

/* The longest token that begins at c. */
static const struct added_token *longest(const struct added_tokens *a, bool normalized, const int32_t *c, int n)
{
    const struct added_token *best = NULL;
    if (!a->begins[normalized][c[0] & 255])
        return NULL;
    for (int i = 0; i < a->n; i++) {
        const struct added_token *t = &a->token[i];
        if (t->normalized == normalized && t->pattern.n <= n && (!best || t->pattern.n > best->pattern.n) &&
            memcmp(t->pattern.c, c, (size_t)t->pattern.n * sizeof *c) == 0)
            best = t;
    }
    return best;
}

/* A match that its flags refuse is passed over whole, as in the library. */
const struct added_token *added_next(const struct added_tokens *a, bool normalized, const int32_t *c, int n, int from,
                                     int *start, int *end)
{
    for (int at = from; at < n; at++) {
        const struct added_token *t = longest(a, normalized, c + at, n - at);
        if (!t)
            continue;
        int stop = at + t->pattern.n;
        bool touches = (at > 0 && unicode_is_word(c[at - 1])) || (stop < n && unicode_is_word(c[stop]));
        if ((t->single_word && touches) || (t->special && a->split_special)) {
            at = stop - 1;
            continue;
        }
        while (t->lstrip && at > from && unicode_is_white(c[at - 1]))
            at--;
        while (t->rstrip && stop < n && unicode_is_white(c[stop]))
            stop++;
        *start = at;
        *end = stop;
        return t;
    }
    return NULL;
}

void added_free(struct added_tokens *a)
{
    for (int i = 0; i < a->n; i++) {
        free(a->token[i].content);
        points_free(&a->token[i].pattern);
    }
    free(a->token);
    *a = (struct added_tokens){.token = NULL};
}

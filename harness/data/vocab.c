/* Words in an array, ids in an open-addressing hash table. */
#include "data/vocab.h"

#include "core/arena.h"
#include "core/die.h"
#include "core/file.h"
#include "core/hash.h"
#include "core/unicode.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct vocab {
    char *name; /* of the file, for messages */
    int n;
    char **word; /* n; NULL: not yet set */
    bool *apart; /* n */
    int *slot;   /* id + 1, 0 = empty; mask + 1 slots */
    unsigned mask;
    size_t longest;
    int empty, last_empty, twice, last_twice; /* odd lines of vocab.txt: how many, and the last one's number */
};

struct vocab *vocab_new(int n, const char *name)
{
    if (n < 1 || n > VOCAB_WORDS)
        die(EXIT_DATA, "%s: %d words, a vocabulary has 1 to %d", name, n, VOCAB_WORDS);
    struct vocab *v = mem_alloc(sizeof *v);
    v->name = mem_text("%s", name);
    v->n = n;
    v->word = mem_alloc((size_t)n * sizeof *v->word);
    v->apart = mem_alloc((size_t)n * sizeof *v->apart);
    for (v->mask = 15; v->mask < 2 * (unsigned)n; v->mask = 2 * v->mask + 1)
        ;
    v->slot = mem_alloc(((size_t)v->mask + 1) * sizeof *v->slot);
    return v;
}

void vocab_free(struct vocab *v)
{
    if (!v)
        return;
    for (int i = 0; i < v->n; i++)
        free(v->word[i]);
    free(v->word);
    free(v->apart);
    free(v->slot);
    free(v->name);
    free(v);
}

/* The slot that holds the word, or the empty one where it belongs. */
static int *slot_of(const struct vocab *v, const char *word, size_t size)
{
    uint32_t h = hash_fnv32(FNV32, word, size);
    for (h ^= h >> 15;; h++) {
        int *slot = v->slot + (h & v->mask);
        const char *there = *slot ? v->word[*slot - 1] : NULL;
        if (!there || (strncmp(there, word, size) == 0 && there[size] == '\0'))
            return slot;
    }
}

/* Gives the word the id, whoever had it before. */
static void put(struct vocab *v, int id, const char *word)
{
    size_t size = strlen(word);
    v->word[id] = mem_text("%s", word);
    *slot_of(v, word, size) = id + 1;
    if (size > v->longest)
        v->longest = size;
}

void vocab_set(struct vocab *v, long long id, const char *word)
{
    size_t size = strlen(word);
    if (id < 0 || id >= v->n)
        die(EXIT_DATA, "%s: the word \"%.60s\" has id %lld, %d words have ids 0 to %d", v->name, word, id, v->n,
            v->n - 1);
    if (size == 0 || size > VOCAB_WORD_BYTES)
        die(EXIT_DATA, "%s: id %lld holds %s word", v->name, id, size ? "too long a" : "no");
    int *slot = slot_of(v, word, size);
    if (*slot == (int)id + 1)
        return;
    if (*slot)
        die(EXIT_DATA, "%s: the word \"%.60s\" stands twice, ids %d and %lld", v->name, word, *slot - 1, id);
    if (v->word[id])
        die(EXIT_DATA, "%s: id %lld holds two words, \"%.60s\" and \"%.60s\"", v->name, id, v->word[id], word);
    put(v, (int)id, word);
}

void vocab_finish(struct vocab *v)
{
    for (int i = 0; i < v->n; i++)
        if (!v->word[i])
            die(EXIT_DATA, "%s: no word has the id %d: the vocabulary has a hole", v->name, i);
}

/* The table has room: it is twice as large as the words, and made anew when they are more. */
int vocab_append(struct vocab *v, const char *word)
{
    int id = v->n;
    if (id == VOCAB_WORDS)
        die(EXIT_DATA, "%s: more than %d words", v->name, VOCAB_WORDS);
    v->word = mem_grow(v->word, ((size_t)id + 1) * sizeof *v->word);
    v->apart = mem_grow(v->apart, ((size_t)id + 1) * sizeof *v->apart);
    v->apart[id] = false;
    v->word[v->n++] = NULL;
    if (v->mask < 2 * (unsigned)v->n) {
        free(v->slot);
        v->mask = 2 * v->mask + 1;
        v->slot = mem_alloc(((size_t)v->mask + 1) * sizeof *v->slot);
        for (int i = 0; i < id; i++)
            if (v->word[i])
                *slot_of(v, v->word[i], strlen(v->word[i])) = i + 1; /* in order: of equal words the last one stays */
    }
    put(v, id, word);
    return id;
}

/* v := the lines of text; line ends are overwritten. */
static void fill(struct vocab *v, char *text)
{
    if (strncmp(text, "\xEF\xBB\xBF", 3) == 0)
        text += 3;
    for (int id = 0; id < v->n; id++) {
        size_t end = strcspn(text, "\n");
        char *next = text + end + (text[end] == '\n');
        text[end] = '\0';
        unicode_trim_end(text);
        if (strlen(text) > VOCAB_WORD_BYTES)
            die(EXIT_DATA, "%s: line %d holds too long a word", v->name, id + 1);
        bool again = vocab_id(v, text) >= 0;
        if (!*text) {
            v->empty++;
            v->last_empty = id + 1;
        } else if (again) {
            v->twice++;
            v->last_twice = id + 1;
        }
        put(v, id, text);
        text = next;
    }
}

void vocab_remark(const struct vocab *v)
{
    if (v->twice)
        warn("%s: words that stand twice: %d, up to line %d; the last line of a word counts, as for Hugging Face",
             v->name, v->twice, v->last_twice);
    if (v->empty)
        warn("%s: empty lines: %d, up to line %d; each takes an id that no text yields", v->name, v->empty,
             v->last_empty);
}

struct vocab *vocab_parse(char *text, size_t size, const char *path)
{
    if (memchr(text, '\0', size))
        die(EXIT_DATA, "%s: a NUL byte: not a vocabulary (text, one word per line)", path);
    int lines = 0;
    for (size_t i = 0; i < size && lines <= VOCAB_WORDS; i++)
        lines += text[i] == '\n' || i + 1 == size;
    struct vocab *v = vocab_new(lines, path);
    struct guard guard;
    GUARD(&guard, vocab_free, v);
    fill(v, text);
    guard_end(&guard);
    return v;
}

struct vocab *vocab_read(const char *path)
{
    size_t size;
    char *text = file_read(path, VOCAB_FILE_BYTES, &size);
    DEFER(free, text);
    return vocab_parse(text, size, path);
}

int vocab_size(const struct vocab *v)
{
    return v->n;
}

const char *vocab_word(const struct vocab *v, int id)
{
    return v->word[id];
}

int vocab_used(const struct vocab *v)
{
    int n = v->n;
    while (n > 0 && (!*v->word[n - 1] || vocab_id(v, v->word[n - 1]) != n - 1))
        n--;
    return n;
}

void vocab_set_apart(struct vocab *v, int id)
{
    v->apart[id] = true;
}

int vocab_find(const struct vocab *v, const char *word, size_t size)
{
    int id = *slot_of(v, word, size) - 1;
    return id >= 0 && v->apart[id] ? -1 : id;
}

int vocab_id(const struct vocab *v, const char *word)
{
    return *slot_of(v, word, strlen(word)) - 1;
}

size_t vocab_longest(const struct vocab *v)
{
    return v->longest;
}

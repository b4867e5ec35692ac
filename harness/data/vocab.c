/* Words in an array, ids in an open-addressing hash table. */
#include "data/vocab.h"

#include "core/arena.h"
#include "core/die.h"
#include "core/file.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct vocab {
    char *name; /* of the file, for messages */
    int first;  /* what a message adds to an id: vocab.txt counts lines from 1 */
    int n;
    char **word; /* n; NULL: not yet set */
    int *slot;   /* id + 1, 0 = empty; mask + 1 slots */
    unsigned mask;
    int special[VOCAB_SPECIALS];
    size_t longest;
};

static const char *const special_word[VOCAB_SPECIALS] = {"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"};

struct vocab *vocab_new(int n, const char *name)
{
    if (n < 1 || n > VOCAB_WORDS)
        die(EXIT_DATA, "%s: %d words, a vocabulary has 1 to %d", name, n, VOCAB_WORDS);
    struct vocab *v = mem_alloc(sizeof *v);
    v->name = mem_text("%s", name);
    v->n = n;
    v->word = mem_alloc((size_t)n * sizeof *v->word);
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
    free(v->slot);
    free(v->name);
    free(v);
}

/* The slot that holds the word, or the empty one where it belongs. FNV-1a. */
static int *slot_of(const struct vocab *v, const char *word, size_t size)
{
    uint32_t h = 2166136261u;
    for (size_t i = 0; i < size; i++)
        h = (h ^ (unsigned char)word[i]) * 16777619u;
    for (h ^= h >> 15;; h++) {
        int *slot = v->slot + (h & v->mask);
        const char *there = *slot ? v->word[*slot - 1] : NULL;
        if (!there || (strncmp(there, word, size) == 0 && there[size] == '\0'))
            return slot;
    }
}

void vocab_set(struct vocab *v, long long id, const char *word)
{
    size_t size = strlen(word);
    if (id < 0 || id >= v->n)
        die(EXIT_DATA, "%s: the word \"%.60s\" has id %lld, %d words have ids 0 to %d", v->name, word, id, v->n,
            v->n - 1);
    long long place = id + v->first;
    const char *unit = v->first ? "line" : "id";
    if (size == 0 || size > VOCAB_WORD_BYTES)
        die(EXIT_DATA, "%s: %s %lld holds %s word", v->name, unit, place, size ? "too long a" : "no");
    int *slot = slot_of(v, word, size);
    if (*slot == (int)id + 1)
        return;
    if (*slot)
        die(EXIT_DATA, "%s: the word \"%.60s\" stands twice, %s %d and %lld", v->name, word, unit, *slot - 1 + v->first,
            place);
    if (v->word[id])
        die(EXIT_DATA, "%s: %s %lld holds two words, \"%.60s\" and \"%.60s\"", v->name, unit, place, v->word[id], word);
    v->word[id] = mem_text("%s", word);
    *slot = (int)id + 1;
    if (size > v->longest)
        v->longest = size;
}

void vocab_finish(struct vocab *v)
{
    for (int i = 0; i < v->n; i++)
        if (!v->word[i])
            die(EXIT_DATA, "%s: no word has the id %d: the vocabulary has a hole", v->name, i);
    for (int s = 0; s < VOCAB_SPECIALS; s++) {
        v->special[s] = vocab_find(v, special_word[s], strlen(special_word[s]));
        if (v->special[s] < 0)
            die(EXIT_DATA, "%s: the word %s is missing: is this a BERT vocabulary?", v->name, special_word[s]);
    }
}

/* v := the lines of text; line ends are overwritten. */
static void fill(struct vocab *v, char *text)
{
    v->first = 1;
    for (int id = 0; id < v->n; id++) {
        size_t end = strcspn(text, "\n");
        char *next = text + end + (text[end] == '\n');
        text[end - (end > 0 && text[end - 1] == '\r')] = '\0';
        vocab_set(v, id, text);
        text = next;
    }
    vocab_finish(v);
}

struct vocab *vocab_parse(char *text, size_t size, const char *path)
{
    if (memchr(text, '\0', size))
        die(EXIT_DATA, "%s: a NUL byte: not a vocabulary (text, one word per line)", path);
    int lines = 0;
    for (size_t i = 0; i < size && lines <= VOCAB_WORDS; i++)
        lines += text[i] == '\n' || i + 1 == size;
    struct vocab *v = vocab_new(lines, path);
    struct trap t;
    if (trap_set(&t)) {
        vocab_free(v);
        die(t.code, "%s", t.text);
    }
    fill(v, text);
    trap_end(&t);
    return v;
}

struct vocab *vocab_read(const char *path)
{
    size_t size;
    char *text = file_read(path, VOCAB_FILE_BYTES, &size);
    struct trap t;
    if (trap_set(&t)) {
        free(text);
        die(t.code, "%s", t.text);
    }
    struct vocab *v = vocab_parse(text, size, path);
    trap_end(&t);
    free(text);
    return v;
}

int vocab_size(const struct vocab *v)
{
    return v->n;
}

const char *vocab_word(const struct vocab *v, int id)
{
    return v->word[id];
}

int vocab_special(const struct vocab *v, enum special s)
{
    return v->special[s];
}

int vocab_find(const struct vocab *v, const char *word, size_t size)
{
    return *slot_of(v, word, size) - 1;
}

size_t vocab_longest(const struct vocab *v)
{
    return v->longest;
}

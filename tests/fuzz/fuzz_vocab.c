/* vocab.txt: every word of an accepted vocabulary is found, under its own id or that of a later line. */
#include "data/vocab.h"
#include "tests/fuzz/fuzz.h"

static void reader(const char *path)
{
    struct vocab *v = vocab_read(path);
    for (int i = 0; i < vocab_size(v); i++)
        if (vocab_id(v, vocab_word(v, i)) < i || strcmp(vocab_word(v, vocab_id(v, vocab_word(v, i))), vocab_word(v, i)))
            abort();
    vocab_free(v);
}

FUZZ_TARGET(vocab)
{
    static const char specials[] = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\n";
    fuzz_read(reader, fuzz_file(0, data, bytes));
    /* Again after the words that hardly any input has, so that the rest is reached. */
    uint8_t *both = malloc(sizeof specials + bytes);
    memcpy(both, specials, sizeof specials - 1);
    if (bytes)
        memcpy(both + sizeof specials - 1, data, bytes);
    fuzz_read(reader, fuzz_file(1, both, sizeof specials - 1 + bytes));
    free(both);
    return 0;
}

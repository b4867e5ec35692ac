/* A corpus: any file is indexed or refused, and what is drawn and masked keeps to the vocabulary and to max_len. */
#include "data/corpus.h"
#include "data/tokenizer_files.h"
#include "tests/fuzz/fuzz.h"

static struct tokenizer *fixed;
static struct corpus *opened;
static enum corpus_form form;

static void open_words(const char *path)
{
    fixed = tokenizer_open(path);
}

static void draw(bool held, int max_len, struct rng *r)
{
    struct example e;
    int position[EXAMPLE_TOKENS], target[EXAMPLE_TOKENS];
    corpus_draw(opened, r, held, max_len, &e);
    int n = corpus_mask(opened, r, &e, position, target);
    if (e.n > max_len || n < 1 || n > e.n - 2)
        abort();
    for (int i = 0; i < e.n; i++)
        if (e.ids[i] < 0 || e.ids[i] >= vocab_size(fixed->vocab) || e.types[i] > 1)
            abort();
    for (int i = 0; i < n; i++)
        if (position[i] < 1 || position[i] >= e.n || (i && position[i] <= position[i - 1]))
            abort();
}

static void read_corpus(const char *path)
{
    struct rng r = rng_stream(1, RNG_TEST, 0, 0);
    opened = corpus_open(path, form, fixed);
    const struct corpus_facts *f = corpus_facts(opened);
    if (f->held_sentences < 1 || f->held_sentences >= f->sentences || f->held_documents >= f->documents)
        abort();
    for (int k = 0; k < 8; k++)
        draw(k & 1, 8 << (k & 3), &r);
}

FUZZ_TARGET(corpus)
{
    static const char words[] = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\n##a\nb\n##b\n,\n";
    if (!fixed)
        fuzz_read(open_words, fuzz_file(1, (const uint8_t *)words, sizeof words - 1));
    form = (enum corpus_form)(bytes % 3);
    fuzz_read(read_corpus, fuzz_file(0, data, bytes));
    corpus_close(opened);
    opened = NULL;
    return 0;
}

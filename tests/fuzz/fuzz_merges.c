/* merges.txt: whatever lines beside a vocabulary of all bytes; accepted, a word is cut into ids of the vocabulary.
 *
 * The vocabulary is read once: it is the same for every input, and 256 words take longer than the few lines beside them. */
#include "core/unicode.h"
#include "data/bpe.h"
#include "data/splitter.h"
#include "data/tokenizer_merges.h"
#include "tests/fuzz/fuzz.h"

enum { WORDS = 260 };

static struct json *words;
static struct vocab *vocab;

/* The input, with the NUL behind it that the reader asks for. */
static char *text;
static size_t size;

/* Out of the reader, so that they are freed when it dies. */
static struct json *tokenizer;
static void *model;

static void make_vocabulary(void)
{
    static const char *const longer[] = {"ab", "abc", "bc", "\xC4\xA0\x61"};
    words = json_new();
    vocab = vocab_new(WORDS, "vocab.json");
    for (int i = 0; i < WORDS; i++) {
        char c[UNICODE_BYTES + 1] = "";
        if (i < 256)
            c[unicode_put(splitter_byte((unsigned char)i), c)] = '\0';
        json_put_int(json_root(words), i < 256 ? c : longer[i - 256], i);
        vocab_set(vocab, i, i < 256 ? c : longer[i - 256]);
    }
    vocab_finish(vocab);
}

static void open_merges(const char *path)
{
    tokenizer = tokenizer_of_merges(json_root(words), text, size, path);
    model = piece_bpe.open(json_get(json_root(tokenizer), "model"), vocab, path);
}

FUZZ_TARGET(merges)
{
    static const int32_t word[] = {'a', 'b', 'c', 0x120, 'a', 'b', 'b', 'c', 'a', 'b', 'c', 'a'}; /* 0x120: a blank */
    struct pieces pieces = {.n = 0};
    if (!vocab)
        make_vocabulary();
    text = malloc(bytes + 1);
    memcpy(text, data, bytes);
    text[bytes] = '\0';
    size = bytes;
    fuzz_read(open_merges, "vocab.json");
    if (model) {
        piece_bpe.cut(model, word, sizeof word / sizeof *word, &pieces);
        if (pieces.n < 1 || pieces.n > (int)(sizeof word / sizeof *word))
            abort();
        for (int i = 0; i < pieces.n; i++)
            if (pieces.id[i] < 0 || pieces.id[i] >= WORDS)
                abort();
        piece_bpe.close(model);
    }
    json_free(tokenizer);
    tokenizer = NULL;
    model = NULL;
    free(text);
    return 0;
}

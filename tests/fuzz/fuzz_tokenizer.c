/* Tokenizers: any text gives ids of the vocabulary within max_len; any tokenizer.json is read or refused, then used. */
#include "data/tokenizer_files.h"
#include "tests/fuzz/fuzz.h"

static struct tokenizer *fixed, *opened;

static void encode(const struct tokenizer *t, const char *a, const char *b, int max_len)
{
    static struct example e;
    tokenizer_encode(t, a, b, max_len, &e);
    if (e.n > max_len ||
        (t->plain && (e.n < (b ? 3 : 2) || e.ids[0] != t->role[SPECIAL_CLS] || e.ids[e.n - 1] != t->role[SPECIAL_SEP])))
        abort();
    for (int i = 0; i < e.n; i++)
        if (e.ids[i] < 0 || e.ids[i] >= vocab_used(t->vocab) || e.types[i] > 1)
            abort();
}

static void open_words(const char *path)
{
    fixed = tokenizer_open(path);
}

static char named[64];

static void open_json(const char *path)
{
    (void)path;
    opened = tokenizer_open(named);
}

/* tokenizer_open knows JSON by its name, which a file in memory has not: a link has. */
static void read_json(const char *path)
{
    snprintf(named, sizeof named, "/tmp/fuzz-tokenizer-%ld.json", (long)getpid());
    if (symlink(path, named))
        abort();
    fuzz_read(open_json, path);
    unlink(named);
}

FUZZ_TARGET(tokenizer)
{
    static const char words[] =
        "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\n##a\nb\n##b\nab\n##bab\n\xCE\xB1\n##\xCE\xB1\n,\n"
        "\xE4\xB8\xAD\n##\xC3\xA9\n";
    if (!fixed)
        fuzz_read(open_words, fuzz_file(1, (const uint8_t *)words, sizeof words - 1));
    char *text = malloc(bytes + 1);
    memcpy(text, data, bytes);
    text[bytes] = '\0';
    char *pair = strchr(text, '\n'); /* the first line end makes a pair */
    if (pair)
        *pair++ = '\0';
    int max_len = 3 + (int)(bytes % (EXAMPLE_TOKENS - 2));
    encode(fixed, text, pair, max_len);
    if (bytes && data[0] == '{') {
        read_json(fuzz_file(0, data, bytes));
        if (opened)
            encode(opened, text, pair, max_len);
        tokenizer_free(opened);
        opened = NULL;
    }
    free(text);
    return 0;
}

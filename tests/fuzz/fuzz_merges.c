/* vocab.json and merges.txt: a vocabulary of all bytes and whatever lines of merges; accepted, a text gives ids of the
 * vocabulary. */
#include "data/splitter.h"
#include "data/tokenizer_files.h"
#include "tests/fuzz/fuzz.h"

static char folder[64];
static struct tokenizer *opened;

static void put(const char *file, const void *bytes, size_t size)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, file);
    FILE *f = fopen(path, "wb");
    if (!f || fwrite(bytes, 1, size, f) != size || fclose(f))
        abort();
}

static void gone(void)
{
    fuzz_folder_remove(folder);
}

/* Every byte is a word, as it must be, and a few longer ones that merges may lead to. */
static void make_folder(void)
{
    static const char longer[] = ",\"ab\":256,\"abc\":257,\"bc\":258,\"\xC4\xA0"
                                 "a\":259,\"<|endoftext|>\":260}";
    static const char model[] = "{\"model_type\": \"gpt2\"}";
    static char text[8192];
    size_t n = 0;
    fuzz_folder(folder, sizeof folder);
    atexit(gone);
    for (int i = 0; i < 256; i++) {
        char c[UNICODE_BYTES];
        int size = unicode_put(splitter_byte((unsigned char)i), c);
        bool escaped = size == 1 && (*c == '"' || *c == '\\');
        n += (size_t)snprintf(text + n, sizeof text - n, "%s\"%s%.*s\":%d", i ? "," : "{", escaped ? "\\" : "", size, c,
                              i);
    }
    memcpy(text + n, longer, sizeof longer - 1);
    put("vocab.json", text, n + sizeof longer - 1);
    put("config.json", model, sizeof model - 1);
}

static void open_folder(const char *path)
{
    opened = tokenizer_open(path);
}

FUZZ_TARGET(merges)
{
    static struct example e;
    if (!*folder)
        make_folder();
    put("merges.txt", data, bytes);
    fuzz_read(open_folder, folder);
    if (!opened)
        return 0;
    tokenizer_encode(opened, "abc ab a bca<|endoftext|>c", "cab", 64, &e);
    for (int i = 0; i < e.n; i++)
        if (e.ids[i] < 0 || e.ids[i] > 260)
            abort();
    tokenizer_free(opened);
    opened = NULL;
    return 0;
}

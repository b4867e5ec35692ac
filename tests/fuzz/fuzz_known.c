/* A list of known runs: its entries have whole keys, texts that end and scores that scores can be, or it is refused. */
#include "record/index.h"
#include "tests/fuzz/fuzz.h"

static struct index known;

static void list(const char *path)
{
    index_list(&known, path);
    for (int i = 0; i < known.nlisted; i++) {
        const struct facts *e = &known.listed[i];
        const char *const texts[] = {e->file, e->method, e->task, e->core, e->compiler, e->commit};
        for (size_t k = 0; k < sizeof texts / sizeof *texts; k++)
            if (strlen(texts[k]) > 256)
                abort();
        if (strlen(e->key) != HASH_HEX - 1 || e->test_metric > 1.1)
            abort();
        if (index_look(&known, "no such folder", e->key) == NULL)
            abort();
    }
}

FUZZ_TARGET(known)
{
    fuzz_read(list, fuzz_file(0, data, bytes));
    index_close(&known);
    return 0;
}

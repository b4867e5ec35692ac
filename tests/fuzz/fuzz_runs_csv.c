/* runs.csv: any table's rows have hashes for hashes, and a configuration that parses or is refused, or the table is. */
#include "core/hash.h"
#include "experiment/replay.h"
#include "tests/fuzz/fuzz.h"

/* Out of the reader, so that they are freed when it dies. */
static struct spec spec;
static char **words;
static int n;

static void let_go(void)
{
    spec_free(&spec);
    if (words)
        replay_free_words(words, n);
    words = NULL;
}

static void row(const struct runs_row *r, void *data)
{
    (void)data;
    let_go();
    if (strlen(r->key) != HASH_HEX - 1 || strlen(r->curve_hash) != HASH_HEX - 1 ||
        strlen(r->weights_hash) != HASH_HEX - 1 || !r->core || !r->compiler)
        abort();
    words = replay_words(r->config, &n);
    spec_parse(&spec, n, (const char *const *)words);
}

static void reader(const char *path)
{
    runs_each(path, row, NULL);
}

FUZZ_TARGET(runs_csv)
{
    struct trap t;
    if (trap_set(&t)) {
        if ((t.code != EXIT_DATA && t.code != EXIT_USAGE) || !*t.text)
            abort();
    } else
        reader(fuzz_file(0, data, bytes));
    trap_end(&t);
    let_go();
    return 0;
}

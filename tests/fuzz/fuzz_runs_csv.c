/* runs.csv: any table's rows have hashes for hashes, and a configuration that parses or is refused, or the table is. */
#include "core/hash.h"
#include "experiment/replay.h"
#include "record/runs_csv.h"
#include "tests/fuzz/fuzz.h"

/* Out of the reader, so that they are freed when it dies. */
static struct spec spec;
static char **words;
static int n;

static void let_go(void)
{
    spec_free(&spec);
    if (words)
        mem_free_list(words);
    words = NULL;
}

static struct runs_list list;

static void reader(const char *path)
{
    runs_list_read(&list, path);
    for (int i = 0; i < list.n; i++) {
        const struct facts *f = &list.row[i].facts;
        let_go();
        if (strlen(f->key) != HASH_HEX - 1 || strlen(f->curve_hash) != HASH_HEX - 1 ||
            strlen(f->weights_hash) != HASH_HEX - 1)
            abort();
        words = replay_words(list.row[i].config, &n);
        spec_parse(&spec, n, (const char *const *)words);
    }
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
    runs_list_free(&list);
    return 0;
}

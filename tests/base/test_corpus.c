/* Every input kept from fuzzing goes through every reader: accepted, or refused as data, never a crash. */
/* precision: float */
#include "core/csv.h"
#include "core/json.h"
#include "data/corpus.h"
#include "data/tokenizer_files.h"
#include "model/hf.h"
#include "tests/scratch.h"

#include <dirent.h>

static struct csv_reader *open_csv; /* what a death in csv_next leaves behind */

static void read_rows(const char *path, enum csv_format format)
{
    struct csv_row row;
    open_csv = csv_open(path, format);
    while (csv_next(open_csv, &row))
        ;
}

static void read_tsv(const char *path)
{
    read_rows(path, FORMAT_TSV);
}

static void read_csv(const char *path)
{
    read_rows(path, FORMAT_CSV);
}

static void read_json(const char *path)
{
    json_free(json_load(path, 1 << 20));
}

static void read_weights(const char *path)
{
    safetensors_close(safetensors_open(path));
}

static void read_config(const char *path)
{
    hf_read_config(path);
}

static void read_vocab(const char *path)
{
    vocab_free(vocab_read(path));
}

static void read_tokenizer(const char *path)
{
    char link[SCRATCH_PATH], *real_path = realpath(path, NULL);
    snprintf(link, sizeof link, "%s", scratch_path("tokenizer.json"));
    unlink(link);
    assert_int_equal(symlink(real_path, link), 0);
    free(real_path);
    tokenizer_free(tokenizer_open(link));
}

static void read_text(const char *path)
{
    struct tokenizer nothing = {.vocab = NULL};
    corpus_close(corpus_open(path, CORPUS_AUTO, &nothing));
}

/* 1 when the file was accepted. */
static int try_reader(void (*reader)(const char *), const char *path)
{
    struct trap t;
    if (trap_set(&t)) {
        assert_int_equal(t.code, EXIT_DATA);
        return 0;
    }
    reader(path);
    trap_end(&t);
    return 1;
}

static void corpus(void **state)
{
    (void)state;
    static const char *const folders[] = {"json", "safetensors", "tsv", "vocab", "hfconfig", "tokenizer", "corpus"};
    void (*const readers[])(const char *) = {read_tsv,    read_csv,   read_json,      read_weights,
                                             read_config, read_vocab, read_tokenizer, read_text};
    enum { READERS = sizeof readers / sizeof readers[0] };
    int accepted[READERS] = {0}, inputs = 0;
    if (access("tests/fuzz/corpus", R_OK) != 0)
        skip(); /* not started in the project's folder */
    for (size_t f = 0; f < sizeof folders / sizeof folders[0]; f++) {
        char path[2 * SCRATCH_PATH];
        snprintf(path, sizeof path, "tests/fuzz/corpus/%s", folders[f]);
        DIR *d = opendir(path);
        assert_non_null(d);
        for (struct dirent *e; (e = readdir(d));) {
            snprintf(path, sizeof path, "tests/fuzz/corpus/%s/%s", folders[f], e->d_name);
            for (int r = 0; e->d_name[0] != '.' && r < READERS; r++) {
                accepted[r] += try_reader(readers[r], path);
                csv_close(open_csv);
                open_csv = NULL;
            }
            inputs += e->d_name[0] != '.';
        }
        closedir(d);
    }
    for (int r = 0; r < READERS; r++) /* each reader takes some and refuses some, or it is not tested */
        assert_in_range(accepted[r], 1, inputs - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(corpus)};
    return cmocka_run_group_tests(tests, scratch_open, scratch_close);
}

/* Seals and what stands behind them: every flipped byte is found, no truncated or garbled file crashes a reader. */
/* precision: float */
#include "tests/scratch.h"

#include "base/base.h"
#include "base/base_corpus.h"
#include "base/cache.h"
#include "base/make.h"
#include "core/file.h"
#include "core/h5.h"
#include "core/h5_file.h"
#include "core/seal.h"
#include "language/language.h"
#include "record/record.h"

#include <fcntl.h>
#include <glob.h>
#include <sys/wait.h>

static char *image;
static size_t size;
static char path[SCRATCH_PATH];

/* A run of three steps, made by hand: small, with every kind of content. */
static void make_record(void)
{
    const char *words[] = {"method=lora", "task=cola", "base=tiny-random", "rank=1", "steps=3"};
    struct spec s;
    struct run r = {.status = RUN_OK, .steps = 3, .evals = 1, .probes = 1, .sites = 12, .items = 5, .nreported = 1};
    double loss[3] = {0.7, 0.6, 0.5}, item[5] = {1, 0, 1, 1, 0}, change[12] = {0.25};
    int step[1] = {3};
    struct score valid[1] = {{0.5, 0.25, 0.125}}, test[1] = {{0.75, 0.375, 0.0625}};
    double lr[3] = {3e-3, 2e-3, 1e-3}, norm[3] = {4, 5, 6};
    struct probe probe = {3, change, change, change, change, change, change, change};
    struct reported fact = {"calls", 2};
    char key[HASH_HEX], name[SCRATCH_PATH];
    r.loss = loss, r.lr = lr, r.grad_norm = norm;
    r.eval_step = step;
    r.valid = valid, r.test = test;
    r.collapsed = true;
    r.forgetting_before = 4, r.forgetting_after = 5;
    r.cost.adapter = (struct counts){11, 12, 13};
    r.cost.head = 14;
    r.item = item;
    r.probe = &probe;
    r.reported = &fact;
    hash_bytes("a", 1, key);
    memcpy(r.check.curve_hash, key, sizeof key);
    memcpy(r.check.weights_hash, key, sizeof key);
    spec_parse(&s, 5, words);
    record_write(scratch, &s, &r, key, key, key);
    record_path(scratch, key, name, sizeof name);
    snprintf(path, sizeof path, "%s", name);
    spec_free(&s);
}

static int open_record(void **state)
{
    if (scratch_open(state))
        return 1;
    make_record();
    image = file_read(path, 1 << 24, &size);
    return 0;
}

static int close_record(void **state)
{
    free(image);
    return scratch_close(state);
}

static void round_trip(void **state)
{
    (void)state;
    struct record rec;
    record_read(&rec, path);
    assert_int_equal(rec.run.steps, 3);
    assert_true(rec.run.loss[2] == 0.5 && rec.run.valid[0].metric == 0.25 && rec.run.probe[0].row_dM[0] == 0.25);
    assert_true(spec_number(rec.config, "rank") == 1);
    const struct run *r = &rec.run;
    assert_true(r->lr[1] == 2e-3 && r->grad_norm[2] == 6 && r->collapsed && r->items == 5 && r->item[4] == 0);
    assert_true(r->test[0].loss == 0.75 && r->test[0].metric == 0.375 && r->test[0].second == 0.0625);
    assert_true(r->forgetting_before == 4 && r->forgetting_after == 5);
    assert_true(r->cost.adapter.trained == 11 && r->cost.adapter.active == 12 && r->cost.adapter.stored == 13);
    assert_true(r->cost.head == 14 && r->nreported == 1 && r->reported[0].value == 2);
    record_free(&rec);
}

/* Catches: a table laid out the other way round, which holds as many values: docs/schema.md says (probe, site). */
static void shapes(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int rank;
        size_t dims[2];
    } tables[] = {{"/curve/train_loss", 1, {3}}, {"/curve/lr", 1, {3}},         {"/eval/test_metric", 1, {1}},
                  {"/eval/test_item", 1, {5}},   {"/probe/dM_row", 2, {1, 12}}, {"/probe/null_dD_row", 2, {1, 12}},
                  {"/probe/rank", 2, {1, 12}},   {"/probe/site", 1, {12}}};
    struct h5 *h = h5_open_sealed(path);
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        size_t dims[H5_RANK] = {0};
        assert_int_equal(h5_shape(h, tables[i].name, dims), tables[i].rank);
        assert_int_equal(dims[0], tables[i].dims[0]);
        assert_int_equal(dims[1], tables[i].dims[1]);
    }
    h5_close(h);
}

/* Catches: a curve of fewer values than the run has steps, which a figure would read beyond its end. */
static void a_shorter_curve_is_refused(void **state)
{
    (void)state;
    hsize_t two[1] = {2};
    struct record rec;
    size_t n;
    const char *file = scratch_bytes("shorter.h5", image, size);
    hid_t h = H5Fopen(file, H5F_ACC_RDWR, H5P_DEFAULT), space = H5Screate_simple(1, two, NULL);
    assert_true(H5Ldelete(h, "/curve/lr", H5P_DEFAULT) >= 0);
    H5Dclose(H5Dcreate2(h, "/curve/lr", H5T_IEEE_F64LE, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
    H5Sclose(space);
    H5Fclose(h);
    char *bytes = file_read(file, 1 << 24, &n);
    seal_put(bytes, n);
    file = scratch_bytes("shorter.h5", bytes, n);
    free(bytes);
    refused(record_read(&rec, file), EXIT_CORRUPT, "/curve/lr holds 2 values, not 3");
}

static void every_flipped_byte_is_found(void **state)
{
    (void)state;
    assert_null(seal_wrong(image, size));
    for (size_t i = 0; i < size; i++) {
        image[i] ^= (char)(1 << i % 8);
        if (!seal_wrong(image, size))
            fail_msg("a flipped bit of byte %zu is not found", i);
        image[i] ^= (char)(1 << i % 8);
    }
    print_message("%zu bytes flipped, every one found\n", size);
}

static void read_record(const char *file)
{
    struct record rec;
    record_read(&rec, file);
    record_free(&rec);
}

static const char *variant(const char *bytes, size_t n)
{
    return scratch_bytes("variant.h5", bytes, n);
}

static void truncated_files_are_refused(void **state)
{
    (void)state;
    size_t step = getenv("FAULTS") ? 1 : 13;
    for (volatile size_t n = 0; n < size; n += n < 700 ? 1 : step)
        refused(read_record(variant(image, n)), EXIT_CORRUPT, "variant.h5");
    char *longer = calloc(1, size + 1);
    memcpy(longer, image, size);
    refused(read_record(variant(longer, size + 1)), EXIT_CORRUPT, "damaged");
    free(longer);
}

/* Reads foreign HDF5 in this process or dies; what the child saw decides. */
static void read_foreign(const char *file)
{
    size_t n;
    struct h5 *h = h5_open(file);
    struct trap t;
    if (trap_set(&t)) {
        h5_abandon(h);
        die(t.code, "%s", t.text);
    }
    free(h5_read_f64(h, "/curve/train_loss", &n));
    trap_end(&t);
    h5_close(h);
}

/* Without its seal a record is foreign HDF5: garbled, it is refused or read, and never ends this process. */
static void garbled_foreign_files(void **state)
{
    (void)state;
    const size_t body = size - SEAL_BYTES, step = getenv("FAULTS") ? 1 : 97;
    volatile size_t accepted = 0, tried = 0;
    char *foreign = malloc(body);
    memcpy(foreign, image + SEAL_BYTES, body);
    for (volatile size_t i = 0; i < body; i += i < 96 ? 1 : step, tried++) {
        struct trap t;
        foreign[i] ^= (char)0xff;
        const char *file = variant(foreign, body);
        if (!trap_set(&t)) {
            read_foreign(file);
            accepted++;
        } else if (t.code != EXIT_DATA)
            fail_msg("byte %zu: code %d: %s", i, (int)t.code, t.text);
        trap_end(&t);
        foreign[i] ^= (char)0xff;
    }
    free(foreign);
    assert_in_range(accepted, 1, tried - 1);
}

/* A record sealed over garbled HDF5 is whole as far as the seal goes. In a child, since HDF5 itself may crash: then our
 * readers are not to blame, and nobody but a forger makes such a file. */
static void garbled_behind_the_seal(void **state)
{
    (void)state;
    int crashed = 0, tried = 0;
    for (size_t i = SEAL_BYTES; i < size; i += 211, tried++) {
        image[i] ^= 0x55;
        seal_put(image, size);
        const char *file = variant(image, size);
        fflush(NULL);
        pid_t pid = fork();
        if (pid == 0) {
            struct trap t;
            if (!freopen("/dev/null", "w", stderr))
                _exit(1);
            if (!trap_set(&t))
                read_record(file);
            _exit(0);
        }
        int status;
        waitpid(pid, &status, 0);
        crashed += !WIFEXITED(status) || WEXITSTATUS(status) != 0;
        image[i] ^= 0x55;
    }
    seal_put(image, size);
    assert_null(seal_wrong(image, size));
    print_message("%d sealed forgeries read, %d ended the reader\n", tried, crashed);
    assert_true(crashed <= tried / 20);
}

/* The only image in the scratch folder's cache. */
static void find_image(char found[SCRATCH_PATH])
{
    glob_t g;
    assert_int_equal(glob(scratch_path("cache/*." REAL_NAME), 0, NULL, &g), 0);
    assert_int_equal(g.gl_pathc, 1);
    snprintf(found, SCRATCH_PATH, "%s", g.gl_pathv[0]);
    globfree(&g);
}

/* The image that runs map carries its own hash. */
static void a_damaged_cache_is_made_again(void **state)
{
    (void)state;
    struct base b;
    char cache[SCRATCH_PATH];
    base_open(&b, "tiny-random", 1);
    base_load(&b, scratch);
    char hash[HASH_HEX];
    memcpy(hash, b.hash, sizeof hash);
    find_image(cache);
    base_close(&b);
    assert_true(base_cache_whole(cache));
    int fd = open(cache, O_RDWR);
    assert_int_equal(pwrite(fd, "x", 1, 1000), 1);
    close(fd);
    assert_false(base_cache_whole(cache));
    base_open(&b, "tiny-random", 1);
    base_load(&b, scratch);
    assert_string_equal(b.hash, hash);
    base_close(&b);
    assert_true(base_cache_whole(cache));
}

/* Catches: runs on the weights that a file had before another was put in its place. */
static void a_cache_follows_its_file(void **state)
{
    (void)state;
    char corpus[2 * SCRATCH_PATH], vocab[2 * SCRATCH_PATH], file[SCRATCH_PATH];
    char hash[HASH_HEX], other[SCRATCH_PATH];
    char *asked[] = {corpus,      vocab,     "layers=1", "d=16",     "heads=1", "ffn=16",
                     "length=16", "batch=4", "steps=2",  "warmup=1", "seed=1"};
    struct base b;
    real first[8];
    FILE *words = fopen(scratch_path("vocab.txt"), "w"), *text = fopen(scratch_path("corpus.txt"), "w");
    for (int i = 0; i < lang_vocab_size(); i++)
        fprintf(words, "%s\n", lang_word(i));
    for (int i = 0; i < 2000; i++)
        fprintf(text, "%s%s", lang_word(10 + i * 7 % 100), i % 8 == 7 ? "\n\n" : " ");
    assert_int_equal(fclose(words) | fclose(text), 0);
    snprintf(corpus, sizeof corpus, "corpus=%s", scratch_path("corpus.txt"));
    snprintf(vocab, sizeof vocab, "vocab=%s", scratch_path("vocab.txt"));
    base_open_corpus(&b, sizeof asked / sizeof *asked, asked);
    base_pretrain(&b, scratch);
    base_path(&b, scratch, file, sizeof file);
    base_close(&b);
    base_open(&b, file, 1);
    base_load(&b, scratch);
    memcpy(hash, b.hash, sizeof hash);
    assert_int_equal(pread(b.image, first, sizeof first, 0), sizeof first);
    base_close(&b);

    asked[sizeof asked / sizeof *asked - 1] = "seed=2";
    base_open_corpus(&b, sizeof asked / sizeof *asked, asked); /* other weights under the same name */
    base_pretrain(&b, scratch);
    base_path(&b, scratch, other, sizeof other);
    base_close(&b);
    assert_int_equal(rename(other, file), 0);
    for (int time = 0; time < 2; time++) { /* the second finds the new cache */
        base_open(&b, file, 1);
        base_load(&b, scratch);
        assert_string_not_equal(b.hash, hash);
        real now[8];
        assert_int_equal(pread(b.image, now, sizeof now, 0), sizeof now);
        assert_memory_not_equal(now, first, sizeof now);
        base_close(&b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(round_trip),
                                       cmocka_unit_test(shapes),
                                       cmocka_unit_test(a_shorter_curve_is_refused),
                                       cmocka_unit_test(every_flipped_byte_is_found),
                                       cmocka_unit_test(truncated_files_are_refused),
                                       cmocka_unit_test(garbled_foreign_files),
                                       cmocka_unit_test(garbled_behind_the_seal),
                                       cmocka_unit_test(a_damaged_cache_is_made_again),
                                       cmocka_unit_test(a_cache_follows_its_file)};
    return cmocka_run_group_tests(tests, open_record, close_record);
}

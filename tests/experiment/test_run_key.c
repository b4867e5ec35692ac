/* What a run is called. Catches: what computes and is not in the key (heads of a config.json, weights of the same size and
 * date, a tokenizer's file, the content of a table), what is remembered of another file, and names that need weights. */
/* precision: float */
#include "experiment/run_key.h"

#include "base/cache.h"
#include "core/build.h"
#include "core/content.h"
#include "core/file.h"
#include "export/whole_model.h"
#include "tests/process.h"
#include "tests/scratch.h"

#include <fcntl.h>
#include <glob.h>

static char folder[SCRATCH_PATH], table[SCRATCH_PATH];

/* A folder as of Hugging Face, and a table of three classes. */
static void make_files(void)
{
    struct base b;
    snprintf(folder, sizeof folder, "%s", scratch_path("base/config.json"));
    *strrchr(folder, '/') = '\0';
    snprintf(table, sizeof table, "%s", scratch_path("t.tsv"));
    base_open(&b, "tiny-random", 1);
    base_load(&b, scratch_path("results"));
    folder_make(folder);
    export_base(&b, folder);
    base_close(&b);
    FILE *f = fopen(table, "w");
    fprintf(f, "text\tlabel\n");
    for (int i = 0; i < 300; i++)
        fprintf(f, "w%d x%d y%d\t%s\n", i, i * 7 % 31, i * 5 % 13, i % 3 == 0 ? "red" : i % 3 == 1 ? "blue" : "green");
    assert_int_equal(fclose(f), 0);
}

/* The key of a run on the table, in a session of its own as another process would have. */
static void key_of(char key[HASH_HEX])
{
    char base[2 * SCRATCH_PATH], file[2 * SCRATCH_PATH];
    const char *words[] = {"method=lora", "task=table", base, file, "rank=1"};
    struct session *s = session_open(scratch_path("results"));
    struct identity id;
    snprintf(base, sizeof base, "base=%s", folder);
    snprintf(file, sizeof file, "file=%s", table);
    identity_make(s, &id, sizeof words / sizeof *words, words);
    memcpy(key, id.key, HASH_HEX);
    assert_true(id.base->image < 0);
    identity_free(&id);
    session_close(s);
}

/* Writes `to` over the first `from` of a file, in place, and sets the file's date back: same name, size, inode, date. */
static void edit(const char *path, const char *from, const char *to)
{
    struct stat was;
    size_t size;
    assert_int_equal(stat(path, &was), 0);
    char *text = file_read(path, 1 << 26, &size), *at = memmem(text, size, from, strlen(from));
    assert_non_null(at);
    assert_int_equal(strlen(from), strlen(to));
    memcpy(at, to, strlen(to));
    int fd = open(path, O_WRONLY);
    assert_int_equal(write(fd, text, size), size);
    struct timespec times[2] = {was.st_atim, was.st_mtim};
    assert_int_equal(futimens(fd, times), 0);
    close(fd);
    free(text);
}

static const char *in_folder(const char *name)
{
    char path[64];
    snprintf(path, sizeof path, "base/%s", name);
    return scratch_path(path);
}

/* Each change of what computes gives another key, and taking it back gives the first one again. */
static void what_computes(void **state)
{
    (void)state;
    static const struct {
        const char *file, *was, *is;
    } edits[] = {
        {"config.json", "\"num_attention_heads\": 2", "\"num_attention_heads\": 1"},
        {"vocab.txt", "[MASK]\n", "[MASK]\n"}, /* the same: the same key */
        {NULL, "\tgreen", "\tgrey1"},          /* the name of a class */
        {NULL, "w5 x", "w5yx"},                /* a text, by one token */
    };
    char first[HASH_HEX], now[HASH_HEX];
    make_files();
    key_of(first);
    for (size_t i = 0; i < sizeof edits / sizeof *edits; i++) {
        const char *path = edits[i].file ? in_folder(edits[i].file) : table;
        edit(path, edits[i].was, edits[i].is);
        key_of(now);
        if ((strcmp(now, first) == 0) != (strcmp(edits[i].was, edits[i].is) == 0))
            fail_msg("%s: \"%s\" -> \"%s\": key %.12s, first %.12s", path, edits[i].was, edits[i].is, now, first);
        edit(path, edits[i].is, edits[i].was);
        key_of(now);
        assert_string_equal(now, first);
    }
}

/* Other weights of the same size and date. */
static void weights_by_content(void **state)
{
    (void)state;
    char first[HASH_HEX], now[HASH_HEX];
    const char *path = in_folder("model.safetensors");
    struct stat was;
    key_of(first);
    assert_int_equal(stat(path, &was), 0);
    int fd = open(path, O_RDWR);
    float value;
    assert_int_equal(pread(fd, &value, sizeof value, was.st_size - 4), sizeof value);
    value += 1;
    assert_int_equal(pwrite(fd, &value, sizeof value, was.st_size - 4), sizeof value);
    struct timespec times[2] = {was.st_atim, was.st_mtim};
    assert_int_equal(futimens(fd, times), 0);
    close(fd);
    key_of(now);
    assert_string_not_equal(now, first);
}

/* Leaves other bytes where the next call's variables will lie. */
static __attribute__((noinline)) void scribble(int byte)
{
    volatile char bytes[1 << 16];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (char)byte;
}

/* What is remembered of data is found again, also where there is no tokenizer whose hash would say which. */
static void remembered_data(void **state)
{
    (void)state;
    static const char *const words[] = {"method=lora", "task=cola", "base=tiny-random", "rank=1",
                                        "ntrain=8",    "nvalid=8",  "ntest=8"};
    glob_t g;
    for (int k = 0; k < 2; k++) {
        struct session *s = session_open(scratch_path("data-memory"));
        struct identity id;
        folder_make(session_results(s));
        scribble(k);
        identity_make(s, &id, sizeof words / sizeof *words, words);
        identity_free(&id);
        session_close(s);
    }
    assert_int_equal(glob(scratch_path("data-memory/cache/*.data"), 0, NULL, &g), 0);
    assert_int_equal(g.gl_pathc, 1);
    globfree(&g);
}

/* A remembered hash is of a file that has not changed since; a damaged memory is no memory. */
static void remembered_content(void **state)
{
    (void)state;
    char right[HASH_HEX], hex[HASH_HEX], cache[SCRATCH_PATH];
    const char *path = scratch_path("content.txt");
    snprintf(cache, sizeof cache, "%s", scratch_path("content-cache/x"));
    *strrchr(cache, '/') = '\0';
    FILE *f = fopen(path, "w");
    fprintf(f, "one");
    assert_int_equal(fclose(f), 0);
    content_hash(path, NULL, right);
    sleep(4); /* until a second change could not hide in the tick of the first */
    for (int k = 0; k < 2; k++) {
        content_hash(path, cache, hex);
        assert_string_equal(hex, right);
    }
    edit(path, "one", "two");
    content_hash(path, cache, hex);
    assert_string_not_equal(hex, right);
}

/* Titles and citations may change, a line of code may not: what scripts/registry hashes. */
static void code_and_descriptions(void **state)
{
    (void)state;
    static const struct {
        const char *edit;
        bool same;
    } edits[] = {{"s/\\.title = \"/&A new title: /", true},
                 {"1i /* Another first line. */", true},
                 {"s/->rank/->rank + 0/", false}};
    char line[2048], hash[2][80];
    for (size_t i = 0; i < sizeof edits / sizeof *edits; i++) {
        for (int k = 0; k < 2; k++) {
            snprintf(
                line, sizeof line,
                "t='%s/tree'; rm -rf \"$t\"; mkdir -p \"$t/methods\" && cp -r scripts harness tasks \"$t\" && "
                "cp methods/lora.c \"$t/methods\" && cd \"$t\" && { [ %d = 0 ] || sed -i '%s' methods/lora.c; } && "
                "scripts/registry methods/lora.c tasks/sst.c | sed -n 's:.*{\"methods/lora.c\", \"\\(.*\\)\"}.*:\\1:p'",
                scratch, k, edits[i].edit);
            assert_int_equal(process_shell(line, hash[k], sizeof hash[k]), 0);
            assert_int_equal(strlen(hash[k]), 65);
        }
        if ((strcmp(hash[0], hash[1]) == 0) != edits[i].same)
            fail_msg("%s: %s and %s", edits[i].edit, hash[0], hash[1]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_computes),         cmocka_unit_test(weights_by_content),
        cmocka_unit_test(remembered_data),       cmocka_unit_test(remembered_content),
        cmocka_unit_test(code_and_descriptions),
    };
    return cmocka_run_group_tests(tests, scratch_open, scratch_close);
}

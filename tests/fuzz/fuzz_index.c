/* The index of a results folder: a damaged one is not believed; one whose hash fits has texts that end and a state that
 * there is, or is made again from the runs. */
#include "core/arena.h"
#include "core/file.h"
#include "record/index.h"
#include "tests/fuzz/fuzz.h"

static char results[64], path[80], *whole;
static size_t size_of_whole;

static void write_bytes(const char *bytes, size_t n)
{
    FILE *f = fopen(path, "wb");
    if (!f || fwrite(bytes, 1, n, f) != n || fclose(f))
        abort();
}

static void close_results(void)
{
    fuzz_folder_remove(results);
    free(whole);
}

/* A folder with one file that is no run, and the index that the program makes of it. */
static void open_results(void)
{
    struct index x;
    char file[160];
    fuzz_folder(results, sizeof results);
    snprintf(file, sizeof file, "%s/runs", results);
    folder_make(file);
    snprintf(path, sizeof path, "%s/index", results);
    snprintf(file, sizeof file, "%s/runs/0123456789ab.h5", results);
    FILE *f = fopen(file, "wb");
    if (!f || fputs("no run", f) < 0 || fclose(f))
        abort();
    index_open(&x, results);
    index_close(&x);
    whole = file_read(path, 1 << 20, &size_of_whole);
    atexit(close_results);
}

static void must_end(const char *text, size_t size)
{
    if (!memchr(text, '\0', size))
        abort();
}

static struct index opened;

static void reader(const char *folder)
{
    index_open(&opened, folder);
    for (int i = 0; i < opened.n; i++) {
        const struct facts *e = &opened.entry[i];
        must_end(e->file, sizeof e->file);
        for (int k = 0; k < FACTS_SIZE; k++)
            if (fact_list[k].room)
                must_end((const char *)e + fact_list[k].at, fact_list[k].room);
    }
    if (opened.n != 1 || index_look(&opened, folder, "0123456789ab")) /* its one file is no run */
        abort();
}

static void read_index(const char *bytes, size_t n)
{
    write_bytes(bytes, n);
    fuzz_read(reader, results);
    index_close(&opened);
}

FUZZ_TARGET(index)
{
    size_t n;
    if (!whole)
        open_results();
    char *copy = fuzz_patched(whole, size_of_whole, HASH_HEX, data, bytes, &n);
    read_index(copy, n);
    hash_bytes(copy, n - HASH_HEX, copy + n - HASH_HEX);
    read_index(copy, n);
    free(copy);
    return 0;
}

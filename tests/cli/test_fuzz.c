/* Every input in tests/fuzz/corpus, which once broke a reader or is one of its kind, is read again by the fuzz target
 * that it belongs to. Catches what `make fuzz` found coming back; a finding ends this program, or a sanitizer does. */
/* precision: float */
#include "core/file.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define DECLARE(name) int fuzz_##name(const uint8_t *, size_t)
DECLARE(adapter);
DECLARE(base);
DECLARE(checkpoint);
DECLARE(corpus);
DECLARE(hf);
DECLARE(hfconfig);
DECLARE(index);
DECLARE(ini);
DECLARE(json);
DECLARE(known);
DECLARE(merges);
DECLARE(options);
DECLARE(record);
DECLARE(resume);
DECLARE(runs_csv);
DECLARE(safetensors);
DECLARE(tokenizer);
DECLARE(tsv);
DECLARE(vocab);

#define ROW(name)          \
    {                      \
#name, fuzz_##name \
    }
static const struct target {
    const char *name;
    int (*read)(const uint8_t *, size_t);
} targets[] = {ROW(adapter),  ROW(base),        ROW(checkpoint), ROW(corpus), ROW(hf),      ROW(hfconfig), ROW(index),
               ROW(ini),      ROW(json),        ROW(known),      ROW(merges), ROW(options), ROW(record),   ROW(resume),
               ROW(runs_csv), ROW(safetensors), ROW(tokenizer),  ROW(tsv),    ROW(vocab)};

static int read_folder(const struct target *t)
{
    char path[512];
    struct dirent *d;
    int n = 0;
    snprintf(path, sizeof path, "tests/fuzz/corpus/%s", t->name);
    DIR *folder = opendir(path);
    if (!folder) {
        fail_msg("%s: there is no such folder; run this from the top of the tree", path);
        return 0;
    }
    while ((d = readdir(folder))) {
        size_t size;
        if (*d->d_name == '.')
            continue;
        snprintf(path, sizeof path, "tests/fuzz/corpus/%s/%s", t->name, d->d_name);
        char *input = file_read(path, 1 << 20, &size);
        t->read((const uint8_t *)input, size);
        free(input);
        n++;
    }
    closedir(folder);
    return n;
}

static void kept_inputs(void **state)
{
    (void)state;
    int all = 0;
    for (size_t i = 0; i < sizeof targets / sizeof *targets; i++) {
        int n = read_folder(&targets[i]);
        if (!n)
            fail_msg("%s has no input", targets[i].name);
        all += n;
    }
    print_message("%d inputs of %zu readers\n", all, sizeof targets / sizeof *targets);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(kept_inputs)};
    setenv("OPENBLAS_NUM_THREADS", "1", 1);
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The text of a spec: whatever is written reads back, for every method on every task. */
/* precision: float */
#include "core/arena.h"
#include "core/option.h"
#include "data/task.h"
#include "train/spec.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/dies.h"

enum { LINES = 512 };

/* The canonical lines as assignments: `extra` is the budget's answer, no option. */
static int lines_of(char *lines, const char *line[LINES])
{
    int n = 0;
    for (char *p = lines, *end; *p && n < LINES; p = end) {
        end = p + strcspn(p, "\n");
        if (*end)
            *end++ = '\0';
        if (strncmp(p, "extra=", 6) != 0)
            line[n++] = p;
    }
    return n;
}

/* Writes, reads and writes again: the same text. */
static void round_trip_of(int n, const char *const *words)
{
    struct spec s, again;
    static char first[SPEC_TEXT], copy[SPEC_TEXT], second[SPEC_TEXT];
    const char *line[LINES];
    spec_parse(&s, n, words);
    spec_text(&s, first);
    memcpy(copy, first, sizeof first);
    int lines = lines_of(copy, line);
    assert_in_range(lines, 30, LINES - 1);
    spec_parse(&again, lines, line);
    spec_text(&again, second);
    assert_string_equal(first, second);
    spec_free(&s);
    spec_free(&again);
}

/* Catches: a key of the canonical lines that two tables share, so that no list of runs can be made again. */
static void every_spec_reads_back(void **state)
{
    (void)state;
    for (int m = 0; m < method_registry_size; m++)
        for (int t = 0; t < task_registry_size; t++) {
            char method[80], task[80];
            snprintf(method, sizeof method, "method=%s", method_registry[m]->name);
            snprintf(task, sizeof task, "task=%s", task_registry[t]->name);
            const char *words[] = {method, task, "rank=30", "lr=0.00012345678901234567", "base=a folder/b"};
            round_trip_of(5, words);
        }
}

static void parse_words(const char *word)
{
    struct spec s;
    const char *words[] = {"method=lora", "task=planted", word};
    spec_parse(&s, 3, words);
    spec_free(&s);
}

/* Catches: a shared name that goes to either table without a word, and one that cannot be given to one of them. */
static void a_shared_name_needs_its_table(void **state)
{
    (void)state;
    struct spec s;
    static char lines[SPEC_TEXT];
    DIES(EXIT_USAGE, parse_words("layers=1"));
    assert_non_null(strstr(text, "belongs to more than one table here: write method.layers or task.layers"));
    const char *words[] = {"method=lora", "task=planted", "method.layers=1,2", "task.layers=0"};
    spec_parse(&s, 4, words);
    assert_string_equal(s.adapter.layers, "1,2");
    spec_text(&s, lines);
    assert_non_null(strstr(lines, "\nlayers=1,2\n"));
    assert_non_null(strstr(lines, "\ntask.layers=0\n"));
    round_trip_of(4, words);
    spec_free(&s);
}

/* Catches: head= read and forgotten where the task has none. */
static void a_head_needs_classes(void **state)
{
    (void)state;
    parse_words("head=classifier"); /* what every run has unless told otherwise */
    DIES(EXIT_USAGE, parse_words("head=pooler"));
    assert_non_null(strstr(text, "head=pooler: planted has no head"));
    DIES(EXIT_USAGE, parse_words("head=theirs"));
}

/* Every integer option takes every number within its bounds of 1..100, and 10^6, in the text of its type. */
static void try_integers(const struct option *table, size_t size)
{
    char word[64], again[64];
    void *opts = mem_alloc(size);
    for (const struct option *o = table; o && o->name; o++)
        for (int v = 1; v <= 101 && o->type == OPT_INT; v++) {
            double x = v == 101 ? 1e6 : v;
            if (x < o->min || x > o->max)
                continue;
            option_number_text(o, x, word, sizeof word);
            option_set(o, opts, word);
            option_get(o, opts, again, sizeof again);
            assert_string_equal(word, again);
            assert_true(*(const int *)(const void *)((const char *)opts + o->offset) == (int)x);
        }
    free(opts);
}

/* Catches: an integer that goes through the text of a real: rank=1e+01 cannot be read back. */
static void integers_have_no_exponent(void **state)
{
    (void)state;
    try_integers(train_options, sizeof(struct train_opts));
    try_integers(adapter_options, sizeof(struct adapter));
    try_integers(task_common_options, sizeof(struct task_common));
    for (int i = 0; i < method_registry_size; i++)
        try_integers(method_registry[i]->options, method_registry[i]->options_size);
    for (int i = 0; i < task_registry_size; i++)
        try_integers(task_registry[i]->options, task_registry[i]->options_size);
}

/* Catches: an option of a method that has the name of a run's, so that neither can be given without a prefix. */
static void methods_leave_the_run_its_names(void **state)
{
    (void)state;
    for (int i = 0; i < method_registry_size; i++)
        for (const struct option *o = method_registry[i]->options; o && o->name; o++)
            if (option_find(train_options, o->name) || option_find(task_common_options, o->name) ||
                option_find(adapter_options, o->name))
                fail_msg("%s: the option %s= has the name of one that every run has", method_registry[i]->name,
                         o->name);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_spec_reads_back), cmocka_unit_test(integers_have_no_exponent),
        cmocka_unit_test(a_shared_name_needs_its_table), cmocka_unit_test(a_head_needs_classes),
        cmocka_unit_test(methods_leave_the_run_its_names)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

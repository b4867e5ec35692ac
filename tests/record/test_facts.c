/* The list of a run's facts: whatever stands in it is written, read, listed, compared and documented, entry by entry. */
/* precision: float */
#include "tests/scratch.h"

#include "core/arena.h"
#include "core/file.h"
#include "core/option.h"
#include "record/compare.h"
#include "record/record.h"
#include "record/runs_csv.h"

#include <math.h>

#define HASH "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

/* ---- Records --------------------------------------------------------------------------------------------------- */

/* Puts a value into a member that no other entry has: number `i` of the list, `turn` later. */
static void put(struct record *rec, int i, int turn)
{
    const struct fact *f = &fact_list[i];
    void *at = (char *)rec + f->member;
    switch (f->kind) {
    case KIND_NONE:
        return;
    case KIND_DOUBLE:
        *(double *)at = i + turn + 0.1;
        return;
    case KIND_INT:
        *(int *)at = i + turn;
        return;
    case KIND_LONG:
        *(long *)at = ((long)i << 33) + turn;
        return;
    case KIND_BOOL:
        *(bool *)at = turn % 2 == 0;
        return;
    case KIND_TEXT:
        snprintf(at, f->member_room, "%064x", (unsigned)(i + 100 * turn));
        return;
    case KIND_STATUS:
        *(enum run_status *)at = turn % 2 ? RUN_OK : RUN_DIVERGED;
    }
}

static bool same(const struct record *a, const struct record *b, int i)
{
    const struct fact *f = &fact_list[i];
    return f->kind == KIND_TEXT ? strcmp((const char *)a + f->member, (const char *)b + f->member) == 0
                                : memcmp((const char *)a + f->member, (const char *)b + f->member, f->member_room) == 0;
}

/* What the run itself measured: the rest says where and when it was made. */
static bool of_run(const struct fact *f)
{
    return f->kind != KIND_NONE && f->member >= offsetof(struct record, run);
}

/* Catches: an entry of the list that a record does not keep, or keeps as another. */
static void every_stored_fact_reads_back(void **state)
{
    (void)state;
    const char *words[] = {"method=lora", "task=cola", "base=tiny-random", "rank=1", "steps=3"};
    struct spec s;
    struct record was = {.dirty = 0}, now;
    char path[SCRATCH_PATH];
    for (int i = 0; i < fact_list_size; i++)
        put(&was, i, 0);
    spec_parse(&s, 5, words);
    record_write(scratch, &s, &was.run, HASH, HASH, HASH);
    spec_free(&s);
    record_path(scratch, HASH, path, sizeof path);
    record_read(&now, path);
    int seen = 0;
    for (int i = 0; i < fact_list_size; i++)
        if (of_run(&fact_list[i])) {
            if (!same(&was, &now, i))
                fail_msg("%s is not as it was written", fact_list[i].name);
            seen++;
        }
    assert_in_range(seen, 20, fact_list_size);
    assert_string_equal(now.key, HASH);
    assert_string_equal(now.base_hash, HASH);
    record_free(&now);
}

/* Catches: a fact that must repeat and is not compared, and a measured time that is. */
static void comparing_sees_what_repeats(void **state)
{
    (void)state;
    struct record a = {.dirty = 0}, b = {.dirty = 0};
    for (int i = 0; i < fact_list_size; i++)
        put(&a, i, 0), put(&b, i, 0);
    assert_int_equal(run_compare(&a.run, &b.run, NULL, NULL), 0);
    for (int i = 0; i < fact_list_size; i++) {
        if (!of_run(&fact_list[i]))
            continue;
        put(&b, i, 1);
        if (run_compare(&a.run, &b.run, NULL, NULL) != ((fact_list[i].use & REPEATS) != 0))
            fail_msg("%s: compared, or not, against the list", fact_list[i].name);
        put(&b, i, 0);
    }
    assert_true(fact_list[FACT_peak_bytes].use & REPEATS);
    assert_true(fact_list[FACT_flops_per_step].use & REPEATS);
    assert_false(fact_list[FACT_step_ms].use & REPEATS);
}

/* ---- Lists ----------------------------------------------------------------------------------------------------- */

static void set_facts(struct facts *f)
{
    facts_clear(f);
    for (int i = 0; i < FACTS_SIZE; i++) {
        const struct fact *t = &fact_list[i];
        void *at = (char *)f + t->at;
        if (!t->room)
            *(double *)at = t->use & AT_MOST_ONE ? -1 / (i + 1.0) : i + 1 / 3.0;
        else if (t->use & A_HASH)
            snprintf(at, t->room, "%064x", (unsigned)i);
        else
            snprintf(at, t->room, "a, \"%d\"", i);
    }
    snprintf(f->status, sizeof f->status, "ok");
}

static const char *write_list(const struct facts *f, const char *config)
{
    const char *path = scratch_path("list.csv");
    FILE *out = fopen(path, "w");
    assert_non_null(out);
    runs_csv_head(out);
    runs_csv_row(out, f, "main", "report", config);
    assert_int_equal(fclose(out), 0);
    return path;
}

/* Catches: a fact of the list that runs.csv loses, or that another column takes; a value with the sign between lines. */
static void every_listed_fact_reads_back(void **state)
{
    (void)state;
    struct facts was;
    struct runs_list l;
    set_facts(&was);
    runs_list_read(&l, write_list(&was, "base=a;b\\c\nlr=1\n"));
    assert_int_equal(l.n, 1);
    const struct facts *now = &l.row[0].facts;
    for (int i = 0; i < FACTS_SIZE; i++) {
        const struct fact *t = &fact_list[i];
        const char *x = (const char *)&was + t->at, *y = (const char *)now + t->at;
        if (!(t->use & IN_LIST))
            assert_true(t->room || isnan(facts_number(now, (enum fact_id)i)));
        else if (t->room ? strcmp(x, y) : memcmp(x, y, sizeof(double)))
            fail_msg("%s is not as it was listed", t->name);
    }
    assert_string_equal(l.row[0].config, "base=a;b\\c\nlr=1\n");
    assert_int_equal(now->listed, 1);
    runs_list_free(&l);
}

/* Catches: a whole number as 6e+01, which a reader takes for a measured one, and a leading sign taken for a formula. */
static void numbers_are_plain(void **state)
{
    (void)state;
    struct facts f;
    set_facts(&f);
    f.steps = 60, f.seed = 10, f.parameters_active = 1023040, f.forgetting = -0.5;
    char *text = file_read(write_list(&f, "lr=1\n"), 1 << 16, NULL);
    assert_non_null(strstr(text, ",60,"));
    assert_non_null(strstr(text, ",10,"));
    assert_non_null(strstr(text, ",1023040,"));
    assert_non_null(strstr(text, ",-0.5,"));
    free(text);
}

/* Catches: a score of a run that diverged, as if it were one; a list that cannot be read since a run in it, which diverged, has no weights to
 * hash. */
static void a_diverged_run_lists_no_score(void **state)
{
    (void)state;
    struct facts f;
    struct runs_list l;
    set_facts(&f);
    snprintf(f.status, sizeof f.status, "diverged");
    f.weights_hash[0] = '\0';
    runs_list_read(&l, write_list(&f, "lr=1\n"));
    assert_true(isnan(l.row[0].facts.test_metric) && isnan(l.row[0].facts.forgetting));
    assert_true(l.row[0].facts.peak_bytes == f.peak_bytes && !facts_success(&l.row[0].facts));
    runs_list_free(&l);
}

/* Catches: a list that was committed before a fact was, and cannot be read any more or says a number for it. */
static void old_lists_are_read(void **state)
{
    (void)state;
    static const char *const lists[] = {"smoke", "default", "full"};
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        char path[200];
        struct runs_list l;
        snprintf(path, sizeof path, "results/reference/%s/runs.csv", lists[i]);
        runs_list_read(&l, path);
        assert_true(l.n >= 20 && strlen(l.row[l.n - 1].facts.key) == HASH_HEX - 1);
        for (int k = 0; k < l.n; k++)
            if (facts_success(&l.row[k].facts))
                assert_true((l.row[k].facts.valid_metric <= 1 || l.row[k].facts.test_metric <= 1) &&
                            l.row[k].facts.steps > 0);
        runs_list_free(&l);
    }
    struct runs_list l;
    runs_list_read(&l, scratch_text("old.csv", "core,spec,key,curve_hash,weights_hash\nZen,a=1;b=2;," HASH "," HASH
                                               "," HASH "\n"));
    const struct facts *f = &l.row[0].facts;
    assert_string_equal(l.row[0].config, "a=1\nb=2\n");
    assert_string_equal(f->core, "Zen");
    assert_string_equal(f->method, "-");
    assert_string_equal(f->base_hash, "-");
    assert_true(isnan(f->step_ms) && isnan(f->peak_bytes) && isnan(f->test_metric));
    runs_list_free(&l);
}

static void refuse(const char *name, const char *text, const char *words)
{
    struct runs_list l;
    refused(runs_list_read(&l, scratch_text(name, text)), EXIT_DATA, words);
}

/* Catches: an empty hash that every run would fit, so that a replay finds the same bits in anything. */
static void bad_lists_are_refused(void **state)
{
    (void)state;
#define HEAD "key,curve_hash,weights_hash,spec,status,test_metric,steps\n" HASH ","
    refuse("r1", "key,curve_hash\n" HASH "," HASH "\n", "has no column weights_hash");
    refuse("r2", "key,curve_hash,weights_hash\n", "has no column spec");
    refuse("r3", HEAD "," HASH ",,ok,1,1\n", ":2: curve_hash is \"\", not a SHA-256");
    refuse("r4", "key,curve_hash,weights_hash,spec\n" HASH "," HASH ",,\n", "weights_hash is \"\"");
    refuse("r5", "", "is empty");
    refuse("r6", HEAD HASH "," HASH ",,fine,1,1\n", ":2: status is \"fine\"");
    refuse("r7", HEAD HASH "," HASH ",,ok,1.5,1\n", "test_metric is 1.5; scores are at most 1");
    refuse("cut1", HEAD HASH "," HASH ",a=1;,ok\n", ":2: 5 fields, the first line has 7");
    refuse("cut2", HEAD HASH "," HASH ",a=1;,ok,1,1", ":2: the last line has no end");
    refuse("r9", HEAD HASH ",,,ok,1,1\n", "weights_hash is \"\"");
    refuse("r8", HEAD HASH "," HASH ",,ok,1,many\n", "steps is \"many\", not a number");
}

/* ---- What is said about them ----------------------------------------------------------------------------------- */

/* The row of docs/schema.md that an entry must have. */
static char *row_of(const struct fact *f, bool of_record)
{
    char place[200];
    snprintf(place, sizeof place, "`%s` %s", f->object ? f->object : "", f->attribute ? f->attribute : f->name);
    return mem_text("| `%s` | %s | %s | %s | %s | %s |\n", f->name, f->object ? place : "worked out", f->unit,
                    of_record          ? ""
                    : f->use & IN_LIST ? "yes"
                                       : "",
                    f->use & REPEATS ? "yes" : "", f->meaning);
}

/* Catches: docs/schema.md that does not say what the list says. On failure the table that it should hold is printed. */
static void the_schema_is_documented(void **state)
{
    (void)state;
    char *text = file_read("docs/schema.md", 1 << 20, NULL);
    int missing = 0;
    for (int turn = 0; turn < 2; turn++)
        for (int i = 0; i < fact_list_size; i++) {
            char *row = row_of(&fact_list[i], i >= FACTS_SIZE);
            missing += strstr(text, row) == NULL;
            if (turn && missing)
                fputs(row, stderr);
            free(row);
        }
    free(text);
    assert_int_equal(missing, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_stored_fact_reads_back),
                                       cmocka_unit_test(comparing_sees_what_repeats),
                                       cmocka_unit_test(every_listed_fact_reads_back),
                                       cmocka_unit_test(a_diverged_run_lists_no_score),
                                       cmocka_unit_test(old_lists_are_read),
                                       cmocka_unit_test(bad_lists_are_refused),
                                       cmocka_unit_test(numbers_are_plain),
                                       cmocka_unit_test(the_schema_is_documented)};
    return cmocka_run_group_tests(tests, scratch_open, scratch_close);
}

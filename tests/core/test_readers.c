/* Readers of foreign files: good ones are read to the last bit, broken and hostile ones end in one clear line. */
/* precision: float */
#include "core/csv.h"
#include "core/file.h"
#include "core/json.h"
#include "data/vocab.h"
#include "tests/scratch.h"

static struct csv_reader *open_csv;

/* Each calls its reader and gives back what it took; what a death leaves behind stays reachable in `open_csv`. */
static void read_json(const char *path)
{
    json_free(json_load(path, 1 << 20));
}

static void read_vocab(const char *path)
{
    vocab_free(vocab_read(path));
}

/* Rows as "line:field|field|;..." */
static const char *rows_of(const char *path, enum csv_format format)
{
    static char text[2000];
    struct csv_row row;
    csv_close(open_csv);
    open_csv = NULL;
    open_csv = csv_open(path, format);
    int n = 0;
    text[0] = '\0';
    while (csv_next(open_csv, &row)) {
        n += snprintf(text + n, sizeof text - (size_t)n, "%ld:", row.line);
        for (int i = 0; i < row.n; i++)
            n += snprintf(text + n, sizeof text - (size_t)n, "%.20s|", row.field[i]);
        n += snprintf(text + n, sizeof text - (size_t)n, "%s;", row.problem ? row.problem : "");
    }
    csv_close(open_csv);
    open_csv = NULL;
    return text;
}

static void read_tsv(const char *path)
{
    rows_of(path, FORMAT_TSV);
}

static void read_csv(const char *path)
{
    rows_of(path, FORMAT_CSV);
}

static void refuse(void (*reader)(const char *), const char *path, const char *words)
{
    refused(reader(path), EXIT_DATA, words);
}

static void json_values(void **state)
{
    (void)state;
    struct json *doc = json_load(
        scratch_text("a.json",
                     "{\"i\":3,\"r\":1e-12,\"t\":\"x\",\"b\":true,\"n\":null,\"a\":[1,2],\"o\":{\"z\":1,\"y\":2}}"),
        1000);
    struct json_view root = json_root(doc), m = {0};
    assert_int_equal(json_int(json_get(root, "i"), 0, 3), 3);
    assert_true(json_number(json_get(root, "r"), 0, 1) == 1e-12 && json_number(json_get(root, "i"), 0, 9) == 3);
    assert_string_equal(json_text(json_get(root, "t")), "x");
    assert_true(json_bool(json_get(root, "b")));
    assert_null(json_find(root, "n").node);
    assert_null(json_find(root, "none").node);
    assert_int_equal(json_int(json_element(json_get(root, "a"), 1), 0, 9), 2);
    char number[32];
    struct json *score = json_parse("{\"x\":38.4}", 10, "score"); /* a label, in as few digits as tell it */
    assert_true(json_scalar(json_get(json_root(score), "x"), number, sizeof number));
    assert_string_equal(number, "38.4");
    json_free(score);
    /* transformers writes 10^30 where it knows no limit, pandas 10.0 in a column that lacks a value. */
    struct json *large = json_parse("{\"m\":1000000000000000019884624838656,\"n\":512,\"x\":10.0}", 54, "large");
    assert_true(json_number(json_get(json_root(large), "m"), 0, 1e40) > 9e29);
    assert_int_equal(json_int(json_get(json_root(large), "n"), 0, 600), 512);
    assert_true(json_scalar(json_get(json_root(large), "x"), number, sizeof number));
    assert_string_equal(number, "10");
    json_free(large);
    const char *order = "zy";
    for (struct json_view o = json_get(root, "o"); json_next(o, &m); order++)
        assert_int_equal(m.key[0], *order);
    assert_int_equal(*order, '\0');
    refused(json_get(root, "none"), EXIT_DATA, "a.json: none is missing");
    refused(json_get(root, "n"), EXIT_DATA, "n is missing");
    refused(json_int(json_get(root, "i"), 4, 9), EXIT_DATA, "i must be an integer from 4 to 9");
    refused(json_int(json_get(root, "r"), 0, 9), EXIT_DATA, "r must be an integer");
    refused(json_text(json_get(root, "i")), EXIT_DATA, "i must be a text");
    refused(json_element(json_get(root, "a"), 2), EXIT_DATA, "a has too few elements");
    refused(json_bool(json_get(root, "i")), EXIT_DATA, "true or false");
    refused(json_int(json_get(json_get(root, "o"), "z"), 5, 9), EXIT_DATA, "o: z must");
    refused(json_get(json_get(root, "a"), "z"), EXIT_DATA, "a is not an object");
    json_free(doc);
}

static void json_hostile(void **state)
{
    (void)state;
    char deep[200];
    memset(deep, '[', 100);
    memset(deep + 100, ']', 100);
    refuse(read_json, scratch_bytes("deep", deep, 200), "nested too deeply");
    refuse(read_json, scratch_bytes("nul", "{\"a\":\"\0\"}", 9), "a NUL byte");
    refuse(read_json, scratch_text("nul2", "{\"a\":\"\\u0000\"}"), "not valid JSON");
    refuse(read_json, scratch_text("twice", "{\"a\":1,\"a\":2}"), "duplicate");
    refuse(read_json, scratch_text("cut", "{\"a\":1,"), "not valid JSON");
    refuse(read_json, scratch_text("line", "{\n\n\"a\":x}"), "line:3:");
    refuse(read_json, scratch_text("empty", ""), "not valid JSON");
    refuse(read_json, scratch_text("latin1", "{\"\xE9\":1}"), "not valid JSON");
    refuse(read_json, scratch_text("big", "{\"a\":1e999}"), "not valid JSON");
    refuse(read_json, scratch_path("absent"), "No such file");
    refuse(read_json, scratch, "not a regular file");
    const char *path = scratch_path("sparse");
    FILE *f = fopen(path, "wb");
    assert_int_equal(ftruncate(fileno(f), (off_t)3 << 30), 0); /* 3 GB of nothing: refused by its size */
    fclose(f);
    refuse(read_json, path, "more than the 1048576");
}

/* What is written reads back equal, reals to the last bit and no longer than needed. */
static void json_writing(void **state)
{
    (void)state;
    struct json *doc = json_new();
    struct json_view root = json_root(doc), list;
    json_put_real(root, "eps", 1e-12);
    json_put_int(root, "n", -5);
    json_put_null(root, "none");
    json_put_bool(root, "yes", true);
    list = json_put_array(json_put_object(root, "in"), "list");
    json_put_string(list, NULL, "a\n\"\xC3\xA9");
    char *text = json_line(doc);
    assert_string_equal(text,
                        "{\"eps\":1e-12,\"n\":-5,\"none\":null,\"yes\":true,\"in\":{\"list\":[\"a\\n\\\"\xC3\xA9\"]}}");
    free(text);
    json_put_real(root, "third", 1.0 / 3);
    const char *path = scratch_path("out.json");
    json_write(doc, path);
    json_free(doc);
    doc = json_load(path, 1000);
    assert_true(json_number(json_get(json_root(doc), "third"), 0, 1) == 1.0 / 3);
    json_free(doc);
    doc = json_new();
    refused(json_put_string(json_root(doc), "bad", "\xFF"), EXIT_DATA, "UTF-8");
    refused(json_write(doc, "/nonexistent/x"), EXIT_RESOURCE, "cannot write");
    json_free(doc);
}

static void tsv(void **state)
{
    (void)state;
    static const struct {
        const char *text, *rows;
    } files[] = {{"a\tb\nc\td\n", "1:a|b|;2:c|d|;"},
                 {"a\tb\r\nc\td", "1:a|b|;2:c|d|;"},                          /* CR LF; no final line end */
                 {" a \t b\n", "1: a | b|;"},                                 /* libcsv would trim */
                 {"\"a\tb\"\n\"c\"\"d\n\"", "1:\"a|b\"|;2:\"c\"\"d|;3:\"|;"}, /* quotes are text */
                 {"a\n\n\nb\n", "1:a|;2:;3:;4:b|;"},                          /* libcsv would swallow empty lines */
                 {"a\r\n\r\nb", "1:a|;2:;3:b|;"},
                 {"\t\n\t", "1:||;2:||;"},
                 {"\xEF\xBB\xBF"
                  "a\n",
                  "1:a|;"},
                 {"a\rb\n", "1:a\rb|;"},
                 {"a,b\n", "1:a,b|;"},
                 {"", ""}};
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
        assert_string_equal(rows_of(scratch_text("t.tsv", files[i].text), FORMAT_TSV), files[i].rows);
    refuse(read_tsv, scratch_bytes("nul.tsv", "a\nb\0c\n", 6), "nul.tsv:2: a NUL byte");
    refuse(read_tsv, scratch_path("absent.tsv"), "No such file");
    refuse(read_tsv, scratch, "folder");
}

static void csv(void **state)
{
    (void)state;
    static const struct {
        const char *text, *rows;
    } files[] = {{"a,b\r\n\"c,d\", e\r\n", "1:a|b|;2:c,d| e|;"},
                 {"\"a\"\"b\"\n\"two\nlines\",x\nz", "1:a\"b|;2:two\nlines|x|;4:z|;"},
                 {"\"\",\n\n,\"\"", "1:||;2:;3:||;"},
                 {"a\tb\n", "1:a\tb|;"}};
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
        assert_string_equal(rows_of(scratch_text("t.csv", files[i].text), FORMAT_CSV), files[i].rows);
    refuse(read_csv, scratch_text("q.csv", "a\nb\"c\n"), "q.csv:2:");
    refuse(read_csv, scratch_text("o.csv", "a\n\"b\nc\n"), "o.csv:2:");
}

/* A row beyond the bounds is cut and marked, and the next one is whole; in CSV nothing after it could be trusted. */
static void long_rows(void **state)
{
    (void)state;
    enum { N = CSV_ROW_BYTES + 10 };
    static char text[N + 20];
    memset(text, 'x', N);
    memcpy(text + N, "\nb\tc\n", 6);
    assert_string_equal(rows_of(scratch_text("l.tsv", text), FORMAT_TSV),
                        "1:xxxxxxxxxxxxxxxxxxxx|longer than 1048576 bytes;2:b|c|;");
    text[0] = '"';
    refuse(read_csv, scratch_text("l.csv", text), "does a quote never close?");
    memset(text, '\t', 300);
    memcpy(text + 300, "\nb\n", 4);
    const char *rows = rows_of(scratch_text("f.tsv", text), FORMAT_TSV);
    assert_non_null(strstr(rows, "more than 256 fields;2:b|;"));
}

#define SPECIALS "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\n"

static void vocabularies(void **state)
{
    (void)state;
    struct vocab *v = vocab_read(scratch_text("v.txt", SPECIALS "a\r\n##b"));
    assert_int_equal(vocab_size(v), 7);
    assert_int_equal(vocab_find(v, "a", 1), 5);
    assert_int_equal(vocab_find(v, "##bc", 3), 6);
    assert_int_equal(vocab_find(v, "##", 2), -1);
    assert_int_equal(vocab_find(v, "##bc", 4), -1);
    assert_int_equal(vocab_id(v, "[MASK]"), 4);
    assert_int_equal(vocab_longest(v), 6);
    vocab_free(v);
    v = vocab_read(scratch_text("odd", SPECIALS "a\n\nb\na \n\n"));
    assert_int_equal(vocab_size(v), 10);
    assert_int_equal(vocab_used(v), 9);
    assert_int_equal(vocab_id(v, "a"), 8); /* its last line */
    vocab_set_apart(v, 7);
    assert_int_equal(vocab_find(v, "b", 1), -1);
    assert_int_equal(vocab_id(v, "b"), 7);
    for (int i = 10; i < 300; i++) { /* the table grows */
        char word[16];
        snprintf(word, sizeof word, "w%d", i);
        assert_int_equal(vocab_append(v, word), i);
    }
    assert_int_equal(vocab_id(v, "w200"), 200);
    assert_int_equal(vocab_id(v, "a"), 8);
    assert_int_equal(vocab_find(v, "b", 1), -1);
    vocab_free(v);
    refuse(read_vocab, scratch_bytes("nul", SPECIALS "a\0\n", sizeof SPECIALS + 2), "a NUL byte");
    refuse(read_vocab, scratch_text("empty", ""), "0 words");
    char word[VOCAB_WORD_BYTES + 2];
    memset(word, 'w', sizeof word);
    word[VOCAB_WORD_BYTES + 1] = '\0';
    refuse(read_vocab, scratch_text("long", word), "too long a word");
    size_t n = 2 * ((size_t)VOCAB_WORDS + 1);
    char *lines = malloc(n);
    for (size_t i = 0; i < n; i += 2)
        lines[i] = 'x', lines[i + 1] = '\n';
    refuse(read_vocab, scratch_bytes("many", lines, n), "a vocabulary has 1 to");
    free(lines);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(json_values),  cmocka_unit_test(json_hostile),
                                       cmocka_unit_test(json_writing), cmocka_unit_test(tsv),
                                       cmocka_unit_test(csv),          cmocka_unit_test(long_rows),
                                       cmocka_unit_test(vocabularies)};
    return cmocka_run_group_tests(tests, scratch_open, scratch_close);
}

/* INI files: what is read is told, quotes included, and what could be read in two ways is refused. */
/* precision: float */
#include "core/ini.h"
#include "tests/scratch.h"

#include <stdlib.h>

/* "[section] name=value|..." of a file. */
static char told[4000];

static void tell(const struct ini_line *l, void *data)
{
    (void)data;
    size_t n = strlen(told);
    if (l->name)
        snprintf(told + n, sizeof told - n, "%d:%s=%s|", l->line, l->name, l->value);
    else
        snprintf(told + n, sizeof told - n, "[%s]", l->section);
}

static void read_file(const char *path)
{
    *told = '\0';
    ini_read(path, tell, NULL);
}

static void reads(const char *text, const char *expected)
{
    read_file(scratch_text("file.ini", text));
    assert_string_equal(told, expected);
}

static void lines(void **state)
{
    (void)state;
    reads("[a]\nx = 1\n; comment\n  # and this\n\n[b]\n[c d]\ny: 2\n", "[a]2:x=1|[b][c d]8:y=2|");
    reads("\xEF\xBB\xBF[a]\r\nx = \xC3\xA4 b\r\n", "[a]2:x=\xC3\xA4 b|");
    reads("[a]\nx = 1 2\n  3\n; between\n\t4\ny =\n", "[a]2:x=1 2 3 4|6:y=|");
    reads("[a]\n x = indented\n[a name that is longer than the fifty bytes that inih keeps of one]\nx = 1\n",
          "[a]2:x=indented|[a name that is longer than the fifty bytes that inih keeps of one]4:x=1|");
    reads("[a]\nx = a;b c# LoRA's\ny = \"a ; b\" ' # c' d\n", "[a]2:x=a;b c# LoRA's|3:y=\"a ; b\" ' # c' d|");
}

static void ambiguous(void **state)
{
    (void)state;
    static const struct {
        const char *text, *message;
    } bad[] = {
        {"[a]\ntitle = LoRA ; which rank?\n", "file.ini:2: \"; which rank?\": a comment has a line of its own"},
        {"[a]\nx = 1 # one\n", "file.ini:2: \"# one\""},
        {"[a]\nx = 1\n 2 ; two\n", "file.ini:3: \"; two\""},
        {"[a]\nx = ;\n", "file.ini:2: \";\""},
        {"[a]\nx = \"open ; x\n", "file.ini:2: \"; x\""},
        {"[a]\nx = 1\ny = 2\nx = 3\n", "file.ini:4: x stands there twice: line 2 has it already"},
        {"[a]\nx = 1\n[b]\n[a]\n", "file.ini:4: [a] stands there twice: line 1 has it already"},
        {"[a] x = 1\n", "file.ini:1:  x = 1"},
        {"[a]\nx\n", "file.ini:2: neither a [section] nor name = value"},
        {"[a]\nx = \1\n", "a control character"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        refused(read_file(scratch_text("file.ini", bad[i].text)), EXIT_USAGE, bad[i].message);
}

static void words(void **state)
{
    (void)state;
    static const char *const expected[] = {"a", "my drive/b", "it's", "say \"x\"", "", "d\"e", "\xC3\xA4 \xC3\xB6"};
    char **list = NULL;
    int n = 0;
    assert_true(words_add(&list, &n, " a \"my drive/b\"\t\"it's\" 'say \"x\"' '' d\"e \"\xC3\xA4 \xC3\xB6\" "));
    assert_int_equal(n, 7);
    for (int i = 0; i < n; i++)
        assert_string_equal(list[i], expected[i]);
    assert_false(words_add(&list, &n, "b \"my drive"));
    assert_false(words_add(&list, &n, "\"a\"b"));
    words_free(list, n);
    static const char *const whole[][2] = {
        {"\"a b\"", "a b"}, {"'a \"b\"'", "a \"b\""}, {"\"a\" b", "\"a\" b"}, {"'tis", "'tis"}, {"", ""}};
    for (size_t i = 0; i < sizeof whole / sizeof *whole; i++) {
        char *text = ini_text(whole[i][0]);
        assert_string_equal(text, whole[i][1]);
        free(text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(lines), cmocka_unit_test(ambiguous), cmocka_unit_test(words)};
    return cmocka_run_group_tests(tests, scratch_open, scratch_close);
}

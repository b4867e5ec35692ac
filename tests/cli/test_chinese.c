/* The Chinese edition says what the English one says: the same commands, outputs, equations, code words and numbers. */
/* precision: float */
#include <ctype.h>
#include <glob.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { TEXT = 1 << 16, PIECES = 2048 };

/* What a translation must keep: lines of blocks in their order; code words and numbers of the prose, sorted. */
struct kept {
    char text[TEXT];
    char store[2 * TEXT], *end;
    const char *line[PIECES], *word[PIECES], *number[PIECES];
    int lines, words, numbers;
};

static const char *store(struct kept *k, const char *from, size_t n)
{
    char *s = k->end;
    assert_true(s + n + 1 <= k->store + sizeof k->store);
    memcpy(s, from, n);
    s[n] = '\0';
    for (char *c = s; *c; c++)
        *c = *c == '\n' ? ' ' : *c;
    k->end = s + n + 1;
    return s;
}

static const char *after(const char *at, char what)
{
    const char *end = strchr(at, what);
    return end ? end + 1 : at + strlen(at);
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Words in `...` and numbers of what is no block; the words of pictures and the targets of links are left out. */
static void collect_prose(struct kept *k, const char *prose)
{
    for (const char *c = prose; *c;) {
        if (*c == '`') {
            const char *end = after(c + 1, '`');
            assert_true(k->words < PIECES);
            k->word[k->words++] = store(k, c + 1, (size_t)(end - c - 2));
            c = end;
        } else if (strncmp(c, "![", 2) == 0)
            c = after(c, ']');
        else if (*c == '(' && c > prose && c[-1] == ']')
            c = after(c, ')');
        else if (isdigit((unsigned char)*c)) {
            size_t n = 1;
            while (isdigit((unsigned char)c[n]) || (strchr(".,", c[n]) && isdigit((unsigned char)c[n + 1])))
                n++;
            assert_true(k->numbers < PIECES);
            k->number[k->numbers++] = store(k, c, n);
            c += n;
        } else
            c++;
    }
    qsort(k->word, (size_t)k->words, sizeof *k->word, by_text);
    qsort(k->number, (size_t)k->numbers, sizeof *k->number, by_text);
}

/* From the text that is to be looked at. */
static void collect(struct kept *k)
{
    char prose[TEXT], *to = prose;
    bool fence = false;
    k->end = k->store;
    k->lines = k->words = k->numbers = 0;
    for (const char *line = k->text; *line; line = after(line, '\n')) {
        size_t n = strcspn(line, "\n");
        bool mark = strncmp(line, "```", 3) == 0;
        if (mark || fence || strncmp(line, "    ", 4) == 0) {
            assert_true(k->lines < PIECES);
            k->line[k->lines++] = store(k, line, n);
        } else {
            memcpy(to, line, n);
            to[n] = '\n';
            to += n + 1;
        }
        fence ^= mark;
    }
    *to = '\0';
    collect_prose(k, prose);
}

/* The first entry of one list that the other has not, both sorted or both in their order. */
static void same(const char *where, const char *what, const char *const *a, int n, const char *const *b, int m)
{
    for (int i = 0; i < n || i < m; i++)
        if (i >= n || i >= m || strcmp(a[i], b[i]) != 0)
            fail_msg("%s: %s: \"%s\" of the English text, \"%s\" of the Chinese", where, what, i < n ? a[i] : "nothing",
                     i < m ? b[i] : "nothing");
}

static void read_text(const char *path, char *text)
{
    FILE *f = fopen(path, "r");
    if (!f)
        fail_msg("%s is not there", path);
    size_t n = fread(text, 1, TEXT - 1, f);
    assert_int_equal(fclose(f), 0);
    assert_true(n > 0 && n < TEXT - 1);
    text[n] = '\0';
}

static void compare(const char *where, struct kept *en, struct kept *zh)
{
    collect(en);
    collect(zh);
    same(where, "lines of blocks", en->line, en->lines, zh->line, zh->lines);
    same(where, "code words", en->word, en->words, zh->word, zh->words);
    same(where, "numbers", en->number, en->numbers, zh->number, zh->numbers);
}

static void test_pages(void **state)
{
    static struct kept en, zh;
    glob_t found;
    (void)state;
    assert_int_equal(glob("docs/teach/*.md", 0, NULL, &found), 0);
    assert_true(found.gl_pathc > 15);
    for (size_t i = 0; i < found.gl_pathc; i++) {
        char path[256];
        snprintf(path, sizeof path, "docs/teach/zh/%s", strrchr(found.gl_pathv[i], '/') + 1);
        read_text(found.gl_pathv[i], en.text);
        read_text(path, zh.text);
        compare(path, &en, &zh);
    }
    globfree(&found);
}

/* Section by section. One that sends its reader to the English text, because it changes with the results, has nothing to
 * compare. */
static void test_readme(void **state)
{
    static struct kept en, zh;
    static char a[TEXT], b[TEXT];
    (void)state;
    read_text("README.md", a);
    read_text("README.zh.md", b);
    char *here = a, *there = b;
    while (here && there) {
        char *next = strstr(here + 1, "\n## "), *then = strstr(there + 1, "\n## "), where[80];
        snprintf(en.text, sizeof en.text, "%.*s", next ? (int)(next - here) : -1, here);
        snprintf(zh.text, sizeof zh.text, "%.*s", then ? (int)(then - there) : -1, there);
        const char *title = here + strspn(here, "\n# ");
        snprintf(where, sizeof where, "README.zh.md, section %.*s", (int)strcspn(title, "\n"), title);
        if (!strstr(zh.text, "(README.md#"))
            compare(where, &en, &zh);
        here = next;
        there = then;
    }
    if (here || there)
        fail_msg("README.zh.md has %s sections than README.md", here ? "fewer" : "more");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pages),
        cmocka_unit_test(test_readme),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

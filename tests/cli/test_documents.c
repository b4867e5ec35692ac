/* Links of the documents: every file that one names is there, and every heading that it jumps to. */
/* precision: float */
#include "core/file.h"

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
#include <unistd.h>

#include <cmocka.h>

static const char *const documents[] = {"*.md", "*/README.md", "docs/*.md", "docs/teach/*.md", "docs/teach/zh/*.md"};

/* The next line outside fenced blocks, NULL at the end; `fence` is kept between calls. */
static char *next_line(char **rest, bool *fence)
{
    for (char *line; (line = strsep(rest, "\n"));) {
        if (strncmp(line, "```", 3) == 0)
            *fence = !*fence;
        else if (!*fence)
            return line;
    }
    return NULL;
}

/* As hosts make an anchor of a heading: small letters, blanks to hyphens, signs left out; letters of other scripts stay. */
static void anchor_of(const char *heading, char *to, size_t size)
{
    size_t n = 0;
    for (heading += strspn(heading, "# "); *heading && n + 1 < size; heading++) {
        const unsigned char c = (unsigned char)*heading;
        if (c == ' ')
            to[n++] = '-';
        else if (isalnum(c) || c == '-' || c == '_' || c >= 128)
            to[n++] = (char)tolower(c);
    }
    to[n] = '\0';
}

static bool has_anchor(const char *path, const char *anchor)
{
    char *text = file_read(path, 1 << 22, NULL), *rest = text, made[256];
    bool fence = false, found = false;
    for (char *line; !found && (line = next_line(&rest, &fence));)
        if (*line == '#') {
            anchor_of(line, made, sizeof made);
            found = strcmp(made, anchor) == 0;
        }
    free(text);
    return found;
}

/* Returns what is wrong with a link of the document at `path`, NULL when nothing is. */
static const char *fault_of(const char *path, const char *link)
{
    char target[512];
    const char *slash = strrchr(path, '/'), *mark = strchr(link, '#');
    const int folder = slash ? (int)(slash + 1 - path) : 0, name = mark ? (int)(mark - link) : (int)strlen(link);
    if (strstr(link, "://") || strncmp(link, "mailto:", 7) == 0)
        return NULL;
    if (name)
        snprintf(target, sizeof target, "%.*s%.*s", folder, path, name, link);
    else
        snprintf(target, sizeof target, "%s", path);
    if (access(target, F_OK) != 0)
        return "is not there";
    return mark && !has_anchor(target, mark + 1) ? "has no such heading" : NULL;
}

/* Checks the links of one document; returns how many there are. */
static int check(const char *path)
{
    char *text = file_read(path, 1 << 22, NULL), *rest = text;
    bool fence = false;
    int n = 0;
    for (char *line; (line = next_line(&rest, &fence));)
        for (char *at = line; (at = strstr(at, "](")); at += 2) {
            char link[512];
            snprintf(link, sizeof link, "%.*s", (int)strcspn(at + 2, ")"), at + 2);
            const char *fault = fault_of(path, link);
            if (fault)
                fail_msg("%s links to %s, which %s", path, link, fault);
            n++;
        }
    free(text);
    return n;
}

static void every_link_leads_somewhere(void **state)
{
    (void)state;
    int links = 0;
    for (size_t i = 0; i < sizeof documents / sizeof *documents; i++) {
        glob_t found;
        assert_int_equal(glob(documents[i], 0, NULL, &found), 0);
        for (size_t k = 0; k < found.gl_pathc; k++)
            links += check(found.gl_pathv[k]);
        globfree(&found);
    }
    assert_true(links > 300);
}

/* Catches: a check that takes every link for good. */
static void faults_are_seen(void **state)
{
    (void)state;
    assert_null(fault_of("docs/laws.md", "../README.md"));
    assert_null(fault_of("docs/laws.md", "https://example.org/x"));
    assert_string_equal(fault_of("docs/laws.md", "README.md"), "is not there");
    assert_null(fault_of("README.md", "CHANGELOG.md#unreleased"));
    assert_string_equal(fault_of("README.md", "CHANGELOG.md#unwritten"), "has no such heading");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_link_leads_somewhere),
        cmocka_unit_test(faults_are_seen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The pages for teachers: quoted code stands in its file, commands are accepted, exercises and labs tell right from
 * wrong. */
/* precision: float */
#include "tests/process.h"
#include "tests/scratch.h"

#include <spawn.h>
#include <stdbool.h>
#include <sys/wait.h>

/* In the order of the course. */
static const char *const pages[] = {"full",    "head",    "lora",      "lora_plus", "rslora", "delta_lora",
                                    "vera",    "lora_fa", "lora_drop", "adalora",   "dora",   "pissa",
                                    "lora_ga", "oft",     "loha",      "fool",      "own"};
enum { PAGES = sizeof pages / sizeof *pages, TEXT = 1 << 16 };

static char *slurp(const char *path)
{
    static char buffers[4][TEXT];
    static int turn;
    char *text = buffers[turn++ % 4];
    FILE *f = fopen(path, "r");
    if (!f)
        fail_msg("%s is not there", path);
    size_t n = fread(text, 1, TEXT - 1, f);
    assert_int_equal(fclose(f), 0);
    assert_true(n > 0 && n < TEXT - 1);
    text[n] = '\0';
    return text;
}

static char *page_of(const char *name)
{
    char path[128];
    snprintf(path, sizeof path, "docs/teach/%s.md", name);
    return slurp(path);
}

/* The inside of the next fenced block that opens with this fence, cut out of the text; NULL where there is none. */
static char *block(char **at, const char *fence)
{
    char *begin = strstr(*at, fence);
    if (!begin)
        return NULL;
    begin += strlen(fence);
    char *end = strstr(begin, "```");
    assert_non_null(end);
    *end = '\0';
    *at = end + 3;
    return begin;
}

/* The last two pages are no methods: they have no figure and no exercise. */
static bool has_exercise(int i)
{
    return i < PAGES - 2;
}

/* Where `name` is defined in C source, from its line at column 0 to the closing brace; cut out of the source. */
static char *definition(char *source, const char *name)
{
    size_t n = strlen(name);
    for (char *line = source; line && *line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL) {
        char *end = line + strcspn(line, "\n"), *hit = strstr(line, name);
        if (!strchr(" /*#}{\n", *line) && hit && hit < end && hit > line && strchr(" *", hit[-1]) &&
            strchr("( ", hit[n]) && end[-1] != ';') {
            char *close = strstr(line, "\n}");
            assert_non_null(close);
            close[1] = '\0';
            return line;
        }
    }
    return NULL;
}

/* "methods/lora.c, attach": every quoted line is a line of that definition, in order, and without a gap but at "...".
 */
static void check_quote(const char *page, char *quote)
{
    char path[128], name[64];
    if (sscanf(quote, "/* %127[^,], %63s */", path, name) != 2)
        fail_msg("%s: a quotation does not say its file and function: %s", page, quote);
    char *at = definition(slurp(path), name);
    if (!at) {
        fail_msg("%s quotes %s of %s, which is not there", page, name, path);
        return;
    }
    bool gap = true;
    strtok_r(quote, "\n", &quote);
    for (char *line; (line = strtok_r(NULL, "\n", &quote));) {
        char whole[256];
        if (strcmp(line + strspn(line, " "), "...") == 0) {
            gap = true;
            continue;
        }
        snprintf(whole, sizeof whole, "\n%s\n", line);
        char *hit = strstr(at, whole);
        if (!hit || (!gap && hit != at)) {
            fail_msg("%s quotes a line that does not stand there in %s of %s: %s", page, name, path, line);
            return;
        }
        at = hit + strlen(whole) - 1;
        gap = false;
    }
}

static void test_quotes(void **state)
{
    (void)state;
    for (int i = 0; i < PAGES; i++) {
        char *at = page_of(pages[i]), *quote;
        int n = 0;
        while ((quote = block(&at, "```c\n"))) {
            check_quote(pages[i], quote);
            n++;
        }
        if (!n && has_exercise(i))
            fail_msg("%s.md quotes no code", pages[i]);
    }
}

/* "main-f1-mnli": experiments/main.ini asks for a figure f1, and once there is a reference, the file is in it. */
static void check_figure(const char *page, const char *text)
{
    static const char folder[] = "results/reference/";
    char experiment[32], figure[32], path[256], heading[64];
    const char *link = strstr(text, folder);
    if (!link || sscanf(link + strlen(folder), "%*[a-z]/figures/%31[^-]-%31[^-.]", experiment, figure) != 2) {
        fail_msg("%s.md links no figure", page);
        return;
    }
    snprintf(path, sizeof path, "experiments/%s.ini", experiment);
    snprintf(heading, sizeof heading, "\n[figure %s]\n", figure);
    if (!strstr(slurp(path), heading))
        fail_msg("%s.md shows figure %s, for which %s does not ask", page, figure, path);
    snprintf(path, sizeof path, "%.*s", (int)strcspn(link, ")"), link);
    if (access(folder, F_OK) == 0 && access(path, F_OK) != 0)
        fail_msg("%s.md shows %s, which is not there", page, path);
}

static void expect_words(const char *page, const char *text, const char *words)
{
    if (!strstr(text, words))
        fail_msg("%s.md lacks: %s", page, words);
}

/* A page is short, leads to those before and after it, says its goals and how its answers are checked; its picture is drawn
 * and its figure is one that the report draws; the index names it. */
static void test_pages(void **state)
{
    (void)state;
    for (int i = 0; i < PAGES; i++) {
        char *text = page_of(pages[i]), words[128];
        int lines = 0;
        for (const char *p = text; *p; p++)
            lines += *p == '\n';
        if (lines > (has_exercise(i) ? 110 : 220))
            fail_msg("%s.md has %d lines", pages[i], lines);
        snprintf(words, sizeof words, "(%s.md)", pages[i]);
        expect_words("README", slurp("docs/teach/README.md"), words);
        expect_words(pages[i], text, "**Goals.** ");
        for (int j = i - 1; j <= i + 1; j += 2)
            if (j >= 0 && j < PAGES) {
                snprintf(words, sizeof words, j < i ? "[< %s](%s.md)" : "[%s >](%s.md)", pages[j], pages[j]);
                expect_words(pages[i], text, words);
            }
        if (!has_exercise(i))
            continue;
        check_figure(pages[i], text);
        snprintf(words, sizeof words, "(img/%s.svg)", pages[i]);
        expect_words(pages[i], text, words);
        static const char *const asked[] = {"%s ANSWER", "predict %s NUMBER", "fault %s LAW"};
        for (int k = 0; k < 3; k++) {
            char check[64];
            snprintf(check, sizeof check, asked[k], pages[i]);
            snprintf(words, sizeof words, "docs/teach/check %s\n", check);
            expect_words(pages[i], text, words);
        }
        snprintf(words, sizeof words, "docs/teach/labs/%s.c", pages[i]);
        if (access(words, F_OK) == 0) {
            snprintf(words, sizeof words, "docs/teach/check lab %s\n", pages[i]);
            expect_words(pages[i], text, words);
        }
    }
}

/* Runs words with sh in the scratch folder; both streams into text. Returns the exit code. */
static int shell(const char *words, char *text, size_t size)
{
    char command[TEXT], here[1024];
    const char *log = scratch_path("log");
    assert_non_null(getcwd(here, sizeof here));
    int n = snprintf(command, sizeof command, "TOP='%s'; cd '%s'; exec >log 2>&1\n%s\n", here, scratch, words);
    assert_true(n > 0 && n < (int)sizeof command);
    char *arguments[] = {"sh", "-e", "-c", command, NULL};
    pid_t child;
    int status;
    assert_int_equal(posix_spawn(&child, "/bin/sh", NULL, NULL, arguments, environ), 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    FILE *f = fopen(log, "r");
    assert_non_null(f);
    text[fread(text, 1, size - 1, f)] = '\0';
    assert_int_equal(fclose(f), 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* A ./peftlab for the commands of the pages: on an untrained base, with fewer steps. A relative $PEFTLAB starts at TOP.
 */
static const char stand_in[] =
    "case ${PEFTLAB:-./peftlab} in /*) program=$PEFTLAB ;; *) program=$TOP/${PEFTLAB:-peftlab} ;; esac\n"
    "export PEFTLAB=\"$program\" PEFTLAB_RESULTS=\"$PWD/results\"\n"
    "{ echo '#!/bin/sh'; echo exec \"'$program'\" '$(echo \"$*\" | sed \"s/base=tiny/&-random/; "
    "s/base=deep/base=tiny-random/; s/seed=0[.][.][0-9]*/seed=0..1/; s/ steps=[0-9]*/ "
    "steps=20/\")'; } >peftlab\n"
    "chmod +x peftlab\nif (set -o pipefail) 2>/dev/null; then set -o pipefail; fi\n";

/* What a page tells to type is accepted: a renamed option or method would make the page a lie. Every block of commands is
 * followed by one of output. */
static void test_commands(void **state)
{
    static char words[TEXT], text[TEXT];
    (void)state;
    for (int i = 0; i < PAGES; i++) {
        char *at = page_of(pages[i]), *commands;
        int n = 0;
        while ((commands = block(&at, "```sh\n"))) {
            snprintf(words, sizeof words, "%s%s", stand_in, commands);
            int code = shell(words, text, sizeof text);
            if (code || strstr(text, "peftlab: "))
                fail_msg("%s.md: exit %d: %s", pages[i], code, text);
            if (strncmp(at, "\n\n```text\n", 10) != 0)
                fail_msg("%s.md: no output below: %s", pages[i], commands);
            n++;
        }
        if (!n && has_exercise(i))
            fail_msg("%s.md has no commands", pages[i]);
    }
}

/* The pictures and slides are what the script draws, and what the slides show is there. */
static void test_pictures(void **state)
{
    char text[TEXT];
    (void)state;
    if (shell("command -v python3", text, sizeof text))
        skip();
    int code = shell("\"$TOP\"/docs/teach/draw . && diff -r img \"$TOP\"/docs/teach/img\n"
                     "for d in . zh; do cmp $d/slides.html \"$TOP\"/docs/teach/$d/slides.html\n"
                     "sed -n 's/.* src=\"\\([^\"]*\\)\".*/\\1/p' $d/slides.html | while read -r f; do ls "
                     "\"$TOP/docs/teach/$d/$f\"; done; done",
                     text, sizeof text);
    if (code)
        fail_msg("docs/teach/draw draws something else: run it. %s", text);
}

static void expect_answer(const char *arguments, const char *says, int wanted)
{
    char words[1024], text[8192];
    const char *program = strncmp(arguments, "predict", 7) == 0 ? "PEFTLAB=$PWD/peftlab " : "";
    snprintf(words, sizeof words, "%s%s\"$TOP\"/docs/teach/check %s", stand_in, program, arguments);
    int code = shell(words, text, sizeof text);
    if (code != wanted || !strstr(text, says))
        fail_msg("check %s: exit %d, not %d; \"%s\" is wanted in: %s", arguments, code, wanted, says, text);
}

/* The checker finds right what is right and wrong what is wrong, and does not take words for numbers. */
static void test_check(void **state)
{
    static const struct {
        const char *words, *says;
        int code;
    } cases[] = {
        {"vera 61,440", "right", 0},
        {"vera 585728", "wrong", 1},
        {"lora 384", "right", 0},
        {"lora 383", "fewer", 1},
        {"lora 385", "smaller rank", 1},
        {"lora_plus 32", "digit for digit", 0},
        {"lora_plus 8", "differ", 1},
        {"lora_plus 33", "differ", 1},
        {"delta_lora 6", "telescopes", 0},
        {"delta_lora 3", "wrong", 1},
        {"adalora 12", "right", 0},
        {"adalora 3", "wrong", 1},
        {"lora_drop 10", "right", 0},
        {"lora_drop 12", "wrong", 1},
        {"lora_fa 20%", "right", 0},
        {"lora_fa 50", "wrong", 1},
        {"dora 18432", "right", 0},
        {"dora 0", "wrong", 1},
        {"head 132", "right", 0},
        {"head 128", "wrong", 1},
        {"full 371", "right", 0},
        {"full 370", "wrong", 1},
        {"rslora 32", "digit for digit", 0},
        {"rslora 8", "differ", 1},
        {"pissa 6", "right", 0},
        {"pissa 3", "wrong", 1},
        {"lora_ga 589824", "right", 0},
        {"lora_ga 294912", "wrong", 1},
        {"oft 64512", "right", 0},
        {"oft 36864", "wrong", 1},
        {"loha 9", "right", 0},
        {"loha 6", "wrong", 1},
        {"predict lora 0.9", "off by 0.", 0},
        {"predict lora much", "not a score", 2},
        {"hint oft 2", "96 blocks", 0},
        {"hint oft 3", "no hint 3", 2},
        {"all", "16 of 50 done", 0},
        {"vera many", "whole number", 2},
        {"lara 1", "no exercise", 2},
        {"vera", "a method and a number", 2},
        {"lora 5000", "rank=5000", 2},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        expect_answer(cases[i].words, cases[i].says, cases[i].code);
    for (int i = 0; i < PAGES; i++) { /* the planted fault still has its place in the method's file */
        char words[64];
        snprintf(words, sizeof words, "fault %s", pages[i]);
        if (has_exercise(i))
            expect_answer(words, "\n> ", 0);
    }
}

/* A filled lab obeys every law and PEFT's numbers; one with its holes, or with a fault, is told what it breaks. */
static void test_labs(void **state)
{
    static const struct {
        const char *words, *says;
        int code;
    } cases[] = {
        {"lab lora \"$TOP\"/docs/teach/labs/lora.c", "right", 0},
        {"lab lora_plus \"$TOP\"/docs/teach/labs/lora_plus.c", "right", 0},
        {"lab lora_fa \"$TOP\"/docs/teach/labs/lora_fa.c", "right", 0},
        {"lab rslora \"$TOP\"/docs/teach/labs/rslora.c", "right", 0},
        {"lab dora \"$TOP\"/docs/teach/labs/dora.c", "right", 0},
        {"start dora", "5 holes", 0},
        {"lab dora", "magnitude_vector.weight trains but never has a gradient", 1},
        {"start dora", "there already", 2},
        {"start lora_fa", "3 holes", 0},
        {"lab lora_fa", "golden numbers of PEFT: 1 file", 1},
        {"fault lora 3", "lora_B.weight", 0},
        {"fault lora 9", "not the first", 1},
        {"lab vera", "no lab", 2},
    };
    (void)state;
    if (!process_twins()) /* a sanitizer's build of one precision would compile the other for the lab */
        skip();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        expect_answer(cases[i].words, cases[i].says, cases[i].code);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_quotes),
        cmocka_unit_test(test_pages),
        cmocka_unit_test_setup_teardown(test_pictures, scratch_open, scratch_close),
        cmocka_unit_test_setup_teardown(test_commands, scratch_open, scratch_close),
        cmocka_unit_test_setup_teardown(test_check, scratch_open, scratch_close),
        cmocka_unit_test_setup_teardown(test_labs, scratch_open, scratch_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

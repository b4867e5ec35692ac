/* The pages for teachers: quoted code stands in its file, commands are accepted, exercises and labs tell right from
 * wrong. */
/* precision: float */
#include "tests/scratch.h"

#include <spawn.h>
#include <stdbool.h>
#include <sys/wait.h>

static const char *const pages[] = {"full",    "head",      "lora",    "lora_plus", "vera",
                                    "lora_fa", "lora_drop", "adalora", "dora",      "delta_lora"};
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
        if (!n)
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

/* A page is short, its figure is one that the report draws, and the index names it. */
static void test_pages(void **state)
{
    (void)state;
    for (int i = 0; i < PAGES; i++) {
        char *text = page_of(pages[i]), link[64];
        int lines = 0;
        for (const char *p = text; *p; p++)
            lines += *p == '\n';
        if (lines > 80)
            fail_msg("%s.md has %d lines", pages[i], lines);
        snprintf(link, sizeof link, "(%s.md)", pages[i]);
        assert_non_null(strstr(slurp("docs/teach/README.md"), link));
        check_figure(pages[i], text);
        snprintf(link, sizeof link, "docs/teach/check %s ANSWER", pages[i]);
        if (!strstr(text, link))
            fail_msg("%s.md does not say how its answer is checked", pages[i]);
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
    "{ echo '#!/bin/sh'; echo exec \"'$program'\" '$(echo \"$*\" | sed \"s/base=tiny/&-random/; s/ steps=[0-9]*/ "
    "steps=20/\")'; } >peftlab\n"
    "chmod +x peftlab\nif (set -o pipefail) 2>/dev/null; then set -o pipefail; fi\n";

/* What a page tells to type is accepted: a renamed option or method would make the page a lie. */
static void test_commands(void **state)
{
    static char words[TEXT], text[TEXT];
    (void)state;
    for (int i = 0; i < PAGES; i++) {
        char *at = page_of(pages[i]), *commands = block(&at, "```sh\n");
        assert_non_null(commands);
        assert_non_null(strstr(commands, "./peftlab run "));
        snprintf(words, sizeof words, "%s%s", stand_in, commands);
        int code = shell(words, text, sizeof text);
        if (code || strstr(text, "peftlab: "))
            fail_msg("%s.md: exit %d: %s", pages[i], code, text);
        char *shown = block(&at, "```text\n");
        assert_non_null(shown);
    }
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
        {"oft 64512", "right", 0},
        {"oft 36864", "wrong", 1},
        {"loha 9", "right", 0},
        {"loha 6", "wrong", 1},
        {"predict lora 0.9", "off by 0.", 0},
        {"predict lora much", "not a score", 2},
        {"hint oft 2", "96 blocks", 0},
        {"hint oft 3", "no hint 3", 2},
        {"fault dora", "m->w, 1);", 0},
        {"all", "15 of 47 done", 0},
        {"vera many", "whole number", 2},
        {"lara 1", "no exercise", 2},
        {"vera", "a method and a number", 2},
        {"lora 5000", "rank=5000", 2},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        expect_answer(cases[i].words, cases[i].says, cases[i].code);
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
        {"fault lora_plus 0", "golden", 0},
        {"fault lora_fa 9", "not the first", 1},
        {"lab vera", "no lab", 2},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        expect_answer(cases[i].words, cases[i].says, cases[i].code);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_quotes),
        cmocka_unit_test(test_pages),
        cmocka_unit_test_setup_teardown(test_commands, scratch_open, scratch_close),
        cmocka_unit_test_setup_teardown(test_check, scratch_open, scratch_close),
        cmocka_unit_test_setup_teardown(test_labs, scratch_open, scratch_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

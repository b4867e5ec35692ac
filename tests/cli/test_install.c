/* The installed program: it lands where it is told to, takes its own files, and does without what a machine lacks. */
/* precision: float */
#include "tests/process.h"
#include "tests/scratch.h"

#include <libgen.h>
#include <limits.h>

static const char experiment[] =
    "[experiment]\ntitle = T\nquestion = Q\n\n[grid g]\nbase = tiny-random\nmethod = lora head\ntask = sst\nsteps = 4\n"
    "evals = 1\nprobes = 0\nntrain = 64\nnvalid = 32\nntest = 32\nlr = 1e-2\nseeds = 0..2\n\n[figure f12]\nkind = "
    "f12\n";

/* Words of the shell, with B as the build folder and in the scratch folder; they must end with `code` and say `says`. */
static void expect(const char *words, int code, const char *says)
{
    char command[8192], text[1 << 14], self[PATH_MAX], here[PATH_MAX];
    const char *program = getenv("PEFTLAB");
    assert_non_null(program);
    snprintf(self, sizeof self, "%s", program);
    assert_non_null(getcwd(here, sizeof here));
    snprintf(command, sizeof command,
             "B='%s' TREE='%s' && export B TREE && cd '%s' && unset PEFTLAB_PLOTS PEFTLAB_RESULTS && "
             "P=\"$PWD/in st/bin/peftlab\" && { %s; } 2>&1",
             dirname(dirname(self)), here, scratch, words);
    int got = process_shell(command, text, sizeof text);
    if (got != code || !strstr(text, says))
        fail_msg("`%s` ended with %d and \"%s\"; %d and \"%s\" were wanted", words, got, text, code, says);
}

static void install(void)
{
    if (!process_twins())
        skip();
    expect("make -s -C \"$TREE\" -o all install BUILD=\"$B\" PREFIX=\"$PWD/in st\"", 0, "");
    scratch_text("e.ini", experiment);
    expect("\"$P\" sweep e.ini -j 1", 0, "runs made");
}

/* Catches: a path that is cut at its blank; files that go to another place; a program that looks for figure scripts in a
 * folder of the user's that happens to be called plots. */
static void test_own_files(void **state)
{
    (void)state;
    install();
    expect("find 'in st' -name style.gp -o -name main.ini -o -name peftlab-double | sort", 0,
           "in st/bin/peftlab-double\nin st/share/peftlab/experiments/main.ini\nin st/share/peftlab/plots/style.gp\n");
    expect(
        "make -s -C \"$TREE\" -o all install BUILD=\"$B\" PREFIX=/usr DESTDIR=\"$PWD/pack age\" && ls 'pack age/usr'",
        0, "bin\nshare\n");
    expect("mkdir plots && echo 'exit' >plots/style.gp && \"$P\" report e.ini && ls results/figures", 0, ".svg");
    expect("\"$P\" explain lora_fa | grep confirmed", 0, "halves the trained parameters"); /* the reference's tables */
    expect("PEFTLAB_PLOTS=$PWD/plots \"$P\" report e.ini", 7, "skipped");
}

/* Completion and manual page come from the verbs' structs. Catches: a verb, a method or an option that the shell does not
 * know; a hidden verb that it offers; a script that bash cannot read, a page that man cannot set. */
static void test_shell(void **state)
{
    (void)state;
    install();
    expect("\"$P\" complete words -- 'peftlab s'", 0, "sample\nsharpness\nshow\nstatus\nsweep\n");
    expect("\"$P\" complete words -- 'peftlab wo' | grep -c worker", 1, "0");
    expect("\"$P\" complete words -- 'peftlab run method=lora_'", 0, "method=lora_drop\n");
    expect("\"$P\" complete words -- 'peftlab sweep x.ini --d'", 0, "--dry-run\n");
    expect("\"$P\" complete words -- 'peftlab run warm'", 0, "warmup=\n");
    expect(
        "PATH=\"$PWD/in st/bin:$PATH\" bash -c '. \"in st/share/bash-completion/completions/peftlab\"; "
        "COMP_WORDS=(peftlab run "
        "method=lora_d); COMP_LINE=\"peftlab run method=lora_d\"; COMP_POINT=${#COMP_LINE}; _peftlab 2>/dev/null; echo "
        "\"<${COMPREPLY[*]}>\"'",
        0, "<lora_drop>");
    expect("if command -v fish >/dev/null; then PATH=\"$PWD/in st/bin:$PATH\" HOME=\"$PWD\" fish -c '"
           "source \"in st/share/fish/vendor_completions.d/peftlab.fish\"; complete -C \"peftlab exp\"'; "
           "else printf 'explain\\nexport\\n'; fi",
           0, "explain\nexport\n");
    expect("if command -v zsh >/dev/null; then PATH=\"$PWD/in st/bin:$PATH\" zsh -fc '"
           "compadd() { shift 3; print -l -- \"$@\"; }; words=(peftlab exp); LBUFFER=\"peftlab exp\"; "
           ". \"in st/share/zsh/site-functions/_peftlab\"'; else printf 'explain\\nexport\\n'; fi",
           0, "explain\nexport\n");
    expect("grep -c '^.SS' 'in st/share/man/man1/peftlab.1'", 0, "2");
    expect("ls 'in st/share/zsh/site-functions' 'in st/share/fish/vendor_completions.d'", 0, "peftlab.fish");
    expect("if command -v man >/dev/null; then man -l --warnings 'in st/share/man/man1/peftlab.1' 2>&1 >/dev/null | "
           "grep -c .; "
           "else echo 0; false; fi",
           1, "0");
}

/* A missing part costs its own output. Catches: a report that fails, or shows old pictures, without a PNG terminal; one
 * without tables where gnuplot is missing. */
static void test_missing_parts(void **state)
{
    (void)state;
    install();
    expect("\"$P\" report e.ini && ls results/figures", 0, ".png\n");
    expect(
        "mkdir bin && printf '#!/bin/sh\\nsed \"s/^set terminal pngcairo.*/set terminal nosuch/\" | exec %s \"$@\"\\n' "
        "\"$(command -v gnuplot)\" >bin/gnuplot && chmod +x bin/gnuplot && PATH=$PWD/bin:$PATH \"$P\" report e.ini",
        0, "figures are SVG only");
    expect("ls results/figures", 0, ".svg\n");
    expect("ls results/figures | grep -c png", 1, "0");
    expect("rm -r results/report.html bin/gnuplot; for f in /bin/*; do [ \"$f\" = /bin/gnuplot ] || ln -s \"$f\" bin/; "
           "done; "
           "PATH=$PWD/bin \"$P\" report e.ini",
           7, "gnuplot is not installed");
    expect("ls results", 0, "report.html\n");
    expect("env -i PATH=\"$PATH\" LC_ALL=C \"$P\" report e.ini", 0, "report.html");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_own_files, scratch_open, scratch_close),
        cmocka_unit_test_setup_teardown(test_shell, scratch_open, scratch_close),
        cmocka_unit_test_setup_teardown(test_missing_parts, scratch_open, scratch_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

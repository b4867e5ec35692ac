/* peftlab man: the manual page, from the structs of the verbs. */
#include "cli/help.h"

#include "core/build.h"
#include "core/die.h"

#include <stdio.h>

/* Text in which roff reads no request and no hyphen. */
static void put(const char *text)
{
    for (bool begin = true; *text; begin = *text++ == '\n') {
        if (begin && (*text == '.' || *text == '\''))
            fputs("\\&", stdout);
        if (*text == '\\')
            fputs("\\e", stdout);
        else if (*text == '-')
            fputs("\\-", stdout);
        else
            putchar(*text);
    }
}

static void put_verb(const struct verb *v)
{
    char word[64];
    printf(".SS ");
    put(v->name);
    printf("\n.B peftlab ");
    put(v->name);
    putchar('\n');
    if (*v->usage) {
        put(v->usage);
        putchar('\n');
    }
    printf(".PP\n");
    put(v->summary);
    printf(".\n");
    if (v->help) {
        put(v->help);
        putchar('\n');
    }
    for (const struct verb_option *o = v->options; o->name; o++) {
        help_option(o, word, sizeof word);
        printf(".TP\n.B ");
        put(word);
        putchar('\n');
        put(o->help);
        putchar('\n');
    }
    printf(".PP\nFor example:\n.PP\n.nf\n.RS\n");
    for (const char *e = v->example; *e; e += *e == '\n') {
        printf("peftlab ");
        for (; *e && *e != '\n'; e++)
            put((const char[]){*e, '\0'});
        putchar('\n');
    }
    printf(".RE\n.fi\n");
}

static int run(const struct words *w)
{
    (void)w;
    printf(".TH PEFTLAB 1 \"\" \"peftlab %s\" \"User Commands\"\n", source_version);
    printf(".SH NAME\npeftlab \\- compare parameter\\-efficient fine\\-tuning methods\n");
    printf(".SH SYNOPSIS\n.B peftlab\n.I VERB\n[\\fIWORD\\fR ...]\n");
    for (enum verb_group g = 0; g < VERB_HIDDEN; g++) {
        printf(".SH ");
        for (const char *c = help_groups[g]; *c; c++)
            putchar(*c >= 'a' && *c <= 'z' ? *c + 'A' - 'a' : *c);
        putchar('\n');
        for (int i = 0; i < verb_registry_size; i++)
            if (verb_registry[i]->group == g)
                put_verb(verb_registry[i]);
    }
    printf(
        ".SH ENVIRONMENT\n.TP\n.B PEFTLAB_RESULTS\nThe results folder, where results=DIR names none; else ./results.\n"
        ".TP\n.B PEFTLAB_PLOTS\nThe folder of the figures' gnuplot scripts, in place of the program's own.\n"
        ".TP\n.B OPENBLAS_CORETYPE\nThe kernels that products are computed with; unless set, those of this machine.\n"
        ".TP\n.B NO_COLOR\nIf set and not empty, nothing is printed in colour.\n"
        ".SH EXIT STATUS\n");
    put(help_exit_codes);
    return EXIT_OK;
}

const struct verb verb_man = {
    .name = "man",
    .group = VERB_HIDDEN,
    .summary = "print the manual page",
    .usage = "",
    .example = "man | man -l -",
    .run = run,
};

/* peftlab help: the verbs in groups, and the page of one verb, from their structs. */
#include "cli/help.h"

#include "core/die.h"

#include <ctype.h>
#include <string.h>

enum { WIDTH = 80 };

const char *const help_groups[] = {"Make runs", "Look at what there is", "Share and keep", "Prove"};
const char help_exit_codes[] = "Exit codes: 0 done, 1 some runs failed, 2 wrong usage, 3 data missing or\n"
                               "changed, 4 damaged result, 5 a check found a difference, 6 no space or memory,\n"
                               "7 a program is missing, 75 interrupted (the same command goes on).\n";

void help_print(FILE *out)
{
    fprintf(out, "peftlab compares parameter-efficient fine-tuning methods.\nUsage: peftlab VERB [WORD ...]\n");
    for (enum verb_group g = 0; g < VERB_HIDDEN; g++) {
        fprintf(out, "\n%s\n", help_groups[g]);
        for (int i = 0; i < verb_registry_size; i++)
            if (verb_registry[i]->group == g)
                fprintf(out, "  %-9s %s\n", verb_registry[i]->name, verb_registry[i]->summary);
    }
    fprintf(out,
            "\n`peftlab help VERB` says what a verb takes; `peftlab list options`, what a run.\n"
            "Results are kept in ./results; results=DIR or $PEFTLAB_RESULTS name another\n"
            "folder, $PEFTLAB_PLOTS another folder of figure scripts.\n\n%s",
            help_exit_codes);
}

void help_option(const struct verb_option *o, char *text, size_t size)
{
    const char *between = o->name[0] != '-' ? "=" : " ";
    if (!o->value)
        snprintf(text, size, "%s", o->name);
    else if (o->value[0] == '[')
        snprintf(text, size, "%s[=%s", o->name, o->value + 1);
    else
        snprintf(text, size, "%s%s%s", o->name, between, o->value);
}

/* Prints a word, on a new line that begins at `indent` where it would pass the width. */
static void put_word(FILE *out, const char *word, int *column, int indent)
{
    int n = (int)strlen(word);
    bool fits = *column + 1 + n <= WIDTH;
    fprintf(out, "%s%*s%s", fits ? "" : "\n", fits ? 1 : indent, "", word);
    *column = (fits ? *column + 1 : indent) + n;
}

/* Whether the line of arguments names the option already, as that of merge names -o, without which it does nothing. */
static bool stands_in(const char *usage, const char *name)
{
    const size_t n = strlen(name);
    for (const char *p = strstr(usage, name); p; p = strstr(p + 1, name))
        if ((p == usage || p[-1] == ' ') && (p[n] == ' ' || p[n] == '='))
            return true;
    return false;
}

/* "[--csv] [-n N] [results=DIR]": the options of a verb, which are written after its arguments. */
static void print_usage(const struct verb *v, FILE *out)
{
    char text[64], word[80];
    int column = fprintf(out, "peftlab %s%s%s", v->name, *v->usage ? " " : "", v->usage);
    for (const struct verb_option *o = v->options; o->name; o++) {
        if (stands_in(v->usage, o->name))
            continue;
        help_option(o, text, sizeof text);
        snprintf(word, sizeof word, "[%s]", text);
        put_word(out, word, &column, 9 + (int)strlen(v->name));
    }
    fputc('\n', out);
}

/* A text of words, broken at the width; the first line begins where the cursor is. */
static void put_text(FILE *out, const char *text, int column, int indent)
{
    char word[128];
    while (*text) {
        size_t n = strcspn(text, " ");
        snprintf(word, sizeof word, "%.*s", (int)n, text);
        put_word(out, word, &column, indent);
        text += n + strspn(text + n, " ");
    }
    fputc('\n', out);
}

/* A text whose lines are broken at the width. */
static void put_lines(FILE *out, const char *text)
{
    while (*text) {
        char word[128];
        int column = 0;
        for (bool begin = true; *text && *text != '\n'; begin = false) {
            size_t blanks = strspn(text, " "), n = strcspn(text + blanks, " \n");
            snprintf(word, sizeof word, "%.*s", (int)n, text + blanks);
            if (begin)
                column = fprintf(out, "%*s%s", (int)blanks, "", word);
            else
                put_word(out, word, &column, 0);
            text += blanks + n;
        }
        fputc('\n', out);
        text += *text == '\n';
    }
}

void help_print_verb(const struct verb *v, FILE *out)
{
    print_usage(v, out);
    fprintf(out, "\n%c%s.\n", toupper((unsigned char)v->summary[0]), v->summary + 1);
    if (v->help)
        put_lines(out, v->help);
    if (v->options[0].name)
        fputc('\n', out);
    for (const struct verb_option *o = v->options; o->name; o++) {
        char text[64];
        help_option(o, text, sizeof text);
        int column = fprintf(out, "  %-17s", text);
        put_text(out, o->help, column, 20);
    }
    fprintf(out, "\nFor example:\n");
    for (const char *e = v->example; *e; e += strcspn(e, "\n"), e += *e == '\n')
        fprintf(out, "  peftlab %.*s\n", (int)strcspn(e, "\n"), e);
}

static int run(const struct words *w)
{
    if (w->n)
        help_print_verb(verb_find(w->word[0]), stdout);
    else
        help_print(stdout);
    return EXIT_OK;
}

const struct verb verb_help = {
    .name = "help",
    .group = VERB_LOOK,
    .summary = "print the verbs, or the page of one verb",
    .usage = "[VERB]",
    .most = 1,
    .example = "help sweep",
    .run = run,
};

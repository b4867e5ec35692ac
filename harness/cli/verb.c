/* Finding a verb, and parting its words into options and arguments. */
#include "cli/verb.h"

#include "core/die.h"
#include "core/file.h"
#include "core/option.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

const struct verb *verb_find(const char *name)
{
    struct nearest nearest = {name, "", 0};
    for (int i = 0; i < verb_registry_size; i++) {
        const struct verb *v = verb_registry[i];
        if (strcmp(name, v->name) == 0)
            return v;
        if (v->group != VERB_HIDDEN)
            option_nearer(&nearest, v->name);
    }
    die(EXIT_USAGE, "there is no verb \"%.40s\"; did you mean %s? (`peftlab help` lists them)", name, nearest.name);
}

_Noreturn void words_usage(const struct words *w)
{
    const struct verb *v = w->verb;
    bool more = w->n > v->most && (v->most || !v->least);
    die(EXIT_USAGE, "%s takes %s%s%.40s%s; for example: peftlab %.*s (`peftlab help %s` says more)", v->name,
        *v->usage ? v->usage : "no arguments", more ? ", and not \"" : "", more ? w->word[v->most] : "",
        more ? "\" too" : "", (int)strcspn(v->example, "\n"), v->example, v->name);
}

static _Noreturn void refuse(const struct verb *v, const char *word)
{
    struct nearest nearest = {word, "", 0};
    for (const struct verb_option *o = v->options; o->name; o++)
        if (o->name[0] == '-')
            option_nearer(&nearest, o->name);
    if (*nearest.name)
        die(EXIT_USAGE, "%s has no option %.40s; did you mean %s? (`peftlab help %s` lists them)", v->name, word,
            nearest.name, v->name);
    die(EXIT_USAGE, "%s has no option %.40s (`peftlab help %s` says what it takes)", v->name, word, v->name);
}

/* Which option a word is, or begins; -1 where it is an argument. *value is what stands behind '=', or NULL. */
static int find_option(const struct verb *v, const char *word, const char **value)
{
    size_t n = strcspn(word, "=");
    for (int i = 0; v->options[i].name; i++) {
        const struct verb_option *o = &v->options[i];
        if (strlen(o->name) != n || strncmp(o->name, word, n) != 0)
            continue;
        *value = word[n] ? word + n + 1 : NULL;
        if (o->name[0] == '-' ? !*value || (o->value && o->name[1] == '-') : *value != NULL)
            return i;
    }
    if (word[0] == '-' && word[1])
        refuse(v, word);
    return -1;
}

/* Takes the option at argv[*i], with its value when that is the next word. */
static void take_option(struct words *w, int at, const char *value, int argc, char **argv, int *i)
{
    const struct verb_option *o = &w->verb->options[at];
    if (w->value[at])
        die(EXIT_USAGE, "%s is given twice", o->name);
    if (o->name[0] == '-' && o->value && o->value[0] != '[' && !value) {
        if (*i + 1 == argc)
            die(EXIT_USAGE, "%s is the last word: its value, %s, is missing", o->name, o->value);
        value = argv[++*i];
    }
    if (value && !*value)
        die(EXIT_USAGE, "%s= names no %s: %s", o->name, o->value, o->help);
    w->value[at] = value ? value : "";
}

static void words_part(struct words *w, const struct verb *verb, int argc, char **argv)
{
    *w = (struct words){.verb = verb, .word = argv};
    for (int i = 0; i < argc; i++) {
        const char *value = NULL;
        int at = find_option(verb, argv[i], &value);
        if (at < 0) {
            argv[w->n++] = argv[i];
        } else if (strcmp(argv[i], "--") == 0) {
            w->after = argv + i + 1;
            w->behind = argc - i - 1;
            w->value[at] = "";
            break;
        } else
            take_option(w, at, value, argc, argv, &i);
    }
    if (w->n < verb->least || (w->n > verb->most && (verb->most || !verb->least)))
        words_usage(w);
}

int verb_call(const struct verb *verb, int argc, char **argv)
{
    struct words w;
    words_part(&w, verb, argc, argv);
    return verb->run(&w);
}

const char *words_text(const struct words *w, const char *name, const char *otherwise)
{
    for (int i = 0; w->verb->options[i].name; i++)
        if (strcmp(w->verb->options[i].name, name) == 0)
            return w->value[i] ? w->value[i] : otherwise;
    assert(!"a verb asks for an option that it declares");
    return otherwise;
}

bool words_given(const struct words *w, const char *name)
{
    return words_text(w, name, NULL) != NULL;
}

long words_number(const struct words *w, const char *name, long min, long max, long otherwise)
{
    const char *text = words_text(w, name, NULL);
    long v = otherwise < max ? otherwise : max;
    const char *end = text ? option_digits(text, max, &v) : "";
    if (!end || *end || (text && v < min))
        die(EXIT_USAGE, "%s %.40s: takes a whole number from %ld to %ld", name, text, min, max);
    return v;
}

const char *words_results(const struct words *w)
{
    const char *set = getenv("PEFTLAB_RESULTS");
    return words_text(w, "results", set && *set ? set : "results");
}

int words_lock(const struct words *w)
{
    const char *results = words_results(w);
    folder_make(results);
    const int lock = folder_open_locked(results);
    if (lock < 0)
        die(EXIT_USAGE,
            "%s: another process writes lists there now: wait for it, or give another folder with results=", results);
    return lock;
}

const char *words_known(const struct words *w)
{
    return words_text(w, "known", NULL);
}

bool word_is_setting(const char *word)
{
    size_t n = strspn(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.");
    return n > 0 && word[n] == '=';
}

/* peftlab complete: completion of words for bash, zsh and fish; the shells ask this verb what may stand next. */
#include "cli/verb.h"

#include "base/base.h"
#include "core/die.h"
#include "train/spec.h"

#include <stdio.h>
#include <string.h>

static const char bash[] =
    "_peftlab() {\n"
    "    local line=${COMP_LINE:0:COMP_POINT}\n"
    "    local word=${line##* }\n"
    "    mapfile -t COMPREPLY < <(\"${COMP_WORDS[0]}\" complete words -- \"$line\" 2>/dev/null)\n"
    "    [[ ${COMPREPLY[0]} != *= ]] || compopt -o nospace\n"
    "    [[ $word != *=* ]] || COMPREPLY=(\"${COMPREPLY[@]#\"${word%%=*}=\"}\") # = parts words in bash\n"
    "}\n"
    "complete -o default -F _peftlab peftlab peftlab-double\n";
static const char zsh[] = "#compdef peftlab peftlab-double\n"
                          "local -a found\n"
                          "found=(${(f)\"$($words[1] complete words -- \"$LBUFFER\" 2>/dev/null)\"})\n"
                          "(( $#found )) && compadd -S '' -- $found || _files\n";
static const char fish[] = "complete -c peftlab -a '(peftlab complete words -- (commandline -cp) 2>/dev/null)'\n";

/* Prints before+name+after where it begins with `word`. */
static void offer(const char *word, const char *before, const char *name, const char *after)
{
    char text[OPTION_TEXT];
    snprintf(text, sizeof text, "%s%s%s", before, name, after);
    if (strncmp(text, word, strlen(word)) == 0)
        printf("%s\n", text);
}

static void offer_methods(const char *word, const char *before)
{
    for (int i = 0; i < method_registry_size; i++)
        offer(word, before, method_registry[i]->name, "");
}

static void offer_tasks(const char *word, const char *before)
{
    for (int i = 0; i < task_registry_size; i++)
        offer(word, before, task_registry[i]->name, "");
}

static void offer_keys(const char *word, const struct option *table)
{
    for (const struct option *o = table; o && o->name; o++)
        offer(word, "", o->name, "=");
}

/* What may stand behind a verb. */
static void offer_words(const char *word, const struct verb *v)
{
    for (const struct verb_option *o = v->options; o->name; o++)
        if (strcmp(o->name, "--") != 0)
            offer(word, "", o->name, o->name[0] == '-' ? "" : "=");
    if (strncmp(v->usage, "METHOD", 6) == 0)
        offer_methods(word, "");
    if (strncmp(v->usage, "TASK", 4) == 0)
        offer_tasks(word, "");
    if (strcmp(v->name, "help") == 0)
        for (int i = 0; i < verb_registry_size; i++)
            if (verb_registry[i]->group != VERB_HIDDEN)
                offer(word, "", verb_registry[i]->name, "");
    if (strcmp(v->name, "list") == 0)
        for (const char *const *what =
                 (const char *const[]){"methods", "tasks", "tables", "figures", "runs", "options", "machine", NULL};
             *what; what++)
            offer(word, "", *what, "");
    if (!strstr(v->usage, "key=value"))
        return;
    offer(word, "", "method", "=");
    offer(word, "", "task", "=");
    if (strncmp(word, "method=", 7) == 0)
        offer_methods(word, "method=");
    if (strncmp(word, "task=", 5) == 0)
        offer_tasks(word, "task=");
    for (int i = 0; i < recipe_count && strncmp(word, "base=", 5) == 0; i++)
        offer(word, "base=", recipes[i].name, "");
    offer_keys(word, train_options);
    offer_keys(word, adapter_options);
    offer_keys(word, task_common_options);
}

/* The line up to the cursor: "peftlab run met". */
static void complete(const char *line)
{
    char verb[64];
    line += strcspn(line, " ");
    line += strspn(line, " ");
    size_t n = strcspn(line, " ");
    snprintf(verb, sizeof verb, "%.*s", (int)n, line);
    const char *last = strrchr(line, ' '), *word = last ? last + 1 : line;
    for (int i = 0; i < verb_registry_size; i++)
        if (!last && verb_registry[i]->group != VERB_HIDDEN)
            offer(word, "", verb_registry[i]->name, "");
        else if (last && strcmp(verb_registry[i]->name, verb) == 0)
            offer_words(word, verb_registry[i]);
}

static int run(const struct words *w)
{
    const char *what = w->word[0];
    if (strcmp(what, "words") == 0 && w->behind == 1)
        complete(w->after[0]);
    else if (strcmp(what, "bash") == 0)
        fputs(bash, stdout);
    else if (strcmp(what, "zsh") == 0)
        fputs(zsh, stdout);
    else if (strcmp(what, "fish") == 0)
        fputs(fish, stdout);
    else
        words_usage(w);
    return EXIT_OK;
}

const struct verb verb_complete = {
    .name = "complete",
    .group = VERB_HIDDEN,
    .summary = "print the completion of a shell, or what completes a line",
    .usage = "bash | zsh | fish | words -- LINE",
    .least = 1,
    .most = 1,
    .example = "complete bash >~/.local/share/bash-completion/completions/peftlab",
    .options = {{"--", "LINE", "the line up to the cursor"}},
    .run = run,
};

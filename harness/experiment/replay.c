/* From a record back to a spec, and the parts of its key that have changed. */
#include "experiment/replay.h"

#include "core/arena.h"
#include "core/build.h"
#include "core/die.h"
#include "math/linalg.h"
#include "record/compare.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

char **replay_words(const char *config, int *n)
{
    char **words = mem_alloc(512 * sizeof *words);
    *n = 0;
    for (const char *p = config; *p && *n < 511; p += strcspn(p, "\n"), p += *p == '\n')
        if (strncmp(p, "extra=", 6) != 0) /* not an option: the budget's answer, which is found again */
            words[(*n)++] = mem_text("%.*s", (int)strcspn(p, "\n"), p);
    return words;
}

struct list {
    char *text;
    unsigned size;
};

static void add(struct list *l, const char *what, const char *detail)
{
    size_t used = strlen(l->text);
    snprintf(l->text + used, l->size - used, "%s%s%s", used ? ", " : "", what, detail);
}

static void add_key(const char *key, const char *a, const char *b, void *data)
{
    (void)a;
    (void)b;
    add(data, "configuration: ", key);
}

static void add_source(struct list *l, const char *folder, const char *name, const char *was)
{
    char file[128];
    snprintf(file, sizeof file, "%s/%s.c", folder, name);
    if (*was && strcmp(was, sources_hash(file)) != 0)
        add(l, "code of ", file);
}

void replay_prepare(struct session *s, struct identity *p, const struct record *rec, char *changed, unsigned size)
{
    int n;
    char **words = replay_words(rec->config, &n), text[SPEC_TEXT];
    DEFER(mem_free_list, words);
    struct trap t;
    struct list l = {changed, size};
    *changed = '\0';
    if (trap_set(&t))
        die(t.code, "run %.12s cannot be made again: %s", rec->key, t.text);
    identity_make(s, p, n, (const char *const *)words);
    trap_end(&t);
    if (strcmp(p->key, rec->key) == 0)
        return;
    spec_text(&p->spec, text);
    config_compare(rec->config, text, add_key, &l);
    if (strcmp(rec->number_type, REAL_NAME) != 0)
        add(&l, "number type ", rec->number_type);
    if (rec->abi != PEFTLAB_ABI)
        add(&l, "PEFTLAB_ABI", "");
    if (strcmp(rec->data_hash, p->data_hash) != 0)
        add(&l, "data", "");
    if (strcmp(rec->base_hash, p->base_hash) != 0)
        add(&l, "base", "");
    add_source(&l, "methods", p->spec.method->name, rec->method_source);
    add_source(&l, "tasks", p->spec.task->name, rec->task_source);
    if (!*changed)
        add(&l, "code of method or task", " (the record is too old to say which)");
}

int replay_same_machine(const struct record *rec)
{
    char compiler[sizeof rec->compiler];
    snprintf(compiler, sizeof compiler, "%s", __VERSION__);
    return strcmp(rec->core, blas_core()) == 0 && strcmp(rec->compiler, compiler) == 0;
}

/* From a record back to a spec, and the parts of its key that have changed. */
#include "experiment/replay.h"

#include "core/arena.h"
#include "core/build.h"
#include "core/csv.h"
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

void replay_free_words(char **words, int n)
{
    for (int i = 0; i < n; i++)
        free(words[i]);
    free(words);
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

void replay_prepare(struct session *s, struct prepared *p, const struct record *rec, char *changed, unsigned size)
{
    int n;
    char **words = replay_words(rec->config, &n), text[SPEC_TEXT];
    struct trap t;
    struct list l = {changed, size};
    *changed = '\0';
    if (trap_set(&t)) {
        replay_free_words(words, n);
        die(t.code, "run %.12s cannot be made again: %s", rec->key, t.text);
    }
    session_prepare(s, p, n, (const char *const *)words);
    trap_end(&t);
    replay_free_words(words, n);
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
    if (strcmp(rec->base_hash, p->base->hash) != 0)
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

enum { CONFIG = 3, RUNS_COLUMNS = 7 }; /* the first three are hashes */
static const char *const runs_columns[RUNS_COLUMNS] = {"key",  "curve_hash", "weights_hash", "spec",
                                                       "core", "compiler",   "base_hash"};

static bool is_hash(const char *text)
{
    return strlen(text) == HASH_HEX - 1 && strspn(text, "0123456789abcdef") == HASH_HEX - 1;
}

static void find_columns(const char *path, const struct csv_row *head, int column[RUNS_COLUMNS])
{
    for (int k = 0; k < RUNS_COLUMNS; k++) {
        column[k] = -1;
        for (int i = 0; i < head->n; i++)
            if (strcmp(head->field[i], runs_columns[k]) == 0)
                column[k] = i;
        if (column[k] < 0)
            die(EXIT_DATA, "%s: has no column %s", path, runs_columns[k]);
    }
}

static void read_row(const char *path, const struct csv_row *row, const int column[RUNS_COLUMNS], struct runs_row *out)
{
    const char *text[RUNS_COLUMNS];
    for (int k = 0; k < RUNS_COLUMNS; k++) {
        text[k] = column[k] < row->n ? row->field[column[k]] : "";
        if (k < CONFIG && !is_hash(text[k])) /* an empty one would fit every run */
            die(EXIT_DATA, "%s:%ld: %s is \"%.80s\", not a SHA-256", path, row->line, runs_columns[k], text[k]);
    }
    for (char *b = column[CONFIG] < row->n ? row->field[column[CONFIG]] : NULL; b && *b; b++)
        *b = *b == ';' ? '\n' : *b;
    *out = (struct runs_row){.key = text[0],
                             .curve_hash = text[1],
                             .weights_hash = text[2],
                             .config = text[CONFIG],
                             .core = text[4],
                             .compiler = text[5],
                             .base_hash = text[6]};
}

/* Hands every row after the head to `each`; returns how many there are. */
static long each_row(struct csv_reader *f, const char *path, void (*each)(const struct runs_row *row, void *data),
                     void *data)
{
    struct csv_row row;
    int column[RUNS_COLUMNS];
    long n = 0;
    if (!csv_next(f, &row))
        die(EXIT_DATA, "%s: is empty", path);
    find_columns(path, &row, column);
    for (; csv_next(f, &row); n++) {
        struct runs_row out;
        read_row(path, &row, column, &out);
        each(&out, data);
    }
    return n;
}

void runs_each(const char *path, void (*each)(const struct runs_row *row, void *data), void *data)
{
    struct csv_reader *f = csv_open(path, FORMAT_CSV);
    struct trap t;
    if (trap_set(&t)) {
        csv_close(f);
        die(t.code, "%s", t.text);
    }
    if (!each_row(f, path, each, data))
        die(EXIT_DATA, "%s: holds no runs", path);
    trap_end(&t);
    csv_close(f);
}

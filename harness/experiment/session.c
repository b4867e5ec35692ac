/* A results folder with its bases and data, each made at most once in a process. */
#include "experiment/session.h"

#include "base/cache.h"
#include "core/arena.h"
#include "core/content.h"
#include "core/die.h"
#include "core/file.h"
#include "data/tokenizer_files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct data {
    char *text; /* what identifies it: task, its options, the base's limits */
    struct task_env env;
    struct task_common common;
    void *opts;
    struct dataset splits[SPLITS];
    char hash[HASH_HEX];
    bool silent; /* made while what is worth saying was not to be said */
    struct data *next;
};

struct known_base {
    struct base base;
    struct known_base *next;
};

struct found {
    char *about;
    void *what;
    struct found *next;
};

struct session {
    char *results;
    const char *list;
    struct listed *listed; /* its content, once somebody has asked */
    struct data *data;
    struct known_base *bases;
    struct found *found; /* the last first */
    struct checkpoints checkpoints;
    bool hushed;
};

struct session *session_open(const char *results)
{
    struct session *s = mem_alloc(sizeof *s);
    s->results = mem_text("%s", results);
    s->checkpoints.minutes = 5;
    return s;
}

static void data_free(struct data *d)
{
    for (int i = 0; i < SPLITS; i++)
        dataset_free(&d->splits[i]);
    free(d->text);
    free(d->opts);
    free(d);
}

void session_close(struct session *s)
{
    for (struct data *d = s->data, *next; d; d = next) {
        next = d->next;
        data_free(d);
    }
    for (struct known_base *b = s->bases, *next; b; b = next) {
        next = b->next;
        base_close(&b->base);
        free(b);
    }
    for (struct found *f = s->found, *next; f; f = next) {
        next = f->next;
        free(f->about);
        free(f->what);
        free(f);
    }
    listed_close(s->listed);
    free(s->results);
    free(s);
}

void session_set_checkpoints(struct session *s, double minutes, bool keep)
{
    s->checkpoints = (struct checkpoints){minutes, keep};
}

const struct checkpoints *session_checkpoints(const struct session *s)
{
    return &s->checkpoints;
}

void session_hush(struct session *s, bool on)
{
    s->hushed = on;
}

void session_set_list(struct session *s, const char *path)
{
    s->list = path;
}

const char *session_list(const struct session *s)
{
    return s->list;
}

const char *session_results(const struct session *s)
{
    return s->results;
}

struct listed *session_listed(struct session *s)
{
    if (s->list && !s->listed)
        s->listed = listed_open(s->list);
    return s->listed;
}

struct base *session_base(struct session *s, const char *name, int seed)
{
    struct known_base *b = s->bases;
    while (b && (strcmp(b->base.name, name) != 0 || b->base.seed != seed))
        b = b->next;
    if (!b) {
        struct base opened; /* base_open dies of a name that is none; then there is nothing to free */
        hush(s->hushed);
        base_open(&opened, name, seed);
        hush(false);
        b = mem_alloc(sizeof *b);
        b->base = opened;
        b->next = s->bases;
        s->bases = b;
    }
    if (!*b->base.hash)
        base_find(&b->base, s->results);
    return &b->base;
}

const struct base *session_loaded(struct session *s, const char *name, int seed)
{
    struct base *b = session_base(s, name, seed);
    hush(s->hushed);
    if (b->image < 0)
        base_load(b, s->results);
    hush(false);
    return b;
}

void session_tokenizer(const struct session *s, const struct base *base, char hex[HASH_HEX])
{
    const char *const *files = tokenizer_file_names;
    char *cache = mem_text("%s/cache", s->results), one[HASH_HEX];
    struct hash h;
    *hex = '\0';
    if (base->tokenizer && base->stored)
        content_hash(base->name, cache, hex);
    else if (base->tokenizer) {
        hash_open(&h);
        for (size_t i = 0; files[i]; i++) {
            char *path = mem_text("%s/%s", base->name, files[i]);
            if (file_exists(path)) {
                content_hash(path, cache, one);
                hash_add(&h, files[i], strlen(files[i]) + 1);
                hash_add(&h, one, sizeof one);
            }
            free(path);
        }
        hash_close(&h, hex);
    }
    free(cache);
}

/* What rows of a file mean, beside their tokens: which label is which class, and which text was which token. */
static void add_meaning(const struct session *s, const struct base *base, struct data *d)
{
    char tokenizer[HASH_HEX];
    struct hash h;
    session_tokenizer(s, base, tokenizer);
    hash_open(&h);
    hash_add(&h, d->hash, sizeof d->hash);
    hash_add(&h, tokenizer, strlen(tokenizer) + 1);
    for (int i = 0; i < d->env.names.n; i++)
        hash_add(&h, d->env.names.name[i], strlen(d->env.names.name[i]) + 1);
    hash_close(&h, d->hash);
}

static void task_line(const char *key, const struct option *o, const void *opts, void *data)
{
    char value[OPTION_TEXT], *text = data;
    size_t used = strlen(text);
    if (strncmp(key, "task.", 5) != 0)
        return;
    option_get(o, opts, value, sizeof value);
    snprintf(text + used, SPEC_TEXT - used, "%s=%s\n", key, value);
}

static struct data *find_data(struct session *s, const struct spec *spec, const struct base *base)
{
    char text[SPEC_TEXT];
    snprintf(text, sizeof text, "%s positions=%d base=%s\n", spec->task->name, base->config.positions,
             base->tokenizer ? base->name : "");
    spec_each(spec, task_line, text);
    for (struct data *d = s->data; d; d = d->next)
        if (strcmp(d->text, text) == 0 && (!d->silent || s->hushed)) /* else they are made again, and it is said */
            return d;
    struct guard g;
    struct data *d = mem_alloc(sizeof *d);
    GUARD(&g, data_free, d);
    d->text = mem_text("%s", text);
    d->common = spec->task_common;
    d->opts = mem_alloc(spec->task->options_size);
    if (spec->task->options_size)
        memcpy(d->opts, spec->task_opts, spec->task->options_size);
    d->env = (struct task_env){.common = &d->common, .opts = d->opts, .tokenizer = base->tokenizer};
    d->env.classes = spec->classes;
    d->env.max_len = base->config.positions < EXAMPLE_TOKENS ? base->config.positions : EXAMPLE_TOKENS;
    d->silent = s->hushed;
    hush(s->hushed);
    task_make(spec->task, &d->env, d->splits);
    const struct dataset *all[SPLITS] = {&d->splits[0], &d->splits[1], &d->splits[2]};
    dataset_hash(all, SPLITS, d->hash);
    if (spec->task->load)
        add_meaning(s, base, d);
    if (*d->env.report)
        inform("%s", d->env.report);
    hush(false);
    guard_end(&g);
    d->next = s->data;
    return s->data = d;
}

struct session_data session_data(struct session *s, const struct spec *spec, const struct base *base)
{
    struct data *d = find_data(s, spec, base);
    return (struct session_data){d->splits, &d->env, d->hash};
}

void *session_memory(struct session *s, const char *about, size_t size)
{
    for (struct found *f = s->found; f; f = f->next)
        if (strcmp(f->about, about) == 0)
            return f->what;
    struct found *f = mem_alloc(sizeof *f);
    *f = (struct found){mem_text("%s", about), mem_alloc(size), s->found};
    s->found = f;
    return f->what;
}

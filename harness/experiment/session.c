/* Bases and data by name, the lock and journal of a run at work, and the step from spec to record. */
#include "experiment/session.h"

#include "base/cache.h"
#include "core/arena.h"
#include "core/die.h"
#include "core/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

struct data {
    char *text; /* what identifies it: task, its options, the base's limits */
    struct task_env env;
    struct task_common common;
    void *opts;
    struct dataset splits[SPLITS];
    char hash[HASH_HEX];
    struct data *next;
};

struct known_base {
    struct base base;
    struct known_base *next;
};

struct session {
    char *results;
    const char *list;
    struct data *data;
    struct known_base *bases;
    double minutes; /* between checkpoints */
    bool keep;      /* the trained models */
};

struct session *session_open(const char *results)
{
    struct session *s = mem_alloc(sizeof *s);
    s->results = mem_text("%s", results);
    s->minutes = 5;
    return s;
}

void session_close(struct session *s)
{
    for (struct data *d = s->data, *next; d; d = next) {
        next = d->next;
        for (int i = 0; i < SPLITS; i++)
            dataset_free(&d->splits[i]);
        free(d->text);
        free(d->opts);
        free(d);
    }
    for (struct known_base *b = s->bases, *next; b; b = next) {
        next = b->next;
        base_close(&b->base);
        free(b);
    }
    free(s->results);
    free(s);
}

void session_set_checkpoints(struct session *s, double minutes, bool keep)
{
    s->minutes = minutes;
    s->keep = keep;
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

const struct base *session_base(struct session *s, const char *name, int seed)
{
    for (struct known_base *b = s->bases; b; b = b->next)
        if (strcmp(b->base.name, name) == 0 && b->base.seed == seed)
            return &b->base;
    struct known_base *b = mem_alloc(sizeof *b);
    base_open(&b->base, name, seed);
    base_load(&b->base, s->results);
    b->next = s->bases;
    s->bases = b;
    return &b->base;
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
        if (strcmp(d->text, text) == 0)
            return d;
    struct data *d = mem_alloc(sizeof *d);
    d->text = mem_text("%s", text);
    d->common = spec->task_common;
    d->opts = mem_alloc(spec->task->options_size);
    if (spec->task->options_size)
        memcpy(d->opts, spec->task_opts, spec->task->options_size);
    d->env = (struct task_env){.common = &d->common, .opts = d->opts, .tokenizer = base->tokenizer};
    d->env.classes = spec->classes;
    d->env.max_len = base->config.positions < EXAMPLE_TOKENS ? base->config.positions : EXAMPLE_TOKENS;
    task_make(spec->task, &d->env, d->splits);
    const struct dataset *all[SPLITS] = {&d->splits[0], &d->splits[1], &d->splits[2]};
    dataset_hash(all, SPLITS, d->hash);
    if (*d->env.report)
        fprintf(stderr, "%s\n", d->env.report);
    d->next = s->data;
    return s->data = d;
}

void session_prepare(struct session *s, struct prepared *p, int n, const char *const *assignments)
{
    *p = (struct prepared){.base = NULL};
    spec_parse(&p->spec, n, assignments);
    p->base = session_base(s, p->spec.train.base, p->spec.train.base_seed);
    if (!p->spec.train.epochs) /* what is wrong is said before the data is made */
        spec_resolve(&p->spec, &p->base->config);
    struct data *d = find_data(s, &p->spec, p->base);
    if (p->spec.train.epochs) {
        spec_set_epochs(&p->spec, d->splits[SPLIT_TRAIN].n);
        spec_resolve(&p->spec, &p->base->config);
    }
    p->splits = d->splits;
    p->env = &d->env;
    snprintf(p->data_hash, sizeof p->data_hash, "%s", d->hash);
    spec_key(&p->spec, p->base->hash, p->data_hash, p->key);
}

void prepared_free(struct prepared *p)
{
    spec_free(&p->spec);
}

/* The journal of a run at work: also its lock, which the kernel gives back however the process ends. -1: another
 * process has it. Where a file system knows no locks everybody gets one, and the same run may be made twice: records
 * arrive by rename, so that harms nothing. */
static int open_journal(const char *path, const char *key)
{
    char text[256];
    int fd = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    if (fd < 0)
        die(EXIT_RESOURCE, "%s: cannot be written: %s", path, strerror(errno));
    if (flock(fd, LOCK_EX | LOCK_NB) && errno == EWOULDBLOCK) {
        close(fd);
        return -1;
    }
    int n = snprintf(text, sizeof text, "run %s began %lld host %s pid %d\n", key, (long long)time(NULL), file_host(),
                     (int)getpid());
    if (write(fd, text, (size_t)n) != n) {
        unlink(path);
        close(fd);
        die(EXIT_RESOURCE, "%s: cannot be written (is the disk full?)", path);
    }
    return fd;
}

static void close_journal(int fd, const char *path)
{
    unlink(path);
    close(fd);
}

/* A whole record is there. One that is not is removed, with a warning; only who holds the journal may ask. */
static bool finished(const char *path)
{
    char why[128];
    if (!file_exists(path))
        return false;
    if (seal_check(path, why, sizeof why))
        return true;
    warn("%s %s; running it again", path, why);
    unlink(path);
    return false;
}

static void make_runs_folder(const struct session *s)
{
    char folder[1024];
    snprintf(folder, sizeof folder, "%s/runs", s->results);
    folder_make(folder);
}

/* The caller's watch with the session's checkpoints. */
static struct run_hooks watched(const struct session *s, const struct prepared *p, const struct run_hooks *watch,
                                char *path, size_t size)
{
    struct run_hooks with = watch ? *watch : (struct run_hooks){.tick = NULL};
    snprintf(path, size, "%s/runs/%.12s.checkpoint", s->results, p->key);
    with.checkpoint = path;
    with.key = p->key;
    with.minutes = s->minutes;
    with.keep = s->keep;
    return with;
}

bool session_retrace(struct session *s, struct prepared *p, const struct run_hooks *watch)
{
    char path[1100];
    struct run r;
    struct run_hooks with = watched(s, p, watch, path, sizeof path);
    bool kept = file_exists(path);
    if (!kept)
        with.checkpoint = NULL;
    with.keep = false;
    run_execute(&r, &p->spec, p->base, p->splits, p->env, &with);
    run_free(&r);
    return !kept;
}

enum session_outcome session_run(struct session *s, struct prepared *p, const struct run_hooks *watch)
{
    char path[1100], journal[1100], why[128];
    record_path(s->results, p->key, path, sizeof path);
    if (file_exists(path) && seal_check(path, why, sizeof why))
        return SESSION_EXISTS;
    make_runs_folder(s);
    snprintf(journal, sizeof journal, "%s/runs/%.12s.journal", s->results, p->key);
    int fd = open_journal(journal, p->key);
    if (fd < 0)
        return SESSION_BUSY;
    if (finished(path)) { /* another process did it between the look and the lock */
        close_journal(fd, journal);
        return SESSION_EXISTS;
    }
    struct run r = {0};
    char checkpoint[1100];
    struct run_hooks with = watched(s, p, watch, checkpoint, sizeof checkpoint);
    struct trap t;
    if (trap_set(&t)) { /* a worker goes on to other runs: the lock must not stay with it */
        run_free(&r);
        close_journal(fd, journal);
        die(t.code, "%s", t.text);
    }
    run_execute(&r, &p->spec, p->base, p->splits, p->env, &with);
    record_write(s->results, &p->spec, &r, p->key, p->base->hash, p->data_hash);
    trap_end(&t);
    run_free(&r);
    if (!s->keep)
        unlink(checkpoint);
    close_journal(fd, journal);
    return SESSION_DONE;
}

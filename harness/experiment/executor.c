/* From an identity to a record: the lock and journal of a run at work, and what it needs in memory. */
#include "experiment/executor.h"

#include "core/arena.h"
#include "core/die.h"
#include "core/file.h"
#include "core/seal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct run_needs executor_load(struct session *s, struct identity *id)
{
    session_loaded(s, id->spec.train.base, id->spec.train.base_seed);
    struct session_data d = session_data(s, &id->spec, id->base);
    identity_correct(s, id, &d);
    return (struct run_needs){d.splits, d.env};
}

/* The journal of a run at work: also its lock, which the kernel gives back however the process ends. */
struct journal {
    char path[1100];
    int fd;
};

static void close_journal(struct journal *j)
{
    unlink(j->path);
    close(j->fd);
}

/* False: another process has it. Where a file system knows no locks everybody gets one, and the same run may be made
 * twice: records arrive by rename, so that harms nothing. */
static bool open_journal(struct journal *j, const char *key)
{
    char text[256];
    int fd = j->fd = file_open_locked(j->path);
    if (fd < 0)
        return false;
    int n = snprintf(text, sizeof text, "run %s began %lld host %s pid %d\n", key, (long long)time(NULL), file_host(),
                     (int)getpid());
    if (write(fd, text, (size_t)n) != n) {
        close_journal(j);
        die(EXIT_RESOURCE, "%s: cannot be written (is the disk full?)", j->path);
    }
    return true;
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
    char *folder = mem_text("%s/runs", session_results(s));
    folder_make(folder);
    free(folder);
}

/* The caller's hooks with the session's checkpoints. */
static struct run_hooks with_checkpoints(const struct session *s, const struct identity *id,
                                         const struct run_hooks *hooks, char *path, size_t size)
{
    struct run_hooks with = hooks ? *hooks : (struct run_hooks){.tick = NULL};
    snprintf(path, size, "%s/runs/%.12s.checkpoint", session_results(s), id->key);
    with.checkpoint = path;
    with.key = id->key;
    with.minutes = session_checkpoints(s)->minutes;
    with.keep = session_checkpoints(s)->keep;
    return with;
}

enum run_status executor_retrace(struct session *s, struct identity *id, const struct run_hooks *hooks)
{
    char path[1100];
    struct run r;
    struct run_needs needs = executor_load(s, id);
    struct run_hooks with = with_checkpoints(s, id, hooks, path, sizeof path);
    bool kept = file_exists(path);
    if (!kept)
        with.checkpoint = NULL;
    with.keep = false;
    run_execute(&r, &id->spec, id->base, needs.splits, needs.env, &with);
    const enum run_status status = r.status;
    run_free(&r);
    return status;
}

static bool there(const struct session *s, const struct identity *id)
{
    char path[1100], why[128];
    record_path(session_results(s), id->key, path, sizeof path);
    return file_exists(path) && seal_check(path, why, sizeof why);
}

enum run_outcome executor_run(struct session *s, struct identity *id, const struct run_hooks *hooks)
{
    char path[1100], checkpoint[1100];
    struct journal journal;
    if (there(s, id))
        return RUN_EXISTS;
    struct run_needs needs = executor_load(s, id);
    if (there(s, id)) /* under the name that the data gave it */
        return RUN_EXISTS;
    make_runs_folder(s);
    record_path(session_results(s), id->key, path, sizeof path);
    snprintf(journal.path, sizeof journal.path, "%s/runs/%.12s.journal", session_results(s), id->key);
    if (!open_journal(&journal, id->key))
        return RUN_BUSY;
    DEFER(close_journal, &journal); /* also where the run dies: a worker goes on to other runs */
    if (finished(path))             /* another process did it between the look and the lock */
        return RUN_EXISTS;
    struct run r = {0};
    DEFER(run_free, &r);
    struct run_hooks with = with_checkpoints(s, id, hooks, checkpoint, sizeof checkpoint);
    run_execute(&r, &id->spec, id->base, needs.splits, needs.env, &with);
    record_write(session_results(s), &id->spec, &r, id->key, id->base_hash, id->data_hash);
    if (!session_checkpoints(s)->keep)
        unlink(checkpoint);
    return RUN_DONE;
}

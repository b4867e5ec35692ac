/* From an identity to a record: the lock and journal of a run at work, and what it needs in memory. */
#include "experiment/executor.h"

#include "core/arena.h"
#include "core/die.h"
#include "core/file.h"
#include "core/seal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

struct run_needs executor_load(struct session *s, struct identity *id)
{
    session_loaded(s, id->spec.train.base, id->spec.train.base_seed);
    struct session_data d = session_data(s, &id->spec, id->base);
    identity_correct(s, id, &d);
    return (struct run_needs){d.splits, d.env};
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

bool executor_retrace(struct session *s, struct identity *id, const struct run_hooks *hooks)
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
    run_free(&r);
    return !kept;
}

static bool there(const struct session *s, const struct identity *id)
{
    char path[1100], why[128];
    record_path(session_results(s), id->key, path, sizeof path);
    return file_exists(path) && seal_check(path, why, sizeof why);
}

enum run_outcome executor_run(struct session *s, struct identity *id, const struct run_hooks *hooks)
{
    char path[1100], journal[1100];
    if (there(s, id))
        return RUN_EXISTS;
    struct run_needs needs = executor_load(s, id);
    if (there(s, id)) /* under the name that the data gave it */
        return RUN_EXISTS;
    make_runs_folder(s);
    record_path(session_results(s), id->key, path, sizeof path);
    snprintf(journal, sizeof journal, "%s/runs/%.12s.journal", session_results(s), id->key);
    int fd = open_journal(journal, id->key);
    if (fd < 0)
        return RUN_BUSY;
    if (finished(path)) { /* another process did it between the look and the lock */
        close_journal(fd, journal);
        return RUN_EXISTS;
    }
    struct run r = {0};
    char checkpoint[1100];
    struct run_hooks with = with_checkpoints(s, id, hooks, checkpoint, sizeof checkpoint);
    struct trap t;
    if (trap_set(&t)) { /* a worker goes on to other runs: the lock must not stay with it */
        run_free(&r);
        close_journal(fd, journal);
        die(t.code, "%s", t.text);
    }
    run_execute(&r, &id->spec, id->base, needs.splits, needs.env, &with);
    record_write(session_results(s), &id->spec, &r, id->key, id->base_hash, id->data_hash);
    trap_end(&t);
    run_free(&r);
    if (!session_checkpoints(s)->keep)
        unlink(checkpoint);
    close_journal(fd, journal);
    return RUN_DONE;
}

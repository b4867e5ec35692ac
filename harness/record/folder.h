/* What lies in a results folder: runs, bases, caches, and what dead processes left. */
#ifndef RECORD_FOLDER_H
#define RECORD_FOLDER_H

#include <stdbool.h>

enum folder_kind {
    FOLDER_RUN,        /* runs/<key12>.h5 */
    FOLDER_BASE,       /* bases/NAME-<key12>.h5 */
    FOLDER_CACHE,      /* cache/<key16>.float or .double: a base as runs map it */
    FOLDER_JOURNAL,    /* <key12>.journal: a run at work, or a dead one's; also a base's .lock */
    FOLDER_CHECKPOINT, /* <key12>.checkpoint of a run, or of a base: from which it goes on, or may be looked at again */
    FOLDER_TEMPORARY,  /* NAME.tmp.HOST.PID: a file being written, or never finished */
    FOLDER_FAILED,     /* <key12>.failed: why the last try failed */
    FOLDER_OTHER
};

struct folder_file {
    char *path, *name;
    enum folder_kind kind;
    long long size, mtime_ns;
};

struct folder {
    struct folder_file *file; /* sorted by path */
    int n;
};

/* Lists <results>/, runs/, bases/, cache/, tables/ and figures/. Symbolic links are not followed. A folder that is not
 * there is empty; dies with EXIT_DATA when one cannot be read. */
void folder_open(struct folder *f, const char *results);
void folder_close(struct folder *f);
/* Whether a journal or temporary belongs to nobody any more: its lock is free and its process has ended, or it is of
 * another machine and a day old. False for files that are no leftovers; true for FOLDER_FAILED. */
bool folder_leftover(const struct folder_file *file);
/* Removes a leftover, unless it has found an owner meanwhile. Dies with EXIT_RESOURCE when it cannot be removed. */
void folder_remove(const struct folder_file *file);

#endif

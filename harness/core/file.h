/* Whole files in, bounded; files out that appear complete or not at all. */
#ifndef CORE_FILE_H
#define CORE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* The bytes of a regular file of at most `limit` bytes, NUL appended, for free(). *size (may be NULL) counts them.
 * Dies with EXIT_DATA: absent, unreadable, not a regular file, larger; with EXIT_RESOURCE: no memory or descriptor. */
char *file_read(const char *path, size_t limit, size_t *size);
/* Whether a file that was opened is still the one of this name. */
bool file_still(int fd, const char *path);
/* Tries for the exclusive lock of an open file or folder, which lasts until it is closed. False: another process has it.
 * Where a file system knows no locks everybody gets one. */
bool file_lock(int fd);
/* A file, made unless it is there, or a folder, opened with its lock, for close(); -1: another process has it.
 * They die with EXIT_RESOURCE when it cannot be opened. */
int file_open_locked(const char *path);
int folder_open_locked(const char *path);
/* Whether `path` names a file (not a folder) / a folder. */
bool file_exists(const char *path);
bool file_is_folder(const char *path);
/* Makes a folder, and those above it, unless they are there. Dies with EXIT_RESOURCE. */
void folder_make(const char *path);

/* A file being written under a temporary name beside its own. Errors die with EXIT_RESOURCE and leave nothing behind.
 */
struct file_out {
    FILE *stream;
    char *path, *temporary;
};
void file_begin(struct file_out *f, const char *path);
void file_write(struct file_out *f, const void *bytes, size_t size);
/* Flush, fsync, rename, fsync of the folder: afterwards the whole content stands under `path`, whatever happens. */
void file_commit(struct file_out *f);
/* The two halves of file_commit without its syncs, for many files at once: file_close all, syncfs, file_rename all. */
void file_close(struct file_out *f);
void file_rename(struct file_out *f);
/* Gives up: the temporary file is removed. Safe after file_commit. */
void file_abandon(struct file_out *f);

/* This machine's name as it stands in names of temporary files: without dots, slashes and blanks. */
const char *file_host(void);

#endif

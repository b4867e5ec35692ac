/* Listing a results folder and telling the dead's leftovers from the living's work. */
#include "record/folder.h"

#include "core/arena.h"
#include "core/die.h"
#include "core/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { DAY = 86400 };

static bool ends(const char *name, const char *suffix)
{
    size_t n = strlen(name), k = strlen(suffix);
    return n > k && strcmp(name + n - k, suffix) == 0;
}

static bool is_key(const char *name, const char *suffix)
{
    enum { DIGITS = 12 };
    return strspn(name, "0123456789abcdef") == DIGITS && strcmp(name + DIGITS, suffix) == 0;
}

/* Whether a name ends in ".tmp.HOST.PID", as file_begin gives it; a user's own "notes.tmp.txt" does not. */
static bool temporary(const char *name, char host[64], long *pid)
{
    const char *mark = strstr(name, ".tmp.");
    int end = 0;
    while (mark && strstr(mark + 1, ".tmp."))
        mark = strstr(mark + 1, ".tmp.");
    return mark && sscanf(mark, ".tmp.%63[^.].%ld%n", host, pid, &end) == 2 && *pid > 0 && !mark[end];
}

static enum folder_kind kind_of(const char *sub, const char *name)
{
    char host[64];
    long pid;
    if (temporary(name, host, &pid))
        return FOLDER_TEMPORARY;
    if (strcmp(sub, "runs") == 0)
        return is_key(name, ".h5")           ? FOLDER_RUN
               : is_key(name, ".journal")    ? FOLDER_JOURNAL
               : is_key(name, ".checkpoint") ? FOLDER_CHECKPOINT
               : is_key(name, ".failed")     ? FOLDER_FAILED
                                             : FOLDER_OTHER;
    if (strcmp(sub, "bases") == 0)
        return ends(name, ".h5")           ? FOLDER_BASE
               : ends(name, ".lock")       ? FOLDER_JOURNAL
               : ends(name, ".checkpoint") ? FOLDER_CHECKPOINT
                                           : FOLDER_OTHER;
    if (strcmp(sub, "cache") == 0 && (ends(name, ".float") || ends(name, ".double")))
        return FOLDER_CACHE;
    return FOLDER_OTHER;
}

static void list(struct folder *f, const char *results, const char *sub)
{
    char *path = *sub ? mem_text("%s/%s", results, sub) : mem_text("%s", results);
    DIR *d = opendir(path);
    int error = errno;
    if (!d && error != ENOENT) {
        free(path);
        die(EXIT_DATA, "%s/%s: %s", results, sub, strerror(error));
    }
    for (struct dirent *e; d && (e = readdir(d));) {
        struct stat s;
        if (fstatat(dirfd(d), e->d_name, &s, AT_SYMLINK_NOFOLLOW) || !S_ISREG(s.st_mode))
            continue;
        if ((f->n & (f->n - 1)) == 0) /* a power of two: double */
            f->file = mem_grow(f->file, (size_t)(f->n ? 2 * f->n : 1) * sizeof *f->file);
        struct folder_file *g = &f->file[f->n++];
        *g = (struct folder_file){.path = mem_text("%s/%s", path, e->d_name), .kind = kind_of(sub, e->d_name)};
        g->name = strrchr(g->path, '/') + 1;
        g->size = (long long)s.st_size;
        g->mtime_ns = (long long)s.st_mtim.tv_sec * 1000000000 + s.st_mtim.tv_nsec;
    }
    if (d)
        closedir(d);
    free(path);
}

static int by_path(const void *a, const void *b)
{
    return strcmp(((const struct folder_file *)a)->path, ((const struct folder_file *)b)->path);
}

void folder_open(struct folder *f, const char *results)
{
    static const char *const subs[] = {"", "runs", "bases", "cache", "tables", "figures"};
    *f = (struct folder){0};
    for (size_t i = 0; i < sizeof subs / sizeof *subs; i++)
        list(f, results, subs[i]);
    if (f->n)
        qsort(f->file, (size_t)f->n, sizeof *f->file, by_path);
}

void folder_close(struct folder *f)
{
    for (int i = 0; i < f->n; i++)
        free(f->file[i].path);
    free(f->file);
    *f = (struct folder){0};
}

/* Of this machine and alive: true; of this machine and gone: false; of another: false when a day old. */
static bool alive(const char *host, long pid, const struct folder_file *file)
{
    if (strcmp(host, file_host()) == 0)
        return pid > 0 && (kill((pid_t)pid, 0) == 0 || errno == EPERM);
    return (long long)time(NULL) - file->mtime_ns / 1000000000 < DAY;
}

static bool temporary_alive(const struct folder_file *file)
{
    char host[64];
    long pid;
    return temporary(file->name, host, &pid) && alive(host, pid, file);
}

/* The lock tells, where there are locks; the process named in the last line tells elsewhere. */
static bool journal_alive(const struct folder_file *file)
{
    char text[4096] = "", host[64] = "";
    long pid = 0;
    int fd = open(file->path, O_RDWR | O_CLOEXEC);
    if (fd < 0)
        return errno != ENOENT;
    bool locked = !file_lock(fd);
    ssize_t n = pread(fd, text, sizeof text - 1, file->size > (long long)sizeof text - 1 ? file->size - 4095 : 0);
    close(fd);
    if (locked || n < 0)
        return true;
    const char *last = strrchr(text, ' ') ? strstr(text, " host ") : NULL;
    while (last && strstr(last + 1, " host "))
        last = strstr(last + 1, " host ");
    if (!last || sscanf(last, " host %63s pid %ld", host, &pid) != 2)
        return false;
    return strcmp(host, file_host()) != 0 && alive(host, pid, file); /* here, a free lock is proof */
}

bool folder_leftover(const struct folder_file *file)
{
    if (file->kind == FOLDER_TEMPORARY)
        return !temporary_alive(file);
    if (file->kind == FOLDER_JOURNAL)
        return !journal_alive(file);
    return file->kind == FOLDER_FAILED;
}

void folder_remove(const struct folder_file *file)
{
    const bool lock = file->kind == FOLDER_JOURNAL;
    int fd = lock ? open(file->path, O_RDWR | O_CLOEXEC) : -1;
    const bool gone = lock && fd < 0 && errno == ENOENT,
               taken = fd >= 0 && (!file_lock(fd) || !file_still(fd, file->path));
    const int error =
        !gone && !taken && unlink(file->path) ? errno : 0; /* with the lock held, so that nobody gets it meanwhile */
    if (fd >= 0)
        close(fd);
    if (error && error != ENOENT)
        die(EXIT_RESOURCE, "%s: cannot be removed: %s", file->path, strerror(error));
}

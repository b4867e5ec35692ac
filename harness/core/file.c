/* Reading with a bound, and writing by temporary name, fsync and rename. */
#include "core/file.h"

#include "core/arena.h"
#include "core/die.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* Is it the machine or the file? */
static enum exit_code code_of(int error)
{
    return error == ENOMEM || error == EMFILE || error == ENFILE || error == ENOSPC ? EXIT_RESOURCE : EXIT_DATA;
}

char *file_read(const char *path, size_t limit, size_t *size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        die(code_of(errno), "%s: %s", path, strerror(errno));
    struct stat s;
    bool regular = fstat(fd, &s) == 0 && S_ISREG(s.st_mode);
    if (!regular || (unsigned long long)s.st_size > limit) {
        close(fd);
        if (!regular)
            die(EXIT_DATA, "%s: not a regular file", path);
        die(EXIT_DATA, "%s: %lld bytes, more than the %zu that such a file may have", path, (long long)s.st_size,
            limit);
    }
    size_t want = (size_t)s.st_size, have = 0;
    char *text = calloc(1, want + 1);
    ssize_t got = text ? 1 : -1;
    while (got > 0 && have < want)
        if ((got = read(fd, text + have, want - have)) > 0)
            have += (size_t)got;
    int error = text ? errno : ENOMEM;
    close(fd);
    if (got < 0) {
        free(text);
        die(code_of(error), "%s: %s", path, strerror(error));
    }
    if (size)
        *size = have;
    return text;
}

bool file_still(int fd, const char *path)
{
    struct stat opened, named;
    return fstat(fd, &opened) == 0 && stat(path, &named) == 0 && opened.st_ino == named.st_ino &&
           opened.st_dev == named.st_dev;
}

bool file_lock(int fd)
{
    return flock(fd, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK;
}

static int open_locked(const char *path, int flags)
{
    int fd = open(path, flags | O_CLOEXEC, 0666);
    if (fd < 0)
        die(EXIT_RESOURCE, "%s: cannot be opened: %s", path, strerror(errno));
    if (file_lock(fd))
        return fd;
    close(fd);
    return -1;
}

/* Who had the file may remove it between our opening and locking it: then the lock is of no file any more. */
int file_open_locked(const char *path)
{
    int fd;
    while ((fd = open_locked(path, O_RDWR | O_CREAT | O_APPEND)) >= 0 && !file_still(fd, path))
        close(fd);
    return fd;
}

int folder_open_locked(const char *path)
{
    return open_locked(path, O_RDONLY | O_DIRECTORY);
}

bool file_exists(const char *path)
{
    struct stat s;
    return stat(path, &s) == 0 && !S_ISDIR(s.st_mode);
}

bool file_is_folder(const char *path)
{
    struct stat s;
    return stat(path, &s) == 0 && S_ISDIR(s.st_mode);
}

void folder_make(const char *path)
{
    char part[4096];
    for (size_t n = 1; n <= strlen(path) && n < sizeof part; n++) {
        if (path[n] && path[n] != '/')
            continue;
        snprintf(part, sizeof part, "%.*s", (int)n, path);
        int error = mkdir(part, 0777) ? errno : 0;
        if (error && !file_is_folder(part))
            die(EXIT_RESOURCE, "%s: cannot be made: %s", part, strerror(error));
    }
}

static _Noreturn void fail(struct file_out *f)
{
    char reason[256];
    snprintf(reason, sizeof reason, "%.160s: %s", f->path, strerror(errno));
    file_abandon(f);
    die(EXIT_RESOURCE, "cannot write %s", reason);
}

const char *file_host(void)
{
    static char host[64];
    if (!*host) {
        gethostname(host, sizeof host - 1);
        for (char *c = host; *c; c++)
            *c = *c == '.' || *c == '/' || *c == ' ' ? '-' : *c;
        if (!*host)
            memcpy(host, "host", 5);
    }
    return host;
}

/* "PATH.tmp.HOST.PID": whose it is, so that another process can tell whether its maker still lives. */
static char *file_temporary(const char *path)
{
    return mem_text("%s.tmp.%s.%ld", path, file_host(), (long)getpid());
}

void file_begin(struct file_out *f, const char *path)
{
    *f = (struct file_out){.path = mem_text("%s", path), .temporary = file_temporary(path)};
    f->stream = fopen(f->temporary, "wbe");
    if (!f->stream)
        fail(f);
}

void file_write(struct file_out *f, const void *bytes, size_t size)
{
    if (size && fwrite(bytes, 1, size, f->stream) != size)
        fail(f);
}

/* The rename itself is durable only once its folder is. Some file systems cannot sync a folder: no error then. */
static void sync_folder(const char *path)
{
    char folder[4096];
    const char *slash = strrchr(path, '/');
    snprintf(folder, sizeof folder, "%.*s", slash ? (int)(slash - path + 1) : 1, slash ? path : ".");
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) {
        fsync(fd);
        close(fd);
    }
}

void file_close(struct file_out *f)
{
    FILE *stream = f->stream;
    if (ferror(stream) || fflush(stream)) /* a write that failed is not tried again when there is room once more */
        fail(f);
    f->stream = NULL;
    if (fclose(stream))
        fail(f);
}

static void give_name(struct file_out *f)
{
    if (rename(f->temporary, f->path))
        fail(f);
    free(f->temporary);
    f->temporary = NULL;
}

void file_rename(struct file_out *f)
{
    give_name(f);
    file_abandon(f);
}

void file_commit(struct file_out *f)
{
    if (ferror(f->stream) || fflush(f->stream) || fsync(fileno(f->stream)))
        fail(f);
    file_close(f);
    give_name(f);
    sync_folder(f->path);
    file_abandon(f);
}

void file_abandon(struct file_out *f)
{
    if (f->stream)
        fclose(f->stream);
    if (f->temporary)
        unlink(f->temporary);
    free(f->temporary);
    free(f->path);
    *f = (struct file_out){0};
}

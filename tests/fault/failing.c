/* Preloaded by test_faults: the n-th call of one kind that touches a file under $FAIL_UNDER fails with $FAIL_ERRNO.
 *
 * FAIL_CALL is open, write, fsync, rename, ftruncate, mkdir or unlink; FAIL_N counts from 1; 0 counts without failing.
 * The number of calls of that kind is written to $FAIL_COUNT at exit. FAIL_ALL=1 fails all calls from the n-th on, as a
 * full disk does. FAIL_CALL=flock: every lock is refused, as on a network file system that has none. stdio is watched
 * at fwrite and fflush: what it writes by itself goes past every preload. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static long seen;

static const char *setting(const char *name)
{
    const char *v = getenv(name);
    return v ? v : "";
}

static int under(const char *path)
{
    const char *folder = setting("FAIL_UNDER");
    return *folder && path && strncmp(path, folder, strlen(folder)) == 0;
}

static int descriptor_under(int fd)
{
    char link[64], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, path, sizeof path - 1);
    if (n <= 0)
        return 0;
    path[n] = '\0';
    return under(path);
}

/* Whether this call is the one. Sets errno. */
static int fails(const char *call)
{
    if (strcmp(call, setting("FAIL_CALL")) != 0)
        return 0;
    long n = strtol(setting("FAIL_N"), NULL, 10);
    seen++;
    if (n <= 0 || (*setting("FAIL_ALL") ? seen < n : seen != n))
        return 0;
    errno = strcmp(setting("FAIL_ERRNO"), "EIO") == 0 ? EIO : ENOSPC;
    return 1;
}

__attribute__((destructor)) static void count(void)
{
    const char *path = setting("FAIL_COUNT");
    int (*real)(const char *, int, ...) = dlsym(RTLD_NEXT, "open");
    char text[32];
    int fd = *path ? real(path, O_WRONLY | O_CREAT | O_TRUNC, 0666) : -1;
    if (fd < 0)
        return;
    ssize_t (*put)(int, const void *, size_t) = dlsym(RTLD_NEXT, "write");
    if (put(fd, text, (size_t)snprintf(text, sizeof text, "%ld\n", seen)) < 0)
        abort();
    close(fd);
}

#define REAL(name) __typeof__(name) *real = dlsym(RTLD_NEXT, #name)

ssize_t write(int fd, const void *bytes, size_t n)
{
    REAL(write);
    if (descriptor_under(fd) && fails("write"))
        return -1;
    return real(fd, bytes, n);
}

ssize_t pwrite(int fd, const void *bytes, size_t n, off_t at)
{
    REAL(pwrite);
    if (descriptor_under(fd) && fails("write"))
        return -1;
    return real(fd, bytes, n, at);
}

size_t fwrite(const void *bytes, size_t size, size_t n, FILE *f)
{
    REAL(fwrite);
    if (descriptor_under(fileno(f)) && fails("write"))
        return 0;
    return real(bytes, size, n, f);
}

int fflush(FILE *f)
{
    REAL(fflush);
    if (f && descriptor_under(fileno(f)) && fails("write"))
        return EOF;
    return real(f);
}

int fsync(int fd)
{
    REAL(fsync);
    if (descriptor_under(fd) && fails("fsync"))
        return -1;
    return real(fd);
}

int rename(const char *from, const char *to)
{
    REAL(rename);
    if (under(to) && fails("rename"))
        return -1;
    return real(from, to);
}

int unlink(const char *path)
{
    REAL(unlink);
    if (under(path) && fails("unlink"))
        return -1;
    return real(path);
}

int mkdir(const char *path, mode_t mode)
{
    REAL(mkdir);
    if (under(path) && fails("mkdir"))
        return -1;
    return real(path, mode);
}

int flock(int fd, int how)
{
    REAL(flock);
    if (descriptor_under(fd) && strcmp("flock", setting("FAIL_CALL")) == 0) {
        errno = ENOLCK;
        return -1;
    }
    return real(fd, how);
}

int ftruncate(int fd, off_t size)
{
    REAL(ftruncate);
    if (fails("ftruncate"))
        return -1;
    return real(fd, size);
}

int open(const char *path, int flags, ...)
{
    REAL(open);
    va_list args;
    va_start(args, flags);
    int mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(args, int) : 0;
    va_end(args);
    if (under(path) && fails("open"))
        return -1;
    return real(path, flags, mode);
}

FILE *fopen(const char *path, const char *mode)
{
    REAL(fopen);
    if (under(path) && fails("open"))
        return NULL;
    return real(path, mode);
}

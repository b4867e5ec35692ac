/* The seal of a result file: a SHA-256, in HDF5's user block, of every byte behind that block. */
#include "report/record.h"

#include "core/arena.h"
#include "core/die.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char magic[] = "peftlab sealed result 1\n";

/* The block: magic, size and hash as text, zeros to the end. */
static void block_of(long long size, const char *hex, char block[SEAL_BYTES])
{
    memset(block, 0, SEAL_BYTES);
    snprintf(block, SEAL_BYTES, "%ssize %lld\nsha256 %s\n", magic, size, hex);
}

/* Hash of all bytes from SEAL_BYTES on; false when the file cannot be read. */
static bool content_hash(int fd, char hex[HASH_HEX])
{
    char *buffer = mem_alloc(1 << 16);
    struct hash h;
    ssize_t n;
    off_t at = SEAL_BYTES;
    hash_open(&h);
    while ((n = pread(fd, buffer, 1 << 16, at)) > 0) {
        hash_add(&h, buffer, (size_t)n);
        at += n;
    }
    hash_close(&h, hex);
    free(buffer);
    return n == 0;
}

void seal_write(const char *path)
{
    char block[SEAL_BYTES], hex[HASH_HEX];
    struct stat s;
    int fd = open(path, O_RDWR | O_CLOEXEC);
    bool ok = fd >= 0 && fstat(fd, &s) == 0 && content_hash(fd, hex);
    if (ok) {
        block_of((long long)s.st_size, hex, block);
        ok = pwrite(fd, block, SEAL_BYTES, 0) == SEAL_BYTES && fsync(fd) == 0;
    }
    if (fd >= 0)
        close(fd);
    if (!ok) {
        unlink(path);
        die(EXIT_RESOURCE, "%s: cannot be sealed (is the disk full?)", path);
    }
}

bool seal_check(const char *path, char *why, size_t size)
{
    char block[SEAL_BYTES], want[SEAL_BYTES], hex[HASH_HEX];
    struct stat s;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    const char *wrong = NULL;
    if (fd < 0 || fstat(fd, &s) || !S_ISREG(s.st_mode))
        wrong = "cannot be opened";
    else if (pread(fd, block, SEAL_BYTES, 0) != SEAL_BYTES || memcmp(block, magic, sizeof magic - 1) != 0)
        wrong = "is not a sealed result of peftlab";
    else if (!content_hash(fd, hex))
        wrong = "cannot be read";
    else {
        block_of((long long)s.st_size, hex, want);
        if (memcmp(block, want, SEAL_BYTES) != 0)
            wrong = "is damaged: its content is not what was sealed";
    }
    if (fd >= 0)
        close(fd);
    if (wrong)
        snprintf(why, size, "%s", wrong);
    return !wrong;
}

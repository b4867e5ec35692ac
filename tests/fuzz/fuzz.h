/* What the fuzz targets share: the input as a file in memory, and calls that may die but may not crash, leak or write
 * two lines. */
#ifndef FUZZ_FUZZ_H
#define FUZZ_FUZZ_H

#include "core/die.h"

#include <ftw.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* A target is libFuzzer's entry point in a fuzzing build, and a function of its own in tests/cli/test_fuzz.c, which hands
 * it the inputs that were kept. */
#ifdef PEFTLAB_FUZZ
#define FUZZ_TARGET(name)                                \
    int LLVMFuzzerTestOneInput(const uint8_t *, size_t); \
    int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
#else
#define FUZZ_TARGET(name)                     \
    int fuzz_##name(const uint8_t *, size_t); \
    int fuzz_##name(const uint8_t *data, size_t bytes)
#endif

/* The bytes as a file that readers open by name; `turn` (0..3) tells several of one input apart. */
static inline const char *fuzz_file(int turn, const uint8_t *data, size_t size)
{
    static int fd[4] = {-1, -1, -1, -1};
    static char path[4][40];
    if (fd[turn] < 0) {
        fd[turn] = memfd_create("fuzz", 0);
        snprintf(path[turn], sizeof path[turn], "/proc/self/fd/%d", fd[turn]);
    }
    if (fd[turn] < 0 || ftruncate(fd[turn], 0) || pwrite(fd[turn], data, size, 0) != (ssize_t)size)
        abort();
    return path[turn];
}

/* A folder in memory, made and removed with what is in it. */
static inline void fuzz_folder(char *path, size_t size)
{
    snprintf(path, size, "%s/peftlab-fuzz-XXXXXX", access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    if (!mkdtemp(path))
        abort();
}

static inline int fuzz_drop(const char *path, const struct stat *about, int type, struct FTW *walk)
{
    (void)about, (void)type, (void)walk;
    return remove(path);
}

static inline void fuzz_folder_remove(const char *path)
{
    nftw(path, fuzz_drop, 16, FTW_DEPTH | FTW_PHYS);
}

/* A copy of a whole file with the input's changes: six bytes each are a position, what to do there (put a number, put
 * what stands elsewhere, cut), and a number. Sets *n to its length, at least `least`. For formats behind a hash, which
 * the caller makes fit again. */
static inline char *fuzz_patched(const char *whole, size_t size, size_t least, const uint8_t *data, size_t bytes,
                                 size_t *n)
{
    char *copy = malloc(size);
    memcpy(copy, whole, size);
    *n = size;
    for (; bytes >= 6; data += 6, bytes -= 6) {
        size_t at = (size_t)(data[0] | data[1] << 8 | data[2] << 16) % size;
        int64_t wide = (int16_t)(data[4] | data[5] << 8);
        if (data[3] >> 4 & 1)
            wide = (int64_t)((uint64_t)wide << 20);
        size_t width = (size_t)1 << (data[3] & 3);
        size_t from = (size_t)(wide < 0 ? -wide : wide) % size, room = size - (at > from ? at : from);
        if ((data[3] & 0xe0) == 0xe0)
            *n = at < least ? least : at;
        else if ((data[3] & 0xe0) == 0xc0)
            memmove(copy + at, copy + from, width < room ? width : room);
        else
            memcpy(copy + at, &wide, width < size - at ? width : size - at);
    }
    return copy;
}

/* Runs the reader on the file; a death must have the code that such a file's errors have, or be about resources. */
static inline void fuzz_read_as(enum exit_code code, void (*reader)(const char *path), const char *path)
{
    struct trap t;
    if (trap_set(&t)) {
        if ((t.code != code && t.code != EXIT_RESOURCE) || !*t.text)
            abort();
        return;
    }
    reader(path);
    trap_end(&t);
}

static inline void fuzz_read(void (*reader)(const char *path), const char *path)
{
    fuzz_read_as(EXIT_DATA, reader, path);
}

#endif

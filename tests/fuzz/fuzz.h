/* What the fuzz targets share: the input as a file in memory, and calls that may die but may not crash, leak or write
 * two lines. */
#ifndef FUZZ_FUZZ_H
#define FUZZ_FUZZ_H

#include "core/die.h"

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

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

/* Runs the reader on the file; a death must be one about data, or resources. */
static inline void fuzz_read(void (*reader)(const char *path), const char *path)
{
    struct trap t;
    if (trap_set(&t)) {
        if (t.code != EXIT_DATA && t.code != EXIT_RESOURCE)
            abort();
        return;
    }
    reader(path);
    trap_end(&t);
}

#endif

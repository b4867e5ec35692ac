/* Hashing files, and not hashing them again. */
#include "core/content.h"

#include "core/arena.h"
#include "core/die.h"
#include "core/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

/* A file whose status changed less than so many seconds ago, or in the future, may change again unseen. The status time
 * is the kernel's own: `touch`, `cp -p`, tar and package managers set the other one, never this. */
enum { SETTLED = 3, ANSWER = 2 * HASH_HEX };

static void read_all(const char *path, char hex[HASH_HEX])
{
    static char block[1 << 16];
    struct hash h;
    struct stat s;
    size_t n;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a pipe without a writer must not wait for one */
    FILE *f = fd < 0 ? NULL : fdopen(fd, "rb");
    if (!f)
        die(EXIT_DATA, "%s: %s", path, strerror(errno));
    if (fstat(fd, &s) || !S_ISREG(s.st_mode)) {
        fclose(f);
        die(EXIT_DATA, "%s: not a regular file", path);
    }
    hash_open(&h);
    while ((n = fread(block, 1, sizeof block, f)) > 0)
        hash_add(&h, block, n);
    bool bad = ferror(f);
    fclose(f);
    hash_close(&h, hex);
    if (bad)
        die(EXIT_DATA, "%s: cannot be read", path);
}

/* All that tells this state of this file from any other; NULL when that is in doubt. */
static char *state_of(const char *path)
{
    char full[PATH_MAX];
    struct stat s;
    if (!realpath(path, full) || stat(full, &s) || s.st_ctim.tv_sec > time(NULL) - SETTLED)
        return NULL;
    return mem_text("%s\n%lld %lld %lld %lld.%09ld %lld.%09ld\n", full, (long long)s.st_dev, (long long)s.st_ino,
                    (long long)s.st_size, (long long)s.st_mtim.tv_sec, s.st_mtim.tv_nsec, (long long)s.st_ctim.tv_sec,
                    s.st_ctim.tv_nsec);
}

/* The line of an answer: the content's hash, and a hash of state and content, which no damage leaves right. */
static void answer_text(const char *state, const char content[HASH_HEX], char text[ANSWER + 1])
{
    char check[HASH_HEX], *both = mem_text("%s%s", state, content);
    hash_bytes(both, strlen(both), check);
    free(both);
    snprintf(text, ANSWER + 1, "%s %s\n", content, check);
}

static bool remembered(const char *file, const char *state, char hex[HASH_HEX])
{
    char text[ANSWER + 1] = "", want[ANSWER + 1];
    FILE *f = fopen(file, "re");
    size_t n = f ? fread(text, 1, ANSWER, f) : 0;
    if (f)
        fclose(f);
    if (n != ANSWER)
        return false;
    snprintf(hex, HASH_HEX, "%.64s", text);
    answer_text(state, hex, want);
    return strcmp(text, want) == 0;
}

/* A cache that cannot be written to is no error. */
static void remember(const char *file, const char *state, const char hex[HASH_HEX])
{
    char text[ANSWER + 1];
    struct file_out out;
    struct trap t;
    answer_text(state, hex, text);
    if (!trap_set(&t)) {
        file_begin(&out, file);
        file_write(&out, text, ANSWER);
        file_commit(&out);
    }
    trap_end(&t);
}

void content_hash(const char *path, const char *cache, char hex[HASH_HEX])
{
    char *state = cache && file_is_folder(cache) ? state_of(path) : NULL, name[HASH_HEX];
    DEFER(free, state);
    if (!state) {
        read_all(path, hex);
        return;
    }
    hash_bytes(state, strlen(state), name);
    char *file = mem_text("%s/%.16s.content", cache, name);
    DEFER(free, file);
    if (!remembered(file, state, hex)) {
        read_all(path, hex);
        char *after = state_of(path); /* it may have changed while it was read */
        if (after && strcmp(after, state) == 0)
            remember(file, state, hex);
        free(after);
    }
}

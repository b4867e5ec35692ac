/* Files made by a test in a folder of its own, and a check that a call dies with the right code and words. */
#ifndef TESTS_SCRATCH_H
#define TESTS_SCRATCH_H

#include "core/die.h"

#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { SCRATCH_PATH = 512 };
static char scratch[SCRATCH_PATH / 2];

static int scratch_open(void **state)
{
    (void)state;
    const char *tmp = getenv("TMPDIR");
    snprintf(scratch, sizeof scratch, "%s/peftlab-test-XXXXXX", tmp ? tmp : "/tmp");
    return mkdtemp(scratch) == NULL;
}

static int scratch_remove(const char *path, const struct stat *about, int type, struct FTW *walk)
{
    (void)about, (void)type, (void)walk;
    return remove(path);
}

static int scratch_close(void **state)
{
    (void)state;
    return nftw(scratch, scratch_remove, 16, FTW_DEPTH | FTW_PHYS);
}

/* The path of NAME in the folder; eight are alive at a time. Folders in NAME are made. */
static const char *scratch_path(const char *name)
{
    static char ring[8][SCRATCH_PATH];
    static int turn;
    char *path = ring[turn++ % 8];
    snprintf(path, SCRATCH_PATH, "%s/%s", scratch, name);
    for (char *slash = path + strlen(scratch) + 1; (slash = strchr(slash, '/')); slash++) {
        *slash = '\0';
        mkdir(path, 0777);
        *slash = '/';
    }
    return path;
}

static const char *scratch_bytes(const char *name, const void *bytes, size_t size)
{
    const char *path = scratch_path(name);
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, size, f), size);
    assert_int_equal(fclose(f), 0);
    return path;
}

static inline const char *scratch_text(const char *name, const char *text)
{
    return scratch_bytes(name, text, strlen(text));
}

/* The call must die with `wanted`, and `words` must stand in its one line. */
#define refused(call, wanted, words)                                                                           \
    do {                                                                                                       \
        struct trap trap_;                                                                                     \
        if (trap_set(&trap_)) {                                                                                \
            if (trap_.code != (wanted) || !strstr(trap_.text, words) || strchr(trap_.text, '\n')) {            \
                print_error("%s died with %d and \"%s\"; %d and \"%s\" were wanted\n", #call, (int)trap_.code, \
                            trap_.text, (int)(wanted), words);                                                 \
                _fail(__FILE__, __LINE__);                                                                     \
            }                                                                                                  \
        } else {                                                                                               \
            (void)(call);                                                                                      \
            trap_end(&trap_);                                                                                  \
            print_error("%s was accepted\n", #call);                                                           \
            _fail(__FILE__, __LINE__);                                                                         \
        }                                                                                                      \
    } while (0)

/* The same in a process of its own, for code that holds files or memory when it dies. */
#define dies(call, wanted, words)                                                                                \
    do {                                                                                                         \
        fflush(NULL);                                                                                            \
        const char *said_ = scratch_path("said");                                                                \
        pid_t child_ = fork();                                                                                   \
        assert_true(child_ >= 0);                                                                                \
        if (child_ == 0) {                                                                                       \
            if (!freopen(said_, "w", stderr))                                                                    \
                _exit(99);                                                                                       \
            (void)(call);                                                                                        \
            _exit(98);                                                                                           \
        }                                                                                                        \
        int status_ = 0;                                                                                         \
        char text_[1024] = "";                                                                                   \
        waitpid(child_, &status_, 0);                                                                            \
        FILE *f_ = fopen(said_, "r");                                                                            \
        if (f_) {                                                                                                \
            text_[fread(text_, 1, sizeof text_ - 1, f_)] = '\0';                                                 \
            fclose(f_);                                                                                          \
        }                                                                                                        \
        if (!WIFEXITED(status_) || WEXITSTATUS(status_) != (wanted) || !strstr(text_, words)) {                  \
            print_error("%s ended with %d and \"%s\"; %d and \"%s\" were wanted\n", #call, WEXITSTATUS(status_), \
                        text_, (int)(wanted), words);                                                            \
            _fail(__FILE__, __LINE__);                                                                           \
        }                                                                                                        \
    } while (0)

#endif

/* What the targets of HDF5 readers share: mutated bytes behind a seal that fits, and without one, each read in a child.
 *
 * Behind the seal the library sees whatever a forger wrote and may crash in its own code: that is counted. What our
 * code does wrong, and any death of the process after the reading child survived the same bytes, is a finding. One
 * child reads until it dies, or a thousand times; libFuzzer sees no coverage of it and keeps to the seed, which is
 * changed in place. */
#ifndef FUZZ_FUZZ_H5_H
#define FUZZ_FUZZ_H5_H

#include "core/h5.h"
#include "core/rng.h"
#include "core/seal.h"
#include "tests/fuzz/fuzz.h"

#include <errno.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>

size_t LLVMFuzzerCustomMutator(uint8_t *, size_t, size_t, unsigned);

enum { FUZZ_READS = 1000 };
enum fuzz_outcome { FUZZ_READ = 1, FUZZ_REFUSED, FUZZ_WRONG_CODE };

static struct {
    void (*reader[2])(const char *path); /* 0: sealed; 1: foreign */
    const char *path[2];
    pid_t child;
    int line, report, reads;
    long inputs, accepted, crashes;
} fuzz = {.report = -1};

static inline void fuzz_end_child(void)
{
    if (fuzz.child) {
        close(fuzz.line);
        while (waitpid(fuzz.child, NULL, 0) < 0 && errno == EINTR)
            ;
    }
    fuzz.child = 0;
}

static inline void fuzz_count(void)
{
    fuzz_end_child();
    fprintf(stderr, "fuzz: %ld files read to the end, %ld ends inside HDF5 behind a forged seal\n", fuzz.accepted,
            fuzz.crashes);
}

static inline char fuzz_try(int turn)
{
    struct trap t;
    if (trap_set(&t))
        return t.code == EXIT_CORRUPT || t.code == EXIT_DATA || t.code == EXIT_RESOURCE ? FUZZ_REFUSED
                                                                                        : FUZZ_WRONG_CODE;
    fuzz.reader[turn](fuzz.path[turn]);
    trap_end(&t);
    return FUZZ_READ;
}

/* Reads what it is told to, until the line is cut. */
static inline void fuzz_serve(int line)
{
    static const int ends[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
    static const struct itimerval limit = {.it_value.tv_sec = 5}; /* HDF5 may loop for ever */
    char turn;
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        signal(ends[i], SIG_DFL);
    dup2(fuzz.report, STDERR_FILENO);
    while (read(line, &turn, 1) == 1) {
        setitimer(ITIMER_PROF, &limit, NULL);
        char outcome = fuzz_try(turn);
        if (write(line, &outcome, 1) != 1)
            break;
    }
    _exit(0);
}

static inline void fuzz_start_child(void)
{
    int line[2];
    if (fuzz.report < 0)
        fuzz.report = memfd_create("report", MFD_CLOEXEC);
    if (fuzz.report < 0 || ftruncate(fuzz.report, 0) || lseek(fuzz.report, 0, SEEK_SET) ||
        socketpair(AF_UNIX, SOCK_STREAM, 0, line))
        abort();
    fuzz.child = fork();
    if (fuzz.child < 0)
        abort();
    if (fuzz.child == 0) {
        close(line[0]);
        fuzz_serve(line[1]);
    }
    close(line[1]);
    fuzz.line = line[0];
    fuzz.reads = 0;
}

/* Whether a sanitizer's report is about what HDF5 asked of the C library, and not about us. */
static inline bool fuzz_report_of_library(const char *report)
{
    const char *frame = strstr(report, "#1 ");
    const char *end = frame ? strchr(frame, '\n') : NULL, *library = frame ? strstr(frame, "libhdf5") : NULL;
    return library && (!end || library < end);
}

/* The child died over a file. */
static inline void fuzz_judge_death(int turn)
{
    static char report[16384];
    int status = 0;
    ssize_t n = pread(fuzz.report, report, sizeof report - 1, 0);
    report[n > 0 ? n : 0] = '\0';
    close(fuzz.line);
    while (waitpid(fuzz.child, &status, 0) < 0 && errno == EINTR)
        ;
    fuzz.child = 0;
    bool sanitizer = strstr(report, "ERROR: AddressSanitizer") || strstr(report, "runtime error");
    if (turn || (sanitizer ? !fuzz_report_of_library(report) : !WIFSIGNALED(status))) {
        fprintf(stderr, "the reader (%s) ended with status %x:\n%s\n", turn ? "foreign" : "sealed", status, report);
        abort();
    }
    fuzz.crashes++;
}

static inline void fuzz_read_in_child(char turn)
{
    char outcome;
    ssize_t n = 0;
    if (fuzz.child && fuzz.reads++ == FUZZ_READS)
        fuzz_end_child();
    if (!fuzz.child)
        fuzz_start_child();
    if (send(fuzz.line, &turn, 1, MSG_NOSIGNAL) == 1)
        while ((n = read(fuzz.line, &outcome, 1)) < 0 && errno == EINTR)
            ;
    if (n != 1)
        fuzz_judge_death(turn);
    else if (outcome == FUZZ_WRONG_CODE)
        abort();
    else
        fuzz.accepted += outcome == FUZZ_READ;
}

/* The input is the whole file, seal included. */
static inline void fuzz_h5(void (*sealed)(const char *path), void (*foreign)(const char *path), const uint8_t *data,
                           size_t size)
{
    if (size <= SEAL_BYTES)
        return;
    if (!fuzz.inputs++)
        atexit(fuzz_count);
    char *image = malloc(size);
    memcpy(image, data, size);
    seal_put(image, size);
    fuzz.reader[0] = sealed;
    fuzz.reader[1] = foreign;
    fuzz.path[0] = fuzz_file(0, (const uint8_t *)image, size);
    fuzz.path[1] = fuzz_file(1, (const uint8_t *)image + SEAL_BYTES, size - SEAL_BYTES);
    free(image);
    fuzz_read_in_child(0);
    fuzz_read_in_child(1);
}

/* One to eight changes in place: a bit, a byte, a number, a piece from elsewhere; one input in 16 is cut. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned seed)
{
    static const uint64_t odd[] = {0, 1, 2, 7, 0x7f, 0xff, 0x7fff, 0xffff, 0x7fffffff, 0xffffffff, UINT64_MAX};
    struct rng r = rng_stream(seed, RNG_TEST, 0, 0);
    if (size < 16 || size > most)
        return size;
    for (uint32_t i = 1 + rng_below(&r, 8); i > 0; i--) {
        uint32_t room = (uint32_t)size - 8, at = rng_below(&r, room), from = rng_below(&r, room);
        size_t width = (size_t)1 << rng_below(&r, 4);
        switch (rng_below(&r, 4)) {
        case 0:
            data[at] ^= (uint8_t)(1 << rng_below(&r, 8));
            break;
        case 1:
            data[at] = (uint8_t)rng_below(&r, 256);
            break;
        case 2:
            memcpy(data + at, &odd[rng_below(&r, sizeof odd / sizeof *odd)], width);
            break;
        default:
            memmove(data + at, data + from, width);
        }
    }
    return rng_below(&r, 16) ? size : 16 + rng_below(&r, (uint32_t)size - 15);
}

#endif

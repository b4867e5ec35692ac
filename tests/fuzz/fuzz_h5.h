/* What the targets of HDF5 readers share: a whole file with changes, behind a seal that fits and without one, each read
 * in a child.
 *
 * Behind the seal the library sees whatever a forger wrote and may crash in its own code: that is counted. What our
 * code does wrong, and any death of the process after the reading child survived the same bytes, is a finding. One
 * child reads until it dies, or twenty times, for it grows; libFuzzer sees no coverage of it, so inputs are drawn at
 * random. */
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

/* Milliseconds of processor time for a file, for HDF5 may loop for ever. Kept inputs are read under valgrind, too. */
#ifdef PEFTLAB_FUZZ
enum { FUZZ_LIMIT = 100 };
#else
enum { FUZZ_LIMIT = 10000 };
#endif
enum { FUZZ_READS = 20 };
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
    const struct itimerval limit = {.it_value = {FUZZ_LIMIT / 1000, FUZZ_LIMIT % 1000 * 1000}};
    char turn;
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        signal(ends[i], SIG_DFL);
    h5_child_seconds = FUZZ_LIMIT / 1000.0;
    dup2(fuzz.report, STDERR_FILENO);
    if (!freopen("/dev/null", "w", stdout)) /* some readers print */
        _exit(1);
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

/* Whether the file was read to the end. */
static inline bool fuzz_read_in_child(char turn)
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
    fuzz.accepted += n == 1 && outcome == FUZZ_READ;
    return n == 1 && outcome == FUZZ_READ;
}

/* The input's changes to a whole file of `size` bytes, seal included. */
static inline void fuzz_h5(void (*sealed)(const char *path), void (*foreign)(const char *path), const char *whole,
                           size_t size, const uint8_t *data, size_t bytes)
{
    size_t n;
    char *image = fuzz_patched(whole, size, SEAL_BYTES + 1, data, bytes, &n);
    if (!fuzz.inputs++)
        atexit(fuzz_count);
    seal_put(image, n);
    fuzz.reader[0] = sealed;
    fuzz.reader[1] = foreign;
    fuzz.path[0] = fuzz_file(0, (const uint8_t *)image, n);
    fuzz.path[1] = fuzz_file(1, (const uint8_t *)image + SEAL_BYTES, n - SEAL_BYTES);
    bool untouched = n == size && memcmp(image + SEAL_BYTES, whole + SEAL_BYTES, n - SEAL_BYTES) == 0;
    free(image);
    for (char turn = 0; turn < 2; turn++)
        if (!fuzz_read_in_child(turn) && untouched)
            abort();
}

#ifdef PEFTLAB_FUZZ
size_t LLVMFuzzerCustomMutator(uint8_t *, size_t, size_t, unsigned);

/* One to eight changes, as fuzz_patched reads them; one in 64 of them cuts. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned seed)
{
    static const int odd[] = {0, 1, 2, 7, 8, 0x7f, 0x80, 0xff, 0x7fff, 0xffff};
    struct rng r = rng_stream(seed, RNG_TEST, 0, 0);
    (void)size;
    uint32_t n = 1 + rng_below(&r, 8);
    n = n < most / 6 ? n : (uint32_t)most / 6;
    for (uint32_t i = 0; i < n; i++, data += 6) {
        uint32_t value = rng_below(&r, 2) ? rng_below(&r, 65536) : (uint32_t)odd[rng_below(&r, 10)];
        for (int k = 0; k < 3; k++)
            data[k] = (uint8_t)rng_below(&r, 256);
        data[3] = (uint8_t)(rng_below(&r, 64) ? rng_below(&r, 7) << 5 | rng_below(&r, 32) : 0xe0);
        data[4] = (uint8_t)value;
        data[5] = (uint8_t)(value >> 8);
    }
    return 6 * (size_t)n;
}
#endif

#endif

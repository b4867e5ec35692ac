/* The program: finds the verb that the first word names and gives it the words behind it. */
#include "cli/help.h"
#include "cli/verb.h"

#include "core/die.h"
#include "core/progress.h"
#include "math/linalg.h"
#include "tune/valid.h"

#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* One run is one BLAS thread, with the kernels of this machine: OpenBLAS reads its environment when it is loaded, so
 * set it and start again. What the user has set stays. */
static void pin_blas(char **argv)
{
    const char *core = getenv("OPENBLAS_CORETYPE") ? NULL : blas_missed_core();
    if (getenv("OPENBLAS_NUM_THREADS") && !core)
        return;
    setenv("OPENBLAS_NUM_THREADS", "1", 0);
    setenv("OMP_NUM_THREADS", "1", 0);
    if (core) {
        setenv("OPENBLAS_CORETYPE", core, 1);
        setenv("PEFTLAB_CORE", core, 1); /* tells our choice from the user's */
    }
    execv("/proc/self/exe", argv);
}

/* A file that is opened as 0, 1 or 2 would get what is meant for the terminal, or for a worker. */
static void open_streams(void)
{
    int fd = open("/dev/null", O_RDWR);
    while (fd >= 0 && fd <= STDERR_FILENO)
        fd = open("/dev/null", O_RDWR);
    if (fd >= 0)
        close(fd);
}

/* What could not be said was not done. Who closes a pipe early has seen enough. */
static int leave(int code)
{
    errno = 0;
    if ((fflush(stdout) || ferror(stdout)) && errno != EPIPE)
        die(EXIT_RESOURCE, "standard output cannot be written: %s", errno ? strerror(errno) : "an earlier error");
    return code;
}

static bool asks_for_help(const char *word)
{
    return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0;
}

int main(int argc, char **argv)
{
    open_streams();
    setlocale(LC_ALL, "C");
    signal(SIGCHLD, SIG_DFL); /* ignored, as some parents leave it, no child could be waited for */
    pin_blas(argv);
    if (argc < 2) {
        help_print(stderr);
        return EXIT_USAGE;
    }
    if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "-V") == 0)
        argv[1] = "version";
    if (asks_for_help(argv[1]))
        argv[1] = "help";
    methods_validate();
    const struct verb *verb = verb_find(argv[1]);
    for (int i = 2; i < argc && strcmp(argv[i], "--") != 0; i++) /* what stands behind -- is another program's */
        if (asks_for_help(argv[i])) {
            help_print_verb(verb, stdout);
            return leave(EXIT_OK);
        }
    if (verb->stops)
        stop_install();
    return leave(verb_call(verb, argc - 2, argv + 2));
}

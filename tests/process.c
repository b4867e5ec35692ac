/* Starting and ending the program, and holding one results folder against another. */
#include "tests/process.h"

#include "core/file.h"
#include "record/compare.h"
#include "record/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

const char small_experiment[] =
    "[experiment]\ntitle = t\n"
    "[grid plain]\nbase = tiny-random\nmethod = lora dora bitfit head\ntask = cola\ndifficulty = 0\nrank = 2\nsteps = "
    "20\n"
    "evals = 2\nprobes = 1\nntrain = 100\nnvalid = 40\nntest = 40\nbatch = 8\nlr = 1e-2\nseeds = 0..3\n"
    "[grid searched]\nbase = tiny-random\nmethod = lora\ntask = cola\ndifficulty = 0\nrank = 1\nsteps = 20\nevals = 2\n"
    "probes = 0\nntrain = 100\nnvalid = 40\nntest = 40\nbatch = 8\nlr = 3e-3 1e-2\nladder = 1e-3 3e-3 1e-2 3e-2\n"
    "tune_seeds = 0..1\nseeds = 100..101\n[table score]\ngrids = plain\n";

void process_sleep(double seconds)
{
    struct timespec t = {(time_t)seconds, (long)((seconds - (double)(time_t)seconds) * 1e9)};
    while (nanosleep(&t, &t) && errno == EINTR)
        ;
}

static int split(char *text, char *word[], int n)
{
    int k = 0;
    for (char *p; k < n - 1 && (p = strsep(&text, " "));)
        if (*p)
            word[k++] = p;
    word[k] = NULL;
    return k;
}

static pid_t start(const char *words, const char *log, const char *environment, int descriptors)
{
    static char text[4096], env[2048];
    char *word[128] = {NULL}, *set[32];
    const char *program = getenv("PEFTLAB");
    snprintf(text, sizeof text, "%s", words);
    snprintf(env, sizeof env, "%s", environment ? environment : "");
    split(text, word + 1, 127);
    split(env, set, 32);
    fflush(NULL);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        setpgid(0, 0);
        int fd = open(log, O_WRONLY | O_CREAT | O_TRUNC, 0666), null = open("/dev/null", O_RDONLY);
        dup2(null, STDIN_FILENO);
        dup2(fd, STDOUT_FILENO);
        dup2(fd, STDERR_FILENO);
        close(fd);
        close(null);
        setenv("OPENBLAS_NUM_THREADS", "1", 1);
        for (int i = 0; set[i]; i++)
            putenv(set[i]);
        word[0] = (char *)(program ? program : "./peftlab");
        if (descriptors) { /* by a shell: valgrind only pretends to lower the limit of its own process */
            char limit[64], *shell[132] = {"sh", "-c", limit, "sh"};
            snprintf(limit, sizeof limit, "ulimit -n %d && exec \"$@\"", descriptors);
            memcpy(shell + 4, word, sizeof word);
            execv("/bin/sh", shell);
        }
        execv(word[0], word);
        _exit(126);
    }
    setpgid(pid, pid);
    return pid;
}

pid_t process_start(const char *words, const char *log, const char *environment)
{
    return start(words, log, environment, 0);
}

pid_t process_start_limited(const char *words, const char *log, int descriptors)
{
    return start(words, log, NULL, descriptors);
}

int process_ended(pid_t pid, int *code)
{
    int status;
    if (waitpid(pid, &status, WNOHANG) != pid)
        return 0;
    *code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return 1;
}

int process_wait(pid_t pid, double seconds)
{
    int code = 0;
    for (double waited = 0; !process_ended(pid, &code); waited += 0.005) {
        if (waited > seconds) {
            kill(-pid, SIGKILL);
            fail_msg("still running after %g s", seconds);
        }
        process_sleep(0.005);
    }
    return code;
}

/* A file without a name that a child can open, and what it holds in the end. */
static FILE *open_log(char *path, size_t size)
{
    FILE *f = tmpfile();
    assert_non_null(f);
    snprintf(path, size, "/proc/%d/fd/%d", (int)getpid(), fileno(f));
    return f;
}

static void close_log(FILE *f, char *text, size_t size)
{
    rewind(f);
    text[fread(text, 1, size - 1, f)] = '\0';
    fclose(f);
}

int process_run(const char *words, const char *environment, char *text, size_t size)
{
    char log[64];
    FILE *f = open_log(log, sizeof log);
    int code = process_wait(process_start(words, log, environment), 120);
    close_log(f, text, size);
    return code;
}

int process_shell(const char *line, char *text, size_t size)
{
    char log[64];
    FILE *f = open_log(log, sizeof log);
    fflush(NULL);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        int fd = open(log, O_WRONLY);
        dup2(fd, STDOUT_FILENO);
        dup2(fd, STDERR_FILENO);
        execl("/bin/sh", "sh", "-c", line, (char *)NULL);
        _exit(126);
    }
    int code = process_wait(pid, 300);
    close_log(f, text, size);
    return code;
}

bool process_twins(void)
{
    const char *program = getenv("PEFTLAB");
    char path[4096];
    if (!program)
        return access("./peftlab-double", X_OK) == 0;
    for (int i = 0; i < 2; i++) {
        snprintf(path, sizeof path, "%.*s/../%s/peftlab", (int)(strrchr(program, '/') - program), program,
                 i ? "double" : "float");
        if (access(path, X_OK))
            return false;
    }
    return true;
}

long process_runs_made(pid_t pid, double seconds, const char *log)
{
    long made = 0;
    int code = process_wait(pid, seconds);
    char *said = file_read(log, 1 << 20, NULL);
    if (code != 0)
        fail_msg("a sweep ended with %d: %s", code, said);
    for (char *p = said; (p = strstr(p, " runs made")); p++) {
        char *digits = p;
        while (digits > said && digits[-1] >= '0' && digits[-1] <= '9')
            digits--;
        made += strtol(digits, NULL, 10);
    }
    free(said);
    return made;
}

int process_children(pid_t pid, pid_t *child, int n)
{
    char path[64];
    int k = 0, one;
    snprintf(path, sizeof path, "/proc/%d/task/%d/children", (int)pid, (int)pid);
    FILE *f = fopen(path, "r");
    while (f && k < n && fscanf(f, "%d", &one) == 1)
        child[k++] = one;
    if (f)
        fclose(f);
    return k;
}

void process_group_gone(pid_t leader)
{
    for (int i = 0; kill(-leader, 0) == 0; i++) {
        if (i > 2000)
            fail_msg("processes of a killed group live on");
        process_sleep(0.005);
    }
}

int results_whole(const char *results)
{
    struct folder f;
    char why[128];
    int n = 0;
    folder_open(&f, results);
    for (int i = 0; i < f.n; i++)
        if (f.file[i].kind == FOLDER_RUN) {
            if (!seal_check(f.file[i].path, why, sizeof why))
                fail_msg("%s %s", f.file[i].path, why);
            n++;
        }
    folder_close(&f);
    return n;
}

int results_leftovers(const char *results)
{
    struct folder f;
    int n = 0;
    folder_open(&f, results);
    for (int i = 0; i < f.n; i++)
        n += folder_leftover(&f.file[i]);
    folder_close(&f);
    return n;
}

static void print_difference(const char *what, const char *how, void *data)
{
    print_error("%s: %s: %s\n", (const char *)data, what, how);
}

void results_same(const char *a, const char *b)
{
    struct folder f;
    int n = 0, differing = 0;
    char other[1200];
    folder_open(&f, a);
    for (int i = 0; i < f.n; i++)
        if (f.file[i].kind == FOLDER_RUN) {
            struct record x, y;
            snprintf(other, sizeof other, "%s/runs/%s", b, f.file[i].name);
            if (!file_exists(other))
                fail_msg("%s is missing", other);
            record_read(&x, f.file[i].path);
            record_read(&y, other);
            differing += record_compare(&x, &y, print_difference, f.file[i].name);
            record_free(&x);
            record_free(&y);
            n++;
        }
    folder_close(&f);
    assert_int_equal(differing, 0);
    assert_int_equal(results_whole(b), n);
}

static int drop(const char *path, const struct stat *about, int type, struct FTW *walk)
{
    (void)about, (void)type, (void)walk;
    return remove(path);
}

void results_fresh(const char *path)
{
    if (file_is_folder(path))
        nftw(path, drop, 16, FTW_DEPTH | FTW_PHYS);
    assert_int_equal(mkdir(path, 0777), 0);
}

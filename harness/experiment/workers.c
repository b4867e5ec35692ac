/* Starting, feeding and replacing worker processes. */
#include "experiment/workers.h"

#include "core/arena.h"
#include "core/die.h"
#include "core/progress.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

struct worker {
    pid_t pid;
    int in, out; /* pipes to its stdin and from its stdout */
    int job;     /* -1: idle */
    char line[1024];
    size_t used;
};

struct workers {
    struct worker *worker;
    int n;
    const char *results;
};

static void start(struct worker *w, const char *results)
{
    int to[2], from[2];
    char option[1100];
    snprintf(option, sizeof option, "results=%s", results);
    if (pipe2(to, O_CLOEXEC) || pipe2(from, O_CLOEXEC))
        die(EXIT_RESOURCE, "no file descriptors left for a worker: %s", strerror(errno));
    fflush(NULL);
    pid_t parent = getpid(), pid = fork();
    if (pid < 0)
        die(EXIT_RESOURCE, "no worker process: %s", strerror(errno));
    if (pid == 0) {
        dup2(to[0], STDIN_FILENO);
        dup2(from[1], STDOUT_FILENO);
        prctl(PR_SET_PDEATHSIG, SIGKILL); /* a worker does not outlive its parent */
        if (getppid() != parent)
            _exit(127);
        execl("/proc/self/exe", "peftlab", "worker", option, (char *)NULL);
        _exit(127);
    }
    close(to[0]);
    close(from[1]);
    *w = (struct worker){.pid = pid, .in = to[1], .out = from[0], .job = -1};
}

static void finish(struct worker *w)
{
    close(w->in);
    close(w->out);
}

struct workers *workers_open(int n, const char *results)
{
    struct workers *w = mem_alloc(sizeof *w);
    signal(SIGPIPE, SIG_IGN);
    *w = (struct workers){mem_alloc((size_t)n * sizeof *w->worker), n, results};
    for (int i = 0; i < n; i++)
        start(&w->worker[i], results);
    return w;
}

void workers_close(struct workers *w)
{
    for (int i = 0; i < w->n; i++)
        finish(&w->worker[i]);
    for (int i = 0; i < w->n; i++)
        while (waitpid(w->worker[i].pid, NULL, 0) < 0 && errno == EINTR)
            ;
    free(w->worker);
    free(w);
}

void workers_stop(struct workers *w)
{
    for (int i = 0; i < w->n; i++)
        kill(w->worker[i].pid, SIGTERM);
}

int workers_idle(const struct workers *w)
{
    int n = 0;
    for (int i = 0; i < w->n; i++)
        n += w->worker[i].job < 0;
    return n;
}

int workers_busy(const struct workers *w)
{
    return w->n - workers_idle(w);
}

void workers_give(struct workers *w, int job, const char *const *assignments, int n)
{
    struct worker *k = w->worker;
    while (k->job >= 0)
        k++;
    char *text = NULL;
    for (int i = 0; i < n; i++)
        mem_append(&text, "%s\n", assignments[i]);
    mem_append(&text, "\n");
    k->job = job;
    const size_t size = strlen(text);
    for (size_t at = 0; at < size;) {
        ssize_t m = write(k->in, text + at, size - at);
        if (m <= 0 && errno != EINTR)
            break; /* a dead worker shows when its answer is read */
        at += m > 0 ? (size_t)m : 0;
    }
    free(text);
}

/* The worker's process ended: say how, start another. */
static void bury(struct workers *w, struct worker *k, int *job, int *code, char *text, unsigned size)
{
    int status = 0;
    *job = k->job;
    finish(k);
    while (waitpid(k->pid, &status, 0) < 0 && errno == EINTR)
        ;
    bool stopped = WIFEXITED(status) && WEXITSTATUS(status) == EXIT_INTERRUPTED;
    *code = stopped || stop_requested() ? EXIT_INTERRUPTED : EXIT_RUNS;
    if (WIFSIGNALED(status))
        snprintf(text, size, "the worker was killed by signal %d (%s)", WTERMSIG(status), strsignal(WTERMSIG(status)));
    else
        snprintf(text, size, "the worker ended with exit code %d", WEXITSTATUS(status));
    start(k, w->results);
}

/* "done KEY", "exists KEY", "busy KEY" or "failed CODE text". */
static void parse(struct worker *k, int *job, int *code, char *text, unsigned size)
{
    char *end;
    *job = k->job;
    *code = EXIT_OK;
    k->job = -1;
    snprintf(text, size, "%s", k->line);
    if (strncmp(k->line, "failed ", 7) == 0) {
        *code = (int)strtol(k->line + 7, &end, 10);
        snprintf(text, size, "%s", *end ? end + 1 : "");
    }
}

int workers_wait(struct workers *w, int *job, int *code, char *text, unsigned size)
{
    struct pollfd fds[WORKERS_MOST];
    for (int i = 0; i < w->n; i++)
        fds[i] = (struct pollfd){.fd = w->worker[i].out, .events = POLLIN};
    if (poll(fds, (nfds_t)w->n, 200) <= 0)
        return 0;
    for (int i = 0; i < w->n; i++) {
        struct worker *k = &w->worker[i];
        if (!(fds[i].revents & (POLLIN | POLLHUP)))
            continue;
        ssize_t m = read(k->out, k->line + k->used, sizeof k->line - 1 - k->used);
        if (m <= 0) {
            bury(w, k, job, code, text, size);
            if (*job >= 0)
                return 1;
            continue;
        }
        k->used += (size_t)m;
        k->line[k->used] = '\0';
        char *newline = strchr(k->line, '\n');
        if (!newline && k->used < sizeof k->line - 1)
            continue;
        if (newline)
            *newline = '\0';
        k->used = 0;
        parse(k, job, code, text, size);
        return 1;
    }
    return 0;
}

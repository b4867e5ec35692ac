/* What Slurm has of an experiment: its jobs by state, as squeue lists them. */
#include "cli/slurm.h"

#include "core/arena.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { STATES = 12 };

/* The output of squeue as a stream; NULL when it cannot be started. What it says on stderr is not for our terminal. */
static FILE *ask(const char *id, pid_t *pid)
{
    int pipe_[2];
    char *name = mem_text("--name=peftlab-%s", id);
    if (pipe2(pipe_, O_CLOEXEC)) {
        free(name);
        return NULL;
    }
    fflush(NULL);
    *pid = fork();
    if (*pid == 0) {
        int null = open("/dev/null", O_WRONLY);
        dup2(pipe_[1], STDOUT_FILENO);
        dup2(null, STDERR_FILENO);
        execlp("squeue", "squeue", "--noheader", "--array", "--me", name, "--format=%T", (char *)NULL);
        _exit(127);
    }
    free(name);
    close(pipe_[1]);
    return *pid < 0 ? NULL : fdopen(pipe_[0], "r");
}

int slurm_queue(const char *id)
{
    char line[64], state[STATES][64];
    long jobs[STATES] = {0};
    int n = 0, all = 0;
    pid_t pid;
    FILE *f = ask(id, &pid);
    while (f && fgets(line, sizeof line, f)) {
        int k = 0;
        line[strcspn(line, " \n")] = '\0';
        while (k < n && strcmp(state[k], line) != 0)
            k++;
        if (k == n && n < STATES)
            memcpy(state[n++], line, sizeof line);
        if (k < STATES)
            jobs[k]++;
        all++;
    }
    if (f) {
        fclose(f);
        while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
            ;
    }
    for (int k = 0; k < n; k++) {
        for (char *c = state[k]; *c; c++)
            *c = *c >= 'A' && *c <= 'Z' ? (char)(*c + 'a' - 'A') : *c;
        printf("%s%ld %s", k ? ", " : "slurm: ", jobs[k], state[k]);
    }
    if (n)
        printf("\n");
    return all;
}

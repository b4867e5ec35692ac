/* A method's proof: variants before the laws, golden files, and the twin's answer over a pipe. */
#include "check/proof.h"

#include "check/golden.h"
#include "check/laws.h"
#include "check/variants.h"
#include "core/arena.h"
#include "core/die.h"

#include <errno.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void check_goldens(struct proof *p, const struct method *m)
{
    glob_t files;
    if (glob("tests/golden/*.h5", 0, NULL, &files))
        return;
    for (size_t i = 0; i < files.gl_pathc; i++)
        if (golden_is_of(files.gl_pathv[i], m)) {
            p->golden++;
            p->disagree += golden_check(files.gl_pathv[i], NULL);
        }
    globfree(&files);
}

void proof_make(struct proof *p, const struct method *m, const void *opts, const struct adapter *common, FILE *listing)
{
    *p = (struct proof){0};
    if (!opts) {
        p->broken = laws_check_variants(m, &p->laws, &p->tried, &p->refused, listing);
        check_goldens(p, m);
        return;
    }
    p->tried = 1;
    p->broken = laws_check(m, opts, common, 0, &p->laws) > 0;
}

void proof_write(const struct proof *p, FILE *to)
{
    for (int i = 0; i < LAWS; i++) {
        const struct law_outcome *o = &p->laws.law[i];
        fprintf(to, "%d\t%d\t%d\t%.17g\t%.17g\t%s\n", i, o->checks, o->broken, o->error, o->allowed, o->where);
    }
    fprintf(to, "end\t%d\t%d\t%d\t%d\t%d\n", p->tried, p->refused, p->broken, p->golden, p->disagree);
}

/* Reads what proof_write wrote; false when a part is missing. */
static bool proof_read(struct proof *p, FILE *from)
{
    char line[512];
    int laws = 0, i, broken, at;
    bool ended = false;
    *p = (struct proof){0};
    while (!ended && fgets(line, sizeof line, from)) {
        struct law_outcome o = {0};
        line[strcspn(line, "\n")] = '\0';
        if (sscanf(line, "%d\t%d\t%d\t%lf\t%lf\t%n", &i, &o.checks, &broken, &o.error, &o.allowed, &at) == 5 &&
            i >= 0 && i < LAWS) {
            o.broken = broken;
            snprintf(o.where, sizeof o.where, "%s", line + at);
            p->laws.law[i] = o;
            laws++;
        } else
            ended = sscanf(line, "end\t%d\t%d\t%d\t%d\t%d", &p->tried, &p->refused, &p->broken, &p->golden,
                           &p->disagree) == 5;
    }
    return ended && laws == LAWS;
}

bool proof_find_twin(char *path, size_t size)
{
    const bool single = sizeof(real) == sizeof(float);
    const char *const places[] = {single ? "/peftlab-double" : "/peftlab",
                                  single ? "/../double/peftlab" : "/../float/peftlab"};
    char self[4096];
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
    if (n < 0)
        die(EXIT_RESOURCE, "/proc/self/exe: cannot be read: %s", strerror(errno));
    self[n] = '\0';
    char *name = strrchr(self, '/');
    if (!name)
        return false;
    *name = '\0';
    for (int i = 0; i < 2; i++)
        if ((size_t)snprintf(path, size, "%s%s", self, places[i]) < size && access(path, X_OK) == 0)
            return true;
    return false;
}

bool proof_ask_twin(struct proof *p, const char *path, int n, char *const *words)
{
    int ends[2], status;
    char **argv = mem_alloc((size_t)(n + 4) * sizeof *argv);
    argv[0] = (char *)path;
    argv[1] = "check";
    memcpy(argv + 2, words, (size_t)n * sizeof *words);
    argv[n + 2] = "--one";
    fflush(NULL);
    if (pipe(ends))
        die(EXIT_RESOURCE, "no pipe to %s: %s", path, strerror(errno));
    pid_t child = fork();
    if (child < 0)
        die(EXIT_RESOURCE, "%s cannot be started: %s", path, strerror(errno));
    if (child == 0) {
        dup2(ends[1], STDOUT_FILENO);
        close(ends[0]);
        close(ends[1]);
        execv(path, argv);
        _exit(EXIT_MISSING);
    }
    close(ends[1]);
    FILE *from = fdopen(ends[0], "r");
    bool whole = from && proof_read(p, from);
    if (from)
        fclose(from);
    else
        close(ends[0]);
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        continue;
    free(argv);
    return whole;
}

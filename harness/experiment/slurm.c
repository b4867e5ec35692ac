/* The script that submits an experiment: how many tasks, how long, how much memory, and what follows what. */
#include "experiment/slurm.h"

#include "core/arena.h"
#include "core/die.h"
#include "core/file.h"
#include "experiment/estimate.h"
#include "experiment/search.h"
#include "math/linalg.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    TASK_SECONDS = 1800, /* what a task is meant to take: long against starting it, short against losing a node */
    GRACE = 120,         /* SIGTERM comes this many seconds before the time limit's SIGKILL */
    MIB = 1 << 20
};

/* An array of tasks. `runs` are those known or possible to be missing, `there` those of the plan that exist. */
struct stage {
    const char *name, *flag;
    double runs, seconds, longest, there;
    int tasks, minutes;
};
enum { SEARCH, EXTEND, REPORT, STAGES };

static void add(struct stage *t, double runs, double seconds)
{
    t->runs += runs;
    t->seconds += runs * seconds;
    if (runs > 0)
        t->longest = fmax(t->longest, seconds);
}

/* Counts what may be missing of each stage: by key where the bases exist, otherwise everything. */
static double size_up(const struct slurm *s, struct plan *p, struct stage stage[STAGES])
{
    double bytes = 0, ratio = 1;
    int searched = 0;
    if (s->bases_exist) {
        search_window(p);
        searched = p->runs;
        estimate_measured(p, 50, &ratio);
        search_extend(p);
    }
    int extended = p->runs;
    if (s->bases_exist)
        search_report(p);
    double *each = mem_alloc((size_t)(p->cells + 1) * sizeof *each);
    for (int i = 0; i < p->cells; i++) {
        const struct grid *g = p->cell[i].grid;
        int seeds = (int)grid_tuning_seeds(g), open = !p->choice[i].complete;
        struct estimate one = estimate_cell(p, &p->cell[i]);
        each[i] = one.seconds * ratio;
        bytes = fmax(bytes, one.bytes);
        if (seeds > 0 && !s->bases_exist)
            add(&stage[SEARCH], p->cell[i].rates * seeds, each[i]);
        if (seeds > 0 && open && g->rungs)
            add(&stage[EXTEND], seeds, each[i]);
        if (open)
            add(&stage[REPORT], (int)grid_reported_seeds(g), each[i]);
    }
    for (int i = 0; i < p->runs; i++)
        if (p->run[i].state == PLAN_DONE)
            stage[SEARCH].there++;
        else
            add(&stage[i < searched ? SEARCH : i < extended ? EXTEND : REPORT], 1, each[p->run[i].cell]);
    free(each);
    return bytes;
}

/* Tasks of half an hour, at most a thousand; the limit allows for twice the estimate, an uneven share, and starting. */
static void cut(struct stage *t, int tasks)
{
    double wanted = ceil(t->seconds / TASK_SECONDS), most = fmin(t->runs, SLURM_TASKS);
    t->tasks = (int)fmax(1, fmin(tasks ? tasks : wanted, most));
    double mean = t->runs / t->tasks, share = fmin(t->runs, mean + 3 * sqrt(mean) + 1);
    t->minutes = (int)ceil(((t->runs > 0 ? 2 * share * t->seconds / t->runs : 0) + 2 * t->longest + 600 + GRACE) / 60);
}

/* 'text' for the shell. */
static void quote(FILE *f, const char *text)
{
    if (strchr(text, '\n'))
        die(EXIT_USAGE, "\"%.60s\": a line break has no place in a job script", text);
    fputc('\'', f);
    for (; *text; text++)
        if (*text == '\'')
            fputs("'\\''", f);
        else
            fputc(*text, f);
    fputc('\'', f);
}

static void assign(FILE *f, const char *name, const char *value)
{
    fprintf(f, "%s=", name);
    quote(f, value);
    fputc('\n', f);
}

/* What every job begins with: where everything is, and the experiment's words as "$@". */
static void write_place(FILE *f, const struct slurm *s, const struct experiment *e, const char *here)
{
    char program[4096];
    ssize_t n = readlink("/proc/self/exe", program, sizeof program - 1);
    if (n < 0)
        die(EXIT_RESOURCE, "/proc/self/exe: cannot be read: %s", strerror(errno));
    program[n] = '\0';
    fprintf(f, "place() {\n    cat <<'PEFTLAB_PLACE'\n");
    assign(f, "peftlab", program);
    assign(f, "results", s->results);
    assign(f, "OPENBLAS_CORETYPE", s->core);
    fprintf(f, "export OPENBLAS_CORETYPE OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1\ncd ");
    quote(f, here);
    fprintf(f, " || exit 3\nset -- ");
    quote(f, e->path);
    for (int i = 0; i < s->settings; i++) {
        fputc(' ', f);
        quote(f, s->setting[i]);
    }
    fprintf(f, "\nPEFTLAB_PLACE\n}\nwith_options() { \"$@\"");
    for (int i = 0; i < s->options; i++) {
        fputc(' ', f);
        quote(f, s->option[i]);
    }
    fprintf(f, "; }\n");
}

/* The settings of the script: names, logs, memory. */
static void write_head(FILE *f, const struct slurm *s, const struct stage stage[STAGES], double bytes)
{
    char log[5000];
    size_t used = 0;
    double runs = stage[SEARCH].runs + stage[EXTEND].runs + stage[REPORT].runs;
    for (const char *c = s->results; *c && used < sizeof log - 40; c++) { /* % begins a pattern in --output */
        log[used++] = *c;
        if (*c == '%')
            log[used++] = '%';
    }
    snprintf(log + used, sizeof log - used, "/slurm/%%x");
    /* A task plans in one process (2 kB a run) and trains in another; for report see docs/scale.md. */
    double task = (2 * bytes + 2e3 * runs) / MIB, all = (1e8 + 8e3 * (stage[SEARCH].there + runs)) / MIB;
    fprintf(f,
            "#!/bin/sh\n"
            "# An experiment as Slurm jobs, written by `peftlab sweep --slurm`; `sh FILE` submits them.\n"
            "# A stage starts when all tasks of the one before have ended, well or not (afterany): one task that\n"
            "# failed must not keep the others' runs from the report; a cell whose search is incomplete is left out\n"
            "# and named.\n"
            "set -eu\n");
    assign(f, "name", s->name);
    assign(f, "logs", s->results);
    assign(f, "log", log);
    fprintf(f, "memory=%.0fM memory_all=%.0fM grace=%d separate=%s\n", 256 * ceil(task / 256 + 1),
            256 * ceil(all / 256 + 1), GRACE, s->separate ? "1" : "''");
}

static void write_script(FILE *f, const struct slurm *s, struct plan *p)
{
    struct stage stage[STAGES] = {{.name = "search", .flag = "--search"},
                                  {.name = "extended search", .flag = "--search"},
                                  {.name = "reported runs", .flag = "--report"}};
    char here[4096];
    double bytes = size_up(s, p, stage);
    if (!getcwd(here, sizeof here))
        die(EXIT_RESOURCE, "the working folder has no name: %s", strerror(errno));
    write_head(f, s, stage, bytes);
    write_place(f, s, p->experiment, here);
    fprintf(f, "\n%s", job_sh);
    if (!s->bases_exist)
        fprintf(f, "submit --time=1440 <<PEFTLAB_JOB\n$(work --bases)\nPEFTLAB_JOB\nbases=$id\n"
                   "echo \"job $id: bases\"\n");
    for (int i = 0; i < STAGES; i++) {
        struct stage *t = &stage[i];
        if (t->runs == 0)
            continue;
        cut(t, s->tasks);
        fprintf(f, "# up to %.0f runs of about %.1f s\nstage '%s' %s %d %d\n", t->runs, t->seconds / t->runs, t->name,
                t->flag, t->tasks, t->minutes);
    }
    fprintf(f, "follow --time=60 --mem=\"$memory_all\" <<PEFTLAB_JOB\n$(finish)\nPEFTLAB_JOB\n"
               "echo \"job $id: report; the page will be $logs/report.html\"\n"
               "echo \"squeue --name=$name shows them, scancel --name=$name takes them back\"\n");
}

/* A kernel that every node of a mixed cluster has: AVX2 has been in all servers since 2013. */
static const char *common_core(void)
{
    const char *set = getenv("OPENBLAS_CORETYPE"), *ours = getenv("PEFTLAB_CORE");
    if (set && *set && !(ours && strcmp(ours, set) == 0))
        return set;
#ifdef __x86_64__
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        return "Haswell";
#endif
    return blas_core();
}

/* Writes <results>/slurm/<experiment>.sh and runs it. */
static void run_script(const struct slurm *s, const struct experiment *e, const char *text, size_t size)
{
    struct file_out f;
    int status = 1;
    char *folder = mem_text("%s/slurm", s->results), *path = mem_text("%s/%s.sh", folder, e->id);
    folder_make(folder);
    file_begin(&f, path);
    file_write(&f, text, size);
    file_commit(&f);
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        execl("/bin/sh", "sh", path, (char *)NULL);
        _exit(127);
    }
    if (pid < 0)
        die(EXIT_RESOURCE, "no process: %s", strerror(errno));
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    if (!WIFEXITED(status) || WEXITSTATUS(status))
        die(WIFEXITED(status) && WEXITSTATUS(status) == EXIT_MISSING ? EXIT_MISSING : EXIT_RUNS,
            "%s: sbatch did not take every job; its own words stand above", path);
    free(folder);
    free(path);
}

void slurm_submit(const struct slurm *given, struct plan *p)
{
    const struct experiment *e = p->experiment;
    struct slurm s = *given;
    char *text = NULL, *name = mem_text("peftlab-%s", e->id), *results = NULL, here[4096];
    size_t size = 0;
    if (*s.results != '/') {
        if (!getcwd(here, sizeof here))
            die(EXIT_RESOURCE, "the working folder has no name: %s", strerror(errno));
        results = mem_text("%s/%s", here, s.results);
        s.results = results;
    }
    s.name = name;
    if (!s.core)
        s.core = common_core();
    FILE *f = mem_stream(&text, &size);
    write_script(f, &s, p);
    fclose(f);
    if (s.print)
        fwrite(text, 1, size, stdout);
    else
        run_script(&s, e, text, size);
    free(text);
    free(name);
    free(results);
}

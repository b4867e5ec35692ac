/* The command line: a table of verbs. */
#include "cli/verbs.h"

#include "core/die.h"
#include "core/linalg.h"
#include "core/option.h"
#include "core/progress.h"

#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct verb {
    const char *name, *arguments, *help;
    int (*run)(int argc, char **argv);
    bool stops; /* looks at stop_requested; any other is ended by the signal itself */
} verbs[] = {
    {"list", "[methods|tasks|runs|options|machine]", "what there is", verb_list, false},
    {"count", "METHOD [base=SHAPE] [budget=N] [key=value ...]", "trainable parameters at published shapes", verb_count,
     false},
    {"check", "METHOD [key=value ...] | --golden FILE [base=DIR]", "prove a method: laws, or a golden file", verb_check,
     false},
    {"pretrain", "[base=synthetic] [base_seed=1] | corpus=FILE vocab=FILE [key=value ...]",
     "make a base, synthetic or from a text; describes one that is there", verb_pretrain, true},
    {"run", "method=M task=T [key=value ...] [seed=0..9] [--keep]", "train once, or once per seed", verb_run, true},
    {"race", "METHOD [task=mnli] [budget=4096]", "the method against LoRA: equal budget, equal search, ten seeds",
     verb_race, true},
    {"export", "KEY DIR [--merge] | base=NAME DIR", "a trained model for PEFT or transformers", verb_export, true},
    {"sample", "TASK [-n 20] [difficulty=0..2] [--baseline]", "examples of a task, in words", verb_sample, false},
    {"explain", "METHOD", "equation, counts and laws on one screen", verb_explain, false},
    {"show", "KEY|FILE [--csv]", "what a run yielded", verb_show, false},
    {"sweep",
     "FILE.ini [key=value ...] [-j N] [--shard i/N] [known=runs.csv] [--dry-run] [--slurm[=print] [-- sbatch options]]",
     "make every run of an experiment that is missing", verb_sweep, true},
    {"report", "FILE.ini ... [key=value ...] [known=runs.csv] [--reference DIR]",
     "tables, figures and one page from the runs that exist", verb_report, false},
    {"document", "FILE.md ... [tables=DIR] [--check]", "bring generated tables in documents up to date", verb_document,
     false},
    {"status", "FILE.ini [known=runs.csv]", "what of an experiment is done, missing, failed or stale", verb_status,
     false},
    {"verify", "[DIR|FILE]", "every file against its seal and schema", verb_verify, false},
    {"replay", "KEY ... | --runs runs.csv [-n N]", "run again what is stored and compare the hashes", verb_replay,
     true},
    {"blame", "A [B]", "the first step and tensor in which two runs part", verb_blame, true},
    {"diff", "A B", "what two runs differ in, and why", verb_diff, false},
    {"merge", "A B ... -o C", "unite results folders", verb_merge, false},
    {"clean", "[--stale]", "list, and remove, what dead processes left", verb_clean, false},
    {"bench", "[size=64,128,768] [method=lora] [key=value ...]", "how long a step takes, beside its products alone",
     verb_bench, false},
    {"worker", "", "runs what it is told on standard input (used by sweep)", verb_worker, true},
};
enum { VERBS = sizeof verbs / sizeof *verbs };

static int help(FILE *out)
{
    fprintf(out, "peftlab compares parameter-efficient fine-tuning methods. Usage: peftlab VERB [key=value ...]\n\n");
    for (int i = 0; i < VERBS; i++)
        fprintf(out, "  %-9s %-48s %s\n", verbs[i].name, verbs[i].arguments, verbs[i].help);
    fprintf(out, "\nEverywhere: results=DIR (default: results). known=runs.csv: runs that it lists count as made.\n"
                 " Options of a run: `peftlab list options`.\n"
                 "Exit codes: 0 done, 1 some runs failed, 2 usage, 3 data missing or changed, 4 corrupt result,\n"
                 "5 check mismatch, 6 no space or memory, 7 a program is missing, 75 interrupted (resumable).\n");
    return out == stdout ? EXIT_OK : EXIT_USAGE;
}

const char *take_option(int *argc, char **argv, const char *name, const char *def)
{
    size_t n = strlen(name);
    for (int i = 0; i < *argc; i++)
        if (strncmp(argv[i], name, n) == 0 && argv[i][n] == '=') {
            const char *value = argv[i] + n + 1;
            memmove(argv + i, argv + i + 1, (size_t)(--*argc - i) * sizeof *argv);
            return value;
        }
    return def;
}

int take_flag(int *argc, char **argv, const char *flag)
{
    for (int i = 0; i < *argc; i++)
        if (strcmp(argv[i], flag) == 0) {
            memmove(argv + i, argv + i + 1, (size_t)(--*argc - i) * sizeof *argv);
            return 1;
        }
    return 0;
}

const char *take_value(int *argc, char **argv, const char *flag)
{
    const char *value = NULL;
    for (int i = 0; i < *argc;) {
        if (strcmp(argv[i], flag) != 0) {
            i++;
            continue;
        }
        if (i + 1 == *argc)
            die(EXIT_USAGE, "%s is the last word: its value is missing", flag);
        value = argv[i + 1];
        *argc -= 2;
        memmove(argv + i, argv + i + 2, (size_t)(*argc - i) * sizeof *argv);
    }
    return value;
}

long whole_number(const char *name, const char *text, long min, long max)
{
    long v;
    const char *end = option_digits(text, max, &v);
    if (!end || *end || v < min)
        die(EXIT_USAGE, "%s %.40s: takes %ld..%ld", name, text, min, max);
    return v;
}

const char *take_known(int *argc, char **argv)
{
    const char *known = take_option(argc, argv, "known", NULL);
    if (known && !*known)
        die(EXIT_USAGE, "known= names no file: it takes the runs.csv of a report, whose runs then count as made");
    return known;
}

const char *take_results(int *argc, char **argv)
{
    const char *env = getenv("PEFTLAB_RESULTS"),
               *given = take_option(argc, argv, "results", env && *env ? env : "results");
    if (!*given)
        die(EXIT_USAGE, "results= wants a folder");
    return given;
}

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

int main(int argc, char **argv)
{
    open_streams();
    setlocale(LC_ALL, "C");
    pin_blas(argv);
    if (argc < 2)
        return help(stderr);
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "help") == 0)
        return leave(help(stdout));
    const struct verb *nearest = &verbs[0];
    for (int i = 0; i < VERBS; i++) {
        if (strcmp(argv[1], verbs[i].name) == 0) {
            if (take_flag(&argc, argv, "--help")) {
                printf("peftlab %s %s\n  %s\n", verbs[i].name, verbs[i].arguments, verbs[i].help);
                return EXIT_OK;
            }
            if (verbs[i].stops)
                stop_install();
            return leave(verbs[i].run(argc - 2, argv + 2));
        }
        if (option_distance(argv[1], verbs[i].name) < option_distance(argv[1], nearest->name))
            nearest = &verbs[i];
    }
    die(EXIT_USAGE, "there is no verb \"%.40s\"; did you mean %s? (`peftlab help` lists them)", argv[1], nearest->name);
}

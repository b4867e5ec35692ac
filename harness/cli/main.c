/* The command line: a table of verbs. */
#include "cli/verbs.h"

#include "core/die.h"
#include "core/option.h"
#include "core/progress.h"
#include "math/linalg.h"

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
    bool results;     /* takes results=DIR */
    bool stops;       /* looks at stop_requested; any other is ended by the signal itself */
    const char *more; /* of its page: what the line of `peftlab help` has no room for; NULL: nothing */
} verbs[] = {
    {"list", "[methods|tasks|runs|options|machine]", "what there is", verb_list, true, false, NULL},
    {"count", "METHOD [base=SHAPE] [budget=N] [key=value ...]", "trainable parameters at published shapes", verb_count,
     false, false, NULL},
    {"check", "METHOD [key=value ...] | --golden FILE [base=DIR]", "prove a method: laws, or a golden file", verb_check,
     true, false, "  results=DIR goes with --golden alone\n"},
    {"pretrain", "[base=synthetic] [base_seed=1] | corpus=FILE vocab=FILE [key=value ...]",
     "make a base, synthetic or from a text; describes one that is there", verb_pretrain, true, true,
     "  with corpus= also name= documents=auto|lines|blocks layers= d= heads= ffn= length= steps= batch= warmup= lr= "
     "seed=\n"},
    {"run", "method=M task=T [key=value ...] [seed=0..9]", "train once, or once per seed", verb_run, true, true,
     "  checkpoint=MINUTES  between checkpoints, from which an interrupted run goes on (5; 0: only when a signal "
     "comes)\n"
     "  --keep              keep the trained model, so that export need not train again\n"},
    {"race", "METHOD [task=mnli] [budget=4096]", "the method against LoRA: equal budget, equal search, ten seeds",
     verb_race, true, true, NULL},
    {"export", "KEY DIR [--merge] | base=NAME DIR", "a trained model for PEFT or transformers", verb_export, true, true,
     "  an adapter is read back and compared with the trained tensors, bit for bit\n"
     "  --merge  the whole model with every effective weight, instead of an adapter\n"},
    {"sample", "TASK [-n 10] [difficulty=0..2] [--baseline] [key=value ...]", "examples of a task, in words",
     verb_sample, false, false, "  --baseline  also what a bag of words reaches on the task\n"},
    {"explain", "METHOD", "equation, counts and laws on one screen", verb_explain, false, false, NULL},
    {"show", "KEY|FILE [--csv]", "what a run yielded", verb_show, true, false,
     "  --csv  loss, rate and gradient norm of every step\n"},
    {"sweep", "FILE.ini [key=value ...] [-j N] [--dry-run] [--slurm] [known=runs.csv]",
     "make every run of an experiment that is missing", verb_sweep, true, true,
     "  -j N            so many runs at once (as many as there are processors)\n"
     "  --shard i/N     only the runs whose key is i modulo N; another process makes the others\n"
     "  --search        only the search of rates; --report: only the reported runs of cells whose search is complete;\n"
     "                  --bases: only the bases\n"
     "  --dry-run       say what would be run and for how long; with --slurm, print the jobs\n"
     "  --slurm         submit the sweep as jobs; --slurm=print writes them to standard output\n"
     "    --tasks N     of every array of jobs; else from the estimate, half an hour each\n"
     "    --separate    a results folder for every task, merged between the stages\n"
     "    --core NAME   OPENBLAS_CORETYPE of all tasks\n"
     "    -- OPTION ... options of sbatch\n"},
    {"report", "FILE.ini ... [key=value ...] [known=runs.csv] [--reference DIR]",
     "tables, figures and one page from the runs that exist", verb_report, true, false,
     "  --reference DIR  compare with the runs.csv and tables/ there\n"},
    {"document", "FILE.md ... [tables=DIR] [--check]", "bring generated tables in documents up to date", verb_document,
     false, false,
     "  tables=DIR  where the tables are (results/reference)\n  --check     change nothing, say what differs, also "
     "numbers in sentences\n"},
    {"status", "FILE.ini [key=value ...] [known=runs.csv]", "what of an experiment is done, missing, failed or stale",
     verb_status, true, false, NULL},
    {"verify", "[DIR|FILE]", "every file against its seal and schema", verb_verify, true, false, NULL},
    {"replay", "KEY ... | --runs runs.csv [-n N] [turn=K]", "run again what is stored and compare the hashes",
     verb_replay, true, true,
     "  -n N    only so many rows of the table, spread evenly\n"
     "  turn=K  the sample moved on by K rows: with K from 0 on every row comes\n"},
    {"blame", "A [B]", "the first step and tensor in which two runs part", verb_blame, true, true, NULL},
    {"diff", "A B", "what two runs differ in, and why", verb_diff, true, false, NULL},
    {"merge", "A B ... -o C", "unite results folders", verb_merge, false, false, NULL},
    {"clean", "[--stale]", "list, and remove, what dead processes left", verb_clean, true, false,
     "  --stale  remove what is listed\n"},
    {"bench", "[size=64,128,768] [method=lora] [key=value ...]", "how long a step takes, beside its products alone",
     verb_bench, false, false,
     "  kind=train|evaluate|pretrain lengths=task|full seconds=1 batch=N length=N layers=N parts=1 header=1 batches=0\n"
     "  without=DECISION, and options of adapters and of the method\n"},
    {"worker", "", "runs what it is told on standard input (used by sweep)", verb_worker, true, true, NULL},
};
enum { VERBS = sizeof verbs / sizeof *verbs };

static int help(FILE *out)
{
    fprintf(out, "peftlab compares parameter-efficient fine-tuning methods. Usage: peftlab VERB [key=value ...]\n\n");
    for (int i = 0; i < VERBS; i++)
        fprintf(out, "  %-9s %-48s %s\n", verbs[i].name, verbs[i].arguments, verbs[i].help);
    fprintf(out,
            "\n`peftlab help VERB` says more. Results are in results=DIR (else in $PEFTLAB_RESULTS, else in results).\n"
            "known=runs.csv: runs that it lists count as made. Options of a run: `peftlab list options`.\n"
            "Exit codes: 0 done, 1 some runs failed, 2 usage, 3 data missing or changed, 4 corrupt result,\n"
            "5 check mismatch, 6 no space or memory, 7 a program is missing, 75 interrupted (resumable).\n");
    return out == stdout ? EXIT_OK : EXIT_USAGE;
}

static int help_verb(const struct verb *v)
{
    printf("peftlab %s %s%s\n  %s\n%s", v->name, v->arguments, v->results ? " [results=DIR]" : "", v->help,
           v->more ? v->more : "");
    return EXIT_OK;
}

static bool asks_for_help(const char *word)
{
    return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0;
}

/* Dies, naming the nearest, when there is none. */
static const struct verb *find_verb(const char *name)
{
    const struct verb *nearest = &verbs[0];
    for (int i = 0; i < VERBS; i++) {
        if (strcmp(name, verbs[i].name) == 0)
            return &verbs[i];
        if (option_distance(name, verbs[i].name) < option_distance(name, nearest->name))
            nearest = &verbs[i];
    }
    die(EXIT_USAGE, "there is no verb \"%.40s\"; did you mean %s? (`peftlab help` lists them)", name, nearest->name);
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
    if (asks_for_help(argv[1]) || strcmp(argv[1], "help") == 0)
        return leave(argc > 2 ? help_verb(find_verb(argv[2])) : help(stdout));
    const struct verb *verb = find_verb(argv[1]);
    for (int i = 2; i < argc && strcmp(argv[i], "--") != 0; i++) /* what stands behind -- is sbatch's */
        if (asks_for_help(argv[i]))
            return leave(help_verb(verb));
    if (verb->stops)
        stop_install();
    return leave(verb->run(argc - 2, argv + 2));
}

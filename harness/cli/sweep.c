/* peftlab sweep: all runs of an experiment, shared among worker processes, resumable at any moment. */
#include "cli/verb.h"

#include "base/make.h"
#include "cli/nearest.h"
#include "core/arena.h"
#include "core/die.h"
#include "core/file.h"
#include "core/option.h"
#include "core/order.h"
#include "core/progress.h"
#include "core/rng.h"
#include "experiment/foresee.h"
#include "experiment/kernels.h"
#include "experiment/search.h"
#include "experiment/slurm.h"
#include "experiment/workers.h"
#include "report/report.h"

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct sweep {
    struct plan plan;
    const char *results;
    int jobs, shard, shards;
    enum { ALL, SEARCH, REPORT, BASES } stage; /* the passes that --search, --report and --bases leave out */
    long ran, failed, existed;
    long elsewhere;  /* runs under another key than the plan looks for */
    int worst;       /* exit code of failures that are the machine's, not the run's */
    bool incomplete; /* cells wait for their search, so that they have no reported runs */
};

/* A shard owns the runs whose key is i modulo N: no coordination needed. */
static int mine(const struct sweep *s, const struct plan_run *r)
{
    char digits[9];
    snprintf(digits, sizeof digits, "%.8s", r->key);
    return (int)(strtoul(digits, NULL, 16) % (unsigned long)s->shards) == s->shard;
}

/* Indices by the keys of their runs. */
static int by_key(const void *a, const void *b, void *runs)
{
    const struct plan_run *run = runs;
    int i = *(const int *)a, j = *(const int *)b, order = strcmp(run[i].key, run[j].key);
    return order ? order : (i > j) - (i < j);
}

/* Indices of the missing runs from `from` on that are this shard's, each key once, in an order shuffled by a fixed seed
 * so that drift of the machine favours no method. `existed` counts those that are there. */
static int *missing(struct sweep *s, int from, int *n)
{
    int *list = mem_alloc((size_t)(s->plan.runs + 1) * sizeof *list), all = 0;
    for (int i = from; i < s->plan.runs; i++)
        if (mine(s, &s->plan.run[i])) {
            s->existed += s->plan.run[i].state == PLAN_DONE;
            if (s->plan.run[i].state != PLAN_DONE)
                list[all++] = i;
        }
    qsort_r(list, (size_t)all, sizeof *list, by_key, s->plan.run);
    *n = 0;
    for (int i = 0; i < all; i++)
        if (i == 0 || strcmp(s->plan.run[list[i]].key, s->plan.run[list[*n - 1]].key) != 0)
            list[(*n)++] = list[i];
    qsort(list, (size_t)*n, sizeof *list, order_int);
    struct rng r = rng_stream(1, RNG_SWEEP_ORDER, 0, (uint32_t)from);
    rng_shuffle(&r, list, *n);
    return list;
}

/* Says beside the records why a run failed; only a help for `status`, so a failure to write it is no failure. */
static void note_failure(const struct sweep *s, const struct plan_run *r, const char *why)
{
    char path[1100];
    struct file_out f;
    struct trap t;
    plan_failure_path(&s->plan, r, path, sizeof path);
    if (!trap_set(&t)) {
        file_begin(&f, path);
        fprintf(f.stream, "%s\n", why);
        file_commit(&f);
    }
    trap_end(&t);
}

static bool answered(const char *text, const char *word)
{
    return strncmp(text, word, strlen(word)) == 0;
}

/* An answer: done, exists (another process made it), or a failure. */
static void take_answer(struct sweep *s, struct plan_run *r, int code, const char *text)
{
    char path[1100];
    plan_failure_path(&s->plan, r, path, sizeof path);
    r->state = code == EXIT_OK ? PLAN_DONE : PLAN_FAILED;
    if (code == EXIT_OK) {
        *(answered(text, "exists ") ? &s->existed : &s->ran) += 1;
        s->elsewhere += !strstr(text, r->key);
        unlink(path);
        return;
    }
    s->failed++;
    s->worst = code == EXIT_RESOURCE ? EXIT_RESOURCE : s->worst;
    note_failure(s, r, text);
    warn("run %.12s (%s, %s, seed %d) failed: %s", r->key, cell_get(&s->plan.cell[r->cell], "method"),
         cell_get(&s->plan.cell[r->cell], "task"), r->seed, text);
}

/* Hands out list[0..n) until all are answered or a signal says stop. A run that another process is at is asked for
 * again until that process has finished or died. */
static void hand_out(struct sweep *s, struct workers *w, int *list, int n, struct progress *bar)
{
    int next = 0, done = 0, busy = 0, *waiting = mem_alloc((size_t)n * sizeof *waiting);
    bool told = false;
    while (done < n && !(stop_requested() && !workers_busy(w))) {
        while (next < n && !stop_requested() && workers_idle(w)) {
            struct plan_run *r = &s->plan.run[list[next]];
            workers_give(w, list[next++], (const char *const *)r->assignment, r->assignments);
        }
        if (stop_requested() && !told) {
            workers_stop(w);
            told = true;
        }
        int job, code;
        char text[600];
        if (!workers_wait(w, &job, &code, text, sizeof text)) {
            if (next == n && busy) { /* nothing else happened for a moment: ask again */
                next -= busy;
                memcpy(list + next, waiting, (size_t)busy * sizeof *list);
                busy = 0;
            }
            continue;
        }
        if ((code == EXIT_OK && answered(text, "busy ")) || (code == EXIT_INTERRUPTED && !stop_requested())) {
            waiting[busy++] = job;
            continue;
        }
        if (code == EXIT_INTERRUPTED) /* not done, and no further run is handed out */
            continue;
        take_answer(s, &s->plan.run[job], code, text);
        progress_show(bar, ++done, "");
    }
    free(waiting);
}

/* Runs what is missing among the plan's runs from `from` on. */
static void work(struct sweep *s, int from, const char *title)
{
    int n;
    int *list = missing(s, from, &n);
    if (n > 0) {
        struct progress bar;
        struct workers *w = workers_open(s->jobs < n ? s->jobs : n, s->results);
        progress_open(&bar, title, "runs", n, 0);
        hand_out(s, w, list, n, &bar);
        workers_close(w);
        progress_close(&bar, NULL);
    }
    free(list);
    if (stop_requested())
        die(EXIT_INTERRUPTED, "interrupted; every finished run is kept, the same command goes on");
}

/* What the jobs decide themselves. */
static void refuse_with_slurm(const struct words *w)
{
    static const char *const words[] = {"-j", "--shard", "--search", "--report", "--bases"};
    if (words_known(w))
        die(EXIT_USAGE, "known= does not go with --slurm: its jobs look at records alone");
    if (words_given(w, "grids"))
        die(EXIT_USAGE, "grids= does not go with --slurm: its jobs read the whole file");
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (words_given(w, words[i]))
            die(EXIT_USAGE, "%s does not go with --slurm: stages and shards are its jobs, --tasks N says how many",
                words[i]);
}

static void parse_stage(struct sweep *s, const struct words *w)
{
    int search = words_given(w, "--search"), report = words_given(w, "--report"),
        only_bases = words_given(w, "--bases");
    if (search + report + only_bases > 1)
        die(EXIT_USAGE, "--search, --report and --bases each leave the others out: give one, or none for all");
    s->stage = search ? SEARCH : report ? REPORT : only_bases ? BASES : ALL;
    const char *shard = words_text(w, "--shard", NULL);
    if (shard) {
        long i = 0, n = 0;
        const char *slash = option_digits(shard, INT_MAX, &i);
        const char *end = slash && *slash == '/' ? option_digits(slash + 1, INT_MAX, &n) : NULL;
        if (!end || *end || i >= n)
            die(EXIT_USAGE, "--shard %.40s: takes i/N with 0 <= i < N", shard);
        s->shard = (int)i;
        s->shards = (int)n;
    }
}

/* Whether the synthetic bases that the experiment needs are there, or came with the program; with `make` those that are
 * not are made. */
static bool bases(const struct plan *p, bool make)
{
    bool there = true;
    for (int i = 0; i < p->cells; i++) {
        struct spec s;
        bool missing = plan_spec(p, &p->cell[i], &s)->place == BASE_MISSING;
        if (missing && make)
            base_pretrain(session_base(p->session, s.train.base, s.train.base_seed), session_results(p->session));
        there &= !missing;
        spec_free(&s);
    }
    return there;
}

/* The three passes, or those that were asked for. */
static void run_stages(struct sweep *s, const struct experiment *e)
{
    double began = clock_seconds();
    char spent[32];
    search_window(&s->plan);
    if (s->stage != REPORT)
        work(s, 0, "search");
    int from = s->plan.runs;
    if (search_extend(&s->plan) && s->stage != REPORT)
        work(s, from, "search, extended");
    from = s->plan.runs;
    int incomplete = s->stage == SEARCH ? 0 : search_report(&s->plan);
    if (incomplete)
        warn("%d cells have no learning rate yet: their search is not complete", incomplete);
    s->incomplete = incomplete > 0 && s->shards == 1; /* a shard waits for the others */
    if (s->stage != SEARCH)
        work(s, from, e->id);
    fprintf(stderr, "%s: %ld runs made, %ld existed, %ld failed, %s\n", e->id, s->ran, s->existed, s->failed,
            duration_text(clock_seconds() - began, spent, sizeof spent));
    kernels_warn(&s->plan);
    foresee_made(&s->plan);
    if (s->elsewhere && session_list(s->plan.session))
        die(EXIT_DATA,
            "%ld of these runs are of other data or of another base than those of %s, so that they do not belong "
            "together; "
            "without known= they count",
            s->elsewhere, session_list(s->plan.session));
    if (s->elsewhere)
        warn("the data of %ld runs were not those that were remembered; the same command goes on with them",
             s->elsewhere);
}

/* Reads --slurm, --separate, --tasks, --core and what stands behind "--"; whether --slurm is given. */
static bool parse_slurm(struct slurm *s, const struct words *w)
{
    const char *asked = words_text(w, "--slurm", NULL);
    s->option = w->after;
    s->options = w->behind;
    s->print = asked && *asked;
    if (s->print && strcmp(asked, "print") != 0)
        die(EXIT_USAGE, "--slurm=%.40s: --slurm submits the jobs, --slurm=print prints their script", asked);
    s->separate = words_given(w, "--separate");
    s->core = words_text(w, "--core", NULL);
    s->tasks = (int)words_number(w, "--tasks", 1, SLURM_TASKS, 0);
    if (!asked && (s->options || s->separate || s->tasks || s->core))
        die(EXIT_USAGE, "--separate, --tasks, --core and options behind -- belong to --slurm");
    return asked != NULL;
}

static int run(const struct words *w)
{
    int dry = words_given(w, "--dry-run"), processors = (int)sysconf(_SC_NPROCESSORS_ONLN);
    struct slurm slurm = {0};
    bool on_slurm = parse_slurm(&slurm, w);
    struct sweep s = {.results = words_results(w), .shards = 1};
    struct experiment e;
    if (on_slurm)
        refuse_with_slurm(w);
    parse_stage(&s, w);
    s.jobs = (int)words_number(w, "-j", 1, WORKERS_MOST, processors);
    if (word_is_setting(w->word[0]))
        words_usage(w);
    nearest_experiment(w->word[0]);
    experiment_read(&e, w->word[0]);
    for (int i = 1; i < w->n; i++)
        experiment_set(&e, w->word[i]);
    report_check(&e);
    if (words_given(w, "grids"))
        experiment_keep(&e, words_text(w, "grids", ""));
    struct session *session = session_open(s.results);
    session_set_list(session, words_known(w));
    plan_open(&s.plan, session, &e); /* refuses what cannot run, before a base is made for it */
    if (on_slurm) {
        slurm.print |= dry;
        slurm.results = s.results;
        slurm.setting = w->word + 1;
        slurm.settings = w->n - 1;
        slurm.bases_exist = bases(&s.plan, false);
        slurm_submit(&slurm, &s.plan);
    } else {
        foresee_plan(&s.plan);
        if (dry)
            foresee_print(&s.plan, bases(&s.plan, false), s.jobs);
        else
            bases(&s.plan, true);
        if (!dry && s.stage != BASES)
            run_stages(&s, &e);
    }
    plan_close(&s.plan);
    session_close(session);
    experiment_free(&e);
    return s.worst ? s.worst : s.failed || s.incomplete ? EXIT_RUNS : EXIT_OK;
}

const struct verb verb_sweep = {
    .name = "sweep",
    .group = VERB_MAKE,
    .summary = "make all runs of an experiment that are missing",
    .usage = "FILE.ini [key=value ...]",
    .least = 1,
    .help = "key=value changes all grids of the experiment. An interrupted sweep goes on when\n"
            "the same command is given again.",
    .example = "sweep experiments/main.ini -j 4\nsweep experiments/main.ini steps=100 --dry-run\n"
               "sweep experiments/main.ini --slurm --tasks 50 -- --partition=short",
    .stops = true,
    .options = {{"-j", "N", "make N runs at once; as many as there are processors unless given"},
                {"--dry-run", NULL, "say what would be run and for how long; with --slurm, print the jobs"},
                VERB_KNOWN,
                {"grids", "LIST", "only these grids of the file, names with commas"},
                {"--search", NULL, "only the search of learning rates"},
                {"--report", NULL, "only the reported runs, of cells whose search is complete"},
                {"--bases", NULL, "only the base models"},
                {"--shard", "I/N", "only the runs whose key is I modulo N; other processes make the others"},
                {"--slurm", "[print]", "submit the runs as Slurm jobs; --slurm=print prints the script of the jobs"},
                {"--tasks", "N", "with --slurm: the tasks of every array; unless given, tasks of half an hour"},
                {"--separate", NULL, "with --slurm: each task has its own results folder, merged after each stage"},
                {"--core", "NAME", "with --slurm: OPENBLAS_CORETYPE of all tasks"},
                {"--", "OPTION ...", "with --slurm: options of sbatch, after all other words"},
                VERB_RESULTS},
    .run = run,
};

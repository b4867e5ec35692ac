/* peftlab compare: which method for these data, in a given time, from a table to a sentence. */
#include "cli/verb.h"

#include "analysis/advice.h"
#include "analysis/verdict.h"
#include "analysis/words.h"
#include "cli/choices.h"
#include "core/arena.h"
#include "core/content.h"
#include "core/die.h"
#include "core/file.h"
#include "core/order.h"
#include "core/progress.h"
#include "experiment/protocol.h"
#include "experiment/search.h"
#include "experiment/workers.h"
#include "report/report.h"
#include "tune/tuning.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MINUTES = 30, FEW_ROWS = 100 };

/* A comparison on its way from words to a page. */
struct work {
    const char *results;
    struct choices choices;
    int minutes, jobs;
    char *folder, *file; /* of its own: experiment, tables, page */
};

/* <results>/compare/reviews-1a2b3c4d: other words or other data, another folder. */
static void name_folder(struct work *w, const char *data_hash)
{
    struct hash h;
    char hex[HASH_HEX], stem[40];
    char **word = mem_alloc((size_t)(w->choices.c.settings + 1) * sizeof *word);
    memcpy(word, w->choices.c.setting, (size_t)w->choices.c.settings * sizeof *word);
    qsort(word, (size_t)w->choices.c.settings, sizeof *word, order_text);
    hash_open(&h);
    for (int i = 0; i < w->choices.c.settings; i++)
        hash_add(&h, word[i], strlen(word[i]) + 1);
    for (int i = 0; i < w->choices.c.methods; i++)
        hash_add(&h, w->choices.c.method[i]->name, strlen(w->choices.c.method[i]->name) + 1);
    hash_add(&h, &w->minutes, sizeof w->minutes);
    hash_add(&h, data_hash, HASH_HEX);
    hash_close(&h, hex);
    free(word);
    snprintf(stem, sizeof stem, "%.39s", w->choices.name);
    for (char *c = stem; *c; c++)
        *c = strchr("/ \t\"'\\", *c) ? '_' : *c;
    w->folder = mem_text("%s/compare/%s-%.8s", w->results, stem, hex);
    w->file = mem_text("%s/compare.ini", w->folder);
}

/* What is known of the data and what was chosen: printed, and the first lines of the experiment. */
static char *describe(const struct work *w, const struct protocol *p)
{
    const struct survey *v = &w->choices.data;
    char *text = NULL, spent[32];
    size_t size;
    FILE *f = mem_stream(&text, &size);
    fprintf(f, "%s: %d training, %d validation, %d test rows", w->choices.name, v->rows[SPLIT_TRAIN],
            v->rows[SPLIT_VALID], v->rows[SPLIT_TEST]);
    if (v->classes)
        fprintf(f, ", %d classes of %d to %d rows", v->classes, v->least, v->most);
    fprintf(f, "; 99 %% have at most %d tokens, the longest %d%s\n", v->tokens, v->longest,
            v->longest == EXAMPLE_TOKENS ? " or more" : "");
    if (v->odd)
        fprintf(f,
                "most labels look like scores, but %d of the different ones cannot be read as numbers (n.a., 1,5, "
                "inf): so all "
                "are classes without an order; mend these labels, or leave their rows out\n",
                v->odd);
    if (v->whole)
        fprintf(f, "labels that are whole numbers are classes without an order (labels=score takes them for scores)\n");
    if (v->repeated || v->leaked[SPLIT_VALID] || v->leaked[SPLIT_TEST])
        fprintf(f,
                "training rows that repeat an earlier one: %d, with another label: %d; rows that are in training, too: "
                "%d of "
                "validation, %d of test\n",
                v->repeated, v->conflicts, v->leaked[SPLIT_VALID], v->leaked[SPLIT_TEST]);
    if (w->choices.effective < FEW_ROWS)
        fprintf(f, "few test rows: by chance alone a score moves by about %.0f points\n",
                100 * 0.5 / sqrt(w->choices.effective));
    for (int i = w->choices.given; i < w->choices.c.settings; i++)
        fprintf(f, "%s%s%s", i == w->choices.given ? "chosen: " : ", ", w->choices.c.setting[i],
                i + 1 == w->choices.c.settings ? "\n" : "");
    const char *steps = comparison_given(&w->choices.c, "steps"), *batch = comparison_given(&w->choices.c, "batch");
    int made = steps ? atoi(steps) : (int)ceil(p->length * w->choices.c.steps), of = batch ? atoi(batch) : 32;
    const double epochs = made / ceil((double)v->rows[SPLIT_TRAIN] / of);
    fprintf(f, "%d method%s, %d steps of %d rows (%.3g epoch%s)", w->choices.c.methods, plural(w->choices.c.methods),
            made, of, epochs, plural(epochs));
    if (p->tune_seeds && p->rates > 1)
        fprintf(f, "; %d rates each, tried with %d seed%s on validation", p->rates, p->tune_seeds,
                p->tune_seeds > 1 ? "s" : "");
    else
        fprintf(f, "; no search: each at the rate that %s",
                comparison_given(&w->choices.c, "lr") ? "is given" : "it has on the synthetic base");
    fprintf(f, "; %d seeds on test\n", p->seeds);
    if (p->length < 1 && !steps)
        fprintf(f, "too short for the usual %d steps: what needs longer training looks worse here than it is\n",
                w->choices.c.steps);
    fprintf(f, "at most about %s with %d jobs on an idle machine\n", duration_text(p->seconds, spent, sizeof spent),
            w->jobs);
    fclose(f);
    return text;
}

/* A line as comments of at most 180 characters, for an experiment's lines have an end. */
static void write_comment(FILE *f, const char *text, int n)
{
    enum { WIDE = 180 };
    for (const char *mark = "; "; n > 0; mark = ";   ") {
        int take = n < WIDE ? n : WIDE;
        for (; take < n && text[take] != ' ' && take > WIDE / 2; take--)
            ;
        fprintf(f, "%s%.*s\n", mark, take, text);
        take += take < n && text[take] == ' ';
        text += take;
        n -= take;
    }
}

/* The folder and, if that was the only one, the one around it. */
static void remove_if_empty(void *folder)
{
    char *around = mem_text("%s", (const char *)folder), *end = strrchr(around, '/');
    if (rmdir(folder) == 0 && end) {
        *end = '\0';
        rmdir(around);
    }
    free(around);
}

/* Gives the plan its name, unless another process with the same words was quicker: false, and that one's plan holds. */
static bool settle(const char *written, const char *name)
{
    const bool linked = link(written, name) == 0, other = !linked && errno == EEXIST;
    if (!linked && !other && rename(written, name)) /* a file system without links */
        die(EXIT_RESOURCE, "%s: cannot be written: %s", name, strerror(errno));
    unlink(written);
    return !other;
}

/* Writes the experiment, unless an earlier start did: then that goes on. Dies with EXIT_USAGE when there is no time for it. */
static void plan_work(struct work *w, bool dry)
{
    struct protocol p;
    char *trial = mem_text("%s/trial.%d.ini", w->folder, (int)getpid()); /* another process may plan the same */
    bool resumed = file_exists(w->file);
    folder_make(w->folder);
    DEFER(remove_if_empty, w->folder); /* of what was only looked at, or refused, nothing stays */
    if (resumed) {
        char *text = file_read(w->file, 1 << 20, NULL);
        for (const char *line = text; strncmp(line, "; ", 2) == 0; line += strcspn(line, "\n"), line += *line == '\n')
            printf("%.*s\n", (int)strcspn(line, "\n") - 2, line + 2);
        free(text);
    } else {
        protocol_fit(&p, &w->choices.c, w->choices.session, 60.0 * w->minutes, w->jobs, trial);
        char *text = describe(w, &p), *note = NULL;
        fputs(text, stdout);
        size_t size;
        FILE *f = mem_stream(&note, &size);
        for (const char *line = text; *line; line += strcspn(line, "\n") + 1)
            write_comment(f, line, (int)strcspn(line, "\n"));
        fclose(f);
        if (p.seconds > 60.0 * w->minutes)
            die(EXIT_USAGE,
                "minutes=%d: not enough; give minutes=%.0f, fewer methods (methods=lora,dora) or fewer steps (steps=)",
                w->minutes, ceil(p.seconds / 60));
        if (!dry) {
            protocol_write(&p, &w->choices.c, note, trial);
            resumed = !settle(trial, w->file);
        }
        free(note);
        free(text);
    }
    printf("%s%s\n", w->file, resumed ? " (goes on)" : dry ? " (not written)" : "");
    fflush(stdout);
    free(trial);
}

/* A row for each method: score, how it stands to LoRA, the rate that was chosen, what a step costs. */
static void print_rows(const struct groups *g)
{
    struct judgement *line = mem_alloc((size_t)(g->n + 1) * sizeof *line);
    for (int i = 0; i < g->n; i++)
        line[i] = judgement_of(g, &g->group[i], FACT_test_metric, "");
    judgements_adjust(line, g->n, g->rows->plan->experiment->margin);
    const char *metric = g->n ? metric_name(g->group[0].setup->metric) : "score";
    printf("\n%s and differences x 100; memory beyond the base; parameters that train, the head apart\n", metric);
    printf("%-22s %9s  %-22s %-11s %8s %9s %8s %10s %7s\n", "method", metric, "against LoRA", "verdict", "rate",
           "ms/step", "MiB", "trained", "failed");
    for (int i = 0; i < g->n; i++) {
        const struct group *one = &g->group[i];
        const struct contrast *c = &line[i].contrast;
        char against[64] = "";
        int at = 0;
        while (at + 1 < one->n && !one->run[at]->ok)
            at++;
        if (isfinite(c->low))
            snprintf(against, sizeof against, "%s %s", points_text(c->difference), range_text(c->low, c->high, true));
        printf("%-22s %9s  %-22s %-11s %8s", one->label, one->ok ? percent_text(line[i].mean) : "-", against,
               verdict_names[line[i].verdict], rate_text(one->run[at]->lr));
        if (one->ok)
            printf(" %9.2f %8.1f %10s", group_median(one, FACT_step_ms), group_median(one, FACT_peak_bytes) / (1 << 20),
                   count_text(group_mean(one, FACT_parameters_active)));
        else
            printf(" %9s %8s %10s", "-", "-", "-");
        printf(" %7d\n", line[i].failed < 0 ? one->n - one->ok : line[i].failed);
    }
    free(line);
}

/* Prints the rows; returns the sentences, for free(). Both from the runs that are there. */
static char *advise(const struct work *w)
{
    struct experiment e;
    struct plan p;
    struct results rows;
    struct groups g;
    experiment_read(&e, w->file);
    plan_open(&p, w->choices.session, &e);
    search_all(&p);
    results_read(&rows, &p);
    groups_make(&g, &rows, NULL);
    print_rows(&g);
    const struct tested tested = {w->choices.data.rows[SPLIT_TEST], w->choices.effective, w->choices.guess};
    char *text = advice_make(&g, &tested);
    groups_free(&g);
    results_free(&rows);
    plan_close(&p);
    experiment_free(&e);
    return text;
}

/* Tables and page in the comparison's own folder, from the runs of the results folder; then the answer. */
static int answer(const struct work *w)
{
    struct report page;
    FILE *quiet = fopen("/dev/null", "we");
    if (!quiet)
        die(EXIT_RESOURCE, "/dev/null cannot be opened");
    char *text = advise(w);
    report_open(&page, w->folder, quiet);
    report_add(&page, w->choices.session, w->file, 0, NULL);
    report_answer(&page, text);
    report_close(&page);
    fclose(quiet);
    int code = (int)page.code;
    printf("\n%s\n%s/report.html\n", text, w->folder);
    free(text);
    return code;
}

static int run(const struct words *words)
{
    struct work w = {.results = words_results(words)};
    char hash[HASH_HEX];
    w.jobs = (int)words_number(words, "-j", 1, WORKERS_MOST, sysconf(_SC_NPROCESSORS_ONLN));
    w.minutes = (int)words_number(words, "minutes", 1, 100000, MINUTES);
    choices_open(&w.choices, words, hash);
    name_folder(&w, hash);
    bool dry = words_given(words, "--dry-run");
    plan_work(&w, dry);
    int code = EXIT_OK;
    if (!dry) {
        char *results = mem_text("results=%s", w.results), *jobs = mem_text("%d", w.jobs);
        char j[] = "-j", *sweep[] = {w.file, results, j, jobs, NULL};
        code = verb_call(verb_find("sweep"), 4, sweep);
        if (code == EXIT_OK || code == EXIT_RUNS) {
            int told = answer(&w);
            code = told == EXIT_OK ? code : told;
        }
        free(results);
        free(jobs);
    }
    choices_close(&w.choices);
    free(w.folder);
    free(w.file);
    return code;
}

const struct verb verb_compare = {
    .name = "compare",
    .group = VERB_MAKE,
    .summary = "say which method suits your data, in the time you give",
    .usage = "key=value ...",
    .least = 1,
    .help = "The data are a table of yours (file=TABLE text=COLUMN label=COLUMN), a task of\n"
            "GLUE (data=DIR member=rte) or a generated one (task=mnli). Real text needs a\n"
            "model of real text, base=DIR. Other keys are those of `run`, and lr= seeds=\n"
            "tune_seeds= ladder= of an experiment; what you do not say is chosen from the\n"
            "data, and printed before it starts. The same command goes on where it was\n"
            "stopped. The experiment, its tables and its page stay in a folder under\n"
            "RESULTS/compare; other commands find its runs and need not make them again.",
    .example = "compare file=reviews.csv text=review label=stars base=data/minilm\n"
               "compare data=data/glue member=rte base=data/minilm minutes=120\n"
               "compare methods=dora task=majority base=tiny budget=1024 steps=100",
    .stops = true,
    .options = {{"methods", "LIST", "names with commas (LoRA is always among them), article (default), or all"},
                {"minutes", "N",
                 "how long to plan for (30): decides seeds, rates and steps; a busy machine takes longer"},
                {"-j", "N", "make N runs at once; as many as there are processors unless given"},
                {"--dry-run", NULL, "say what would be done and for how long"},
                VERB_RESULTS},
    .run = run,
};

/* peftlab race: methods against LoRA at equal budget and equal search, and the answer in one sentence for each. */
#include "cli/verb.h"

#include "cli/color.h"
#include "core/arena.h"
#include "core/csv.h"
#include "core/die.h"
#include "core/file.h"
#include "experiment/identity.h"
#include "report/report.h"
#include "stats/ranktest.h"
#include "tune/tuning.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What the grid holds unless a word says otherwise. */
static const struct {
    const char *key, *value;
} defaults[] = {{"task", "mnli"},
                {"budget", "4096"},
                {"steps", "200"},
                {"evals", "1"},
                {"probes", "0"},
                {"lr", "1e-3 3e-3 1e-2 3e-2"},
                {"ladder", "1e-4 3e-4 1e-3 3e-3 1e-2 3e-2 1e-1 3e-1"},
                {"tune_seeds", "0..2"},
                {"seeds", "100..109"}};
enum { DEFAULTS = sizeof defaults / sizeof *defaults };

/* The words of a race, methods first. */
struct race {
    const char *results;
    char *folder, *file; /* of its own experiment and of what shows its answer */
    char *const *method, *const *setting;
    int methods, settings;
};

/* The value of key=value among the words; NULL when it is not given. */
static const char *given(const struct race *r, const char *key)
{
    size_t n = strlen(key);
    for (int i = 0; i < r->settings; i++)
        if (strncmp(r->setting[i], key, n) == 0 && r->setting[i][n] == '=')
            return r->setting[i] + n + 1;
    return NULL;
}

static const char *value_of(const struct race *r, const char *key)
{
    const char *value = given(r, key);
    for (int i = 0; i < DEFAULTS && !value; i++)
        value = strcmp(defaults[i].key, key) == 0 ? defaults[i].value : NULL;
    return value;
}

/* The first of the methods that alone has this option; NULL when it is one that all runs have. */
static const struct method *owner(const struct race *r, const char *setting)
{
    char key[OPTION_TEXT];
    snprintf(key, sizeof key, "%.*s", (int)strcspn(setting, "="), setting);
    if (option_find(train_options, key) || option_find(adapter_options, key))
        return NULL;
    for (int i = 0; i < r->methods; i++) {
        const struct method *m = method_find(r->method[i]);
        if (m->options && option_find(m->options, key))
            return m;
    }
    return NULL;
}

/* What a run of each method would refuse, before anything is written or a base is made. */
static void check_words(const struct race *r)
{
    struct session *session = session_open(r->results);
    for (int i = -1; i < r->methods; i++) {
        const char *name = i < 0 ? "lora" : r->method[i];
        const char **words = mem_alloc((size_t)(r->settings + 3) * sizeof *words);
        char *made[] = {mem_text("method=%s", name), mem_text("task=%s", value_of(r, "task")),
                        mem_text("budget=%s", value_of(r, "budget"))};
        int n = 0;
        for (; n < 3; n++)
            words[n] = made[n];
        for (int k = 0; k < r->settings; k++) {
            static const char *const grids[] = {"task=", "budget=", "lr=", "ladder=", "seeds=", "tune_seeds="};
            const struct method *m = owner(r, r->setting[k]);
            bool grid = strcspn(r->setting[k], ".") < strcspn(r->setting[k], "=");
            for (size_t j = 0; j < sizeof grids / sizeof *grids; j++)
                grid |= strncmp(r->setting[k], grids[j], strlen(grids[j])) == 0;
            if (!grid && (!m || strcmp(m->name, name) == 0))
                words[n++] = r->setting[k];
        }
        struct spec s;
        identity_check(session, &s, n, words);
        spec_free(&s);
        for (int k = 0; k < 3; k++)
            free(made[k]);
        free(words);
    }
    session_close(session);
}

/* <results>/race/dora-mnli-4096-steps=100: other words, another folder. */
static char *name_folder(const struct race *r)
{
    char *name = NULL;
    for (int i = 0; i < r->methods; i++) {
        char *longer = mem_text("%s%s%s", i ? name : "", i ? "+" : "", r->method[i]);
        free(name);
        name = longer;
    }
    char *all = mem_text("%s-%s-%s", name, value_of(r, "task"), value_of(r, "budget"));
    free(name);
    for (int i = 0; i < r->settings; i++)
        if (strncmp(r->setting[i], "task=", 5) != 0 && strncmp(r->setting[i], "budget=", 7) != 0) {
            char *longer = mem_text("%s-%s", all, r->setting[i]);
            free(all);
            all = longer;
        }
    for (char *c = all; *c; c++)
        *c = strchr("/ \t\n\"'\\", *c) ? '_' : *c;
    char *folder = mem_text("%s/race/%.200s", r->results, all);
    free(all);
    return folder;
}

/* Whether a value with blanks is one text, such as a path, and no list of values. */
static bool is_text(const char *setting)
{
    char key[OPTION_TEXT];
    snprintf(key, sizeof key, "%.*s", (int)strcspn(setting, "=."), setting);
    for (int i = 0; i < DEFAULTS; i++)
        if (strcmp(defaults[i].key, key) == 0)
            return false;
    return strchr(setting, ' ') != NULL;
}

/* A race is an experiment like any other: it is written, swept and reported. */
static void write_experiment(const struct race *r)
{
    struct file_out out;
    file_begin(&out, r->file);
    FILE *f = out.stream;
    fprintf(f, "[experiment]\ntitle = Race against LoRA on %s\n", value_of(r, "task"));
    fprintf(f, "question = Which is better than LoRA at the same budget and the same search?\n\n[grid race]\n");
    fprintf(f, "method = lora");
    for (int i = 0; i < r->methods; i++)
        fprintf(f, " %s", r->method[i]);
    fputc('\n', f);
    for (int i = 0; i < DEFAULTS; i++)
        if (!given(r, defaults[i].key))
            fprintf(f, "%s = %s\n", defaults[i].key, defaults[i].value);
    for (int i = 0; i < r->settings; i++) {
        const struct method *m = owner(r, r->setting[i]);
        size_t n = strcspn(r->setting[i], "=");
        const char *value = r->setting[i] + n + 1;
        const char *quote = !is_text(r->setting[i]) ? "" : strchr(value, '"') ? "'" : "\"";
        fprintf(f, "%.*s%s%s = %s%s%s\n", (int)n, r->setting[i], m ? "." : "", m ? m->name : "", quote, value, quote);
    }
    fprintf(f, "\n[table score]\ngrids = race\n\n[table rates]\ngrids = race\n\n[table cost]\ngrids = race\n");
    file_commit(&out);
}

/* A table of the report, as programs read it. */
static void read_table(struct csv_file *t, const struct race *r, const char *name)
{
    char *path = mem_text("%s/tables/race-%s.csv", r->folder, name);
    csv_file_read(t, path);
    free(path);
}

static double number(const struct csv_file *t, int row, const char *column)
{
    return csv_file_number(t, row, csv_file_column(t, column));
}

static const char *text(const struct csv_file *t, int row, const char *column)
{
    return csv_file_text(t, row, csv_file_column(t, column));
}

/* One line: what came out, and whether it may be believed. */
static void print_answer(const struct csv_file *score, int row, int reference)
{
    double difference = number(score, row, "difference");
    const char *verdict = text(score, row, "verdict");
    bool few = smallest_p((int)number(score, row, "ok")) > 0.05; /* even where all seeds agree */
    bool told = *verdict && strncmp(verdict, "not sig", 7) != 0 && strncmp(verdict, "undecided", 9) != 0;
    double collapsed = number(score, row, "collapsed") + number(score, reference, "collapsed");
    printf("%s %.1f, %s %.1f: %+.1f [%+.1f, %+.1f] over %.0f seeds, %s%s%s", text(score, row, "method"),
           100 * number(score, row, "mean"), text(score, reference, "method"), 100 * number(score, reference, "mean"),
           100 * difference, 100 * number(score, row, "difference_low"), 100 * number(score, row, "difference_high"),
           number(score, row, "ok"),
           !told            ? ""
           : difference > 0 ? color_good()
                            : color_bad(),
           few              ? "too few for any verdict (seeds=100..109 are ten)"
           : !told          ? "they cannot be told apart"
           : difference > 0 ? "it is better than LoRA"
                            : "it is worse than LoRA",
           told ? color_off() : "");
    if (collapsed > 0)
        printf("; %.0f of their %.0f runs collapsed", collapsed,
               number(score, row, "run") + number(score, reference, "run"));
    printf(".\n");
}

/* A row for each method, with what an author asks next (the chosen rate, what a step costs), then the answers. */
static void print_results(const struct race *r)
{
    struct csv_file score, rates, cost;
    int reference = 0;
    read_table(&score, r, "score");
    read_table(&rates, r, "rates");
    read_table(&cost, r, "cost");
    for (int i = 0; i < csv_file_rows(&score); i++)
        reference = strcmp(text(&score, i, "method"), "LoRA") == 0 ? i : reference;
    printf("%-20s %6s  %-20s %8s %8s %7s %10s\n", "method", "score", "rate", "ms/step", "MiB", "numbers", "collapsed");
    for (int i = 0; i < csv_file_rows(&score); i++) {
        const char *method = text(&score, i, "method");
        char rate[64] = "";
        for (int k = 0; k < csv_file_rows(&rates); k++)
            if (strcmp(text(&rates, k, "method"), method) == 0 && *text(&rates, k, "chosen"))
                snprintf(rate, sizeof rate, "%s%s", text(&rates, k, "lr"),
                         strstr(text(&rates, k, "chosen"), "edge") ? " (at the edge)" : "");
        printf("%-20s %6.1f  %-20s", method, 100 * number(&score, i, "mean"), rate);
        for (int k = 0; k < csv_file_rows(&cost); k++)
            if (strcmp(text(&cost, k, "method"), method) == 0)
                printf(" %8.2f %8.1f", number(&cost, k, "step_ms"), number(&cost, k, "bytes") / (1 << 20));
        printf(" %7.0f %10s\n", number(&score, i, "parameters"), text(&score, i, "collapsed"));
    }
    putchar('\n');
    for (int i = 0; i < csv_file_rows(&score); i++)
        if (i != reference)
            print_answer(&score, i, reference);
    printf(
        "Scores on %s times 100; in brackets the 95 %% interval of the difference, paired by seed.\n%s/report.html\n",
        value_of(r, "task"), r->folder);
    csv_file_free(&score);
    csv_file_free(&rates);
    csv_file_free(&cost);
}

/* Tables and page in the race's own folder, from the runs of the results folder. */
static int report(const struct race *r)
{
    struct report page;
    FILE *quiet = fopen("/dev/null", "w");
    if (!quiet)
        die(EXIT_RESOURCE, "/dev/null cannot be opened");
    struct session *s = session_open(r->results);
    report_open(&page, r->folder, quiet);
    report_add(&page, s, r->file, 0, NULL);
    session_close(s);
    report_close(&page);
    fclose(quiet);
    return (int)page.code;
}

static int run(const struct words *w)
{
    struct race r = {.results = words_results(w), .method = w->word};
    while (r.methods < w->n && !word_is_setting(w->word[r.methods]))
        r.methods++;
    r.setting = w->word + r.methods;
    r.settings = w->n - r.methods;
    for (int i = 0; i < w->n; i++)
        if (strchr(w->word[i], '\n') || (i >= r.methods && !word_is_setting(w->word[i])))
            words_usage(w);
    for (int i = 0; i < r.methods; i++)
        if (strcmp(r.method[i], "lora") == 0)
            die(EXIT_USAGE, "race compares methods with LoRA, and lora is one of its words: name another method");
    if (!r.methods)
        words_usage(w);
    check_words(&r);
    r.folder = name_folder(&r);
    r.file = mem_text("%s/race.ini", r.folder);
    folder_make(r.folder);
    write_experiment(&r);
    char *results = mem_text("results=%s", r.results), *sweep[] = {r.file, results, NULL};
    int code = verb_call(verb_find("sweep"), 2, sweep);
    if (code == EXIT_OK)
        code = report(&r);
    if (code == EXIT_OK)
        print_results(&r);
    free(results);
    free(r.file);
    free(r.folder);
    return code;
}

const struct verb verb_race = {
    .name = "race",
    .group = VERB_MAKE,
    .summary = "compare methods with LoRA: equal budget, equal search",
    .usage = "METHOD ... [key=value ...]",
    .least = 1,
    .help = "Unless words say otherwise: task=mnli budget=4096 steps=200, four learning rates\n"
            "searched with three seeds, ten further seeds reported. Keys are those of `run`\n"
            "(base=, task.difficulty=, options of one of the methods) and lr= seeds=\n"
            "tune_seeds= ladder= with quotes around several values. Tables and page go to a\n"
            "folder of their own under RESULTS/race; runs are shared with all other work.",
    .example = "race dora\nrace dora vera task=sst base=tiny budget=1024 steps=100",
    .stops = true,
    .options = {VERB_RESULTS},
    .run = run,
};

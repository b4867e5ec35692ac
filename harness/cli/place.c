/* peftlab place: a new method in the committed main table, without running the others again. */
#include "cli/verb.h"

#include "cli/nearest.h"
#include "core/arena.h"
#include "core/csv_file.h"
#include "core/die.h"
#include "core/file.h"
#include "core/program.h"
#include "experiment/search.h"
#include "report/report.h"
#include "tune/tuning.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The rates of the pilot, which are also the rungs of the main table's ladder. */
static const char *const ladder[] = {"1e-4", "3e-4", "1e-3", "3e-3", "1e-2", "3e-2", "1e-1", "3e-1"};
enum { RUNGS = sizeof ladder / sizeof *ladder, FILE_MOST = 1 << 20 };

struct place {
    const struct method *method;
    const char *results, *list; /* list: the runs of the others */
    char *main, *folder, *pilot, *file;
    const struct words *words;
};

static int sweep(const struct place *w, char *file, bool search)
{
    char *results = mem_text("results=%s", w->results), *known = mem_text("known=%s", w->list);
    char *jobs = mem_text("%s", words_text(w->words, "-j", "")), j[] = "-j", only[] = "--search";
    char *argv[8] = {file, results};
    int n = 2;
    if (search)
        argv[n++] = only;
    else
        argv[n++] = known;
    if (*jobs) {
        argv[n++] = j;
        argv[n++] = jobs;
    }
    int code = verb_call(verb_find("sweep"), n, argv);
    free(results);
    free(known);
    free(jobs);
    return code;
}

/* The first word of a list, or mnli where it is among them: as large as any, and it separates rates well. */
static void print_task(FILE *out, const char *list)
{
    list += strspn(list, " ");
    fprintf(out, "task = %.*s\n", strstr(list, "mnli") ? 4 : (int)strcspn(list, " "),
            strstr(list, "mnli") ? "mnli" : list);
}

/* One task, one seed, every rung, half the length unless the experiment says how long: where to look, and no more. Its
 * runs see validation data alone. What else holds in all grids of the experiment holds here. */
static void write_pilot(const struct place *w)
{
    static const char *const own[] = {"lr",     "ladder",     "tune_",  "seeds",  "evals",
                                      "probes", "forgetting", "budget", "choose", "evaluate"};
    char *text = file_read(w->main, FILE_MOST, NULL), *rest = text, section[64] = "", budget[64] = "budget = 4096\n";
    bool defaults = false, task = false, steps = false;
    struct file_out out;
    file_begin(&out, w->pilot);
    fprintf(out.stream, "[experiment]\ntitle = Where the rates of %s lie\n\n[grid pilot]\nmethod = %s\n",
            w->method->title, w->method->name);
    for (char *line; (line = strsep(&rest, "\n"));) {
        bool other = defaults && *line && *line != ';';
        if (*line == '[') {
            snprintf(section, sizeof section, "%s", line);
            defaults = strcmp(line, "[defaults]") == 0;
            continue;
        }
        for (size_t i = 0; i < sizeof own / sizeof *own; i++)
            other &= strncmp(line, own[i], strlen(own[i])) != 0;
        if (strncmp(line, "budget =", 8) == 0 && strcmp(section, "[grid methods]") == 0)
            snprintf(budget, sizeof budget, "%s\n", line);
        steps |= other && strncmp(line, "steps", 5) == 0;
        if (other && strncmp(line, "task =", 6) == 0) {
            print_task(out.stream, line + 6);
            task = true;
        } else if (other)
            fprintf(out.stream, "%s\n", line);
    }
    fprintf(out.stream,
            "%s%s%sevals = 1\nprobes = 0\ntune_seeds = 0..0\nseeds = 100..100\nlr =", task ? "" : "task = mnli\n",
            steps ? "" : "steps = 200\n", w->method->no_rank ? "" : budget);
    for (int i = 0; i < RUNGS; i++)
        fprintf(out.stream, " %s", ladder[i]);
    fprintf(out.stream, "\n\n[report]\ntables = rates\n");
    file_commit(&out);
    free(text);
}

/* The rung that the pilot found best. */
static int best_rung(const struct place *w)
{
    struct session *session = session_open(w->results);
    struct experiment e;
    struct plan p;
    int best = -1;
    experiment_read(&e, w->pilot);
    plan_open(&p, session, &e);
    search_all(&p);
    for (int i = 0; i < RUNGS && p.choice[0].rate; i++)
        if (strtod(ladder[i], NULL) == strtod(p.choice[0].rate, NULL))
            best = i;
    plan_close(&p);
    experiment_free(&e);
    session_close(session);
    if (best < 0)
        die(EXIT_RUNS, "the pilot of %s has found no rate: `peftlab status %s` says why", w->method->name, w->pilot);
    return best;
}

/* The list of tables without those that need files beside the committed experiment. */
static void write_tables(FILE *out, const char *line)
{
    char *copy = mem_text("%s", line + strcspn(line, "=") + 1), *rest = copy;
    fprintf(out, "tables =");
    for (char *word; (word = strsep(&rest, " "));)
        if (*word && strcmp(word, "claims") != 0 && strcmp(word, "counts") != 0)
            fprintf(out, " %s", word);
    fputc('\n', out);
    free(copy);
}

/* How many rates a list has, at most those of the ladder. */
static int words_of(const char *list)
{
    int n = 0;
    for (list += strspn(list, " "); *list; list += strspn(list, " ")) {
        list += strcspn(list, " ");
        n++;
    }
    return n < RUNGS ? n : RUNGS;
}

/* The main experiment with one method more: in its grid, with as many rates as the others, around the pilot's. */
static void write_experiment(const struct place *w, int rung)
{
    const char *grid = w->method->no_rank ? "[grid references]" : "[grid methods]";
    char *text = file_read(w->main, FILE_MOST, NULL), *rest = text, section[64] = "";
    struct file_out out;
    bool placed = false, defaults = false;
    int window = 3; /* as many rates as the others have, the pilot's second among them where the ladder goes on */
    file_begin(&out, w->file);
    for (char *line; (line = strsep(&rest, "\n"));) {
        if (*line == '[')
            snprintf(section, sizeof section, "%s", line);
        defaults = strcmp(section, "[defaults]") == 0;
        if (defaults && strncmp(line, "lr =", 4) == 0)
            window = words_of(line + 4);
        if (strcmp(section, grid) == 0 && strncmp(line, "method =", 8) == 0) {
            int first = rung < 1 ? 0 : rung - 1 > RUNGS - window ? RUNGS - window : rung - 1;
            fprintf(out.stream, "%s %s\nlr.%s =", line, w->method->name, w->method->name);
            for (int i = first; i < first + window; i++)
                fprintf(out.stream, " %s", ladder[i]);
            fputc('\n', out.stream);
            placed = true;
        } else if (strcmp(section, "[report]") == 0 && strncmp(line, "tables =", 8) == 0)
            write_tables(out.stream, line);
        else
            fprintf(out.stream, "%s\n", line);
    }
    file_commit(&out);
    free(text);
    if (!placed)
        die(EXIT_USAGE, "%s has no %s with a line `method =`", w->main, grid);
}

/* Dies when the experiment has the method. */
static void check_new(const struct place *w)
{
    struct experiment e;
    experiment_read(&e, w->main);
    for (int i = 0; i < e.grids; i++)
        for (int k = 0; k < e.grid[i].settings; k++)
            for (int v = 0; strcmp(e.grid[i].setting[k].key, "method") == 0 && v < e.grid[i].setting[k].values; v++)
                if (strcmp(e.grid[i].setting[k].value[v], w->method->name) == 0)
                    die(EXIT_USAGE, "%s is in %s already", w->method->name, w->main);
    experiment_free(&e);
}

/* Tables, figures and page of all methods, and the new one's rows. */
static int show(const struct place *w)
{
    struct report page;
    struct csv_file score;
    FILE *quiet = fopen("/dev/null", "we");
    if (!quiet)
        die(EXIT_RESOURCE, "/dev/null cannot be opened");
    struct session *session = session_open(w->results);
    session_set_list(session, w->list);
    report_open(&page, w->folder, quiet);
    report_add(&page, session, w->file, 0, NULL);
    session_close(session);
    report_close(&page);
    fclose(quiet);
    char *path = mem_text("%s/tables/place-score.csv", w->folder);
    csv_file_read(&score, path);
    for (int i = 0; i < csv_file_rows(&score); i++) {
        const char *verdict = csv_file_text(&score, i, csv_file_column(&score, "verdict"));
        if (strcmp(csv_file_text(&score, i, csv_file_column(&score, "method")), w->method->title) != 0)
            continue;
        printf("%s %s: %.1f, to LoRA %+.1f [%+.1f, %+.1f]%s%s\n", w->method->name,
               csv_file_text(&score, i, csv_file_column(&score, "task")),
               100 * csv_file_number(&score, i, csv_file_column(&score, "mean")),
               100 * csv_file_number(&score, i, csv_file_column(&score, "difference")),
               100 * csv_file_number(&score, i, csv_file_column(&score, "difference_low")),
               100 * csv_file_number(&score, i, csv_file_column(&score, "difference_high")), *verdict ? ", " : "",
               verdict);
    }
    printf("%s/report.html\n", w->folder);
    csv_file_free(&score);
    free(path);
    return (int)page.code;
}

static int run(const struct words *words)
{
    struct place w = {.results = words_results(words), .words = words};
    char *list = program_file("results/reference/default/runs.csv"), *main = program_file("experiments/main.ini");
    nearest_method(words->word[0]);
    w.method = method_find(words->word[0]);
    w.list = words_text(words, "known", list ? list : "");
    w.main = mem_text("%s", words_text(words, "experiment", main ? main : "experiments/main.ini"));
    nearest_experiment(w.main);
    check_new(&w);
    w.folder = mem_text("%s/place/%s", w.results, w.method->name);
    w.pilot = mem_text("%s/pilot.ini", w.folder);
    w.file = mem_text("%s/place.ini", w.folder);
    folder_make(w.folder);
    write_pilot(&w);
    int code = sweep(&w, w.pilot, true);
    if (code == EXIT_OK) {
        write_experiment(&w, best_rung(&w));
        code = sweep(&w, w.file, false);
    }
    if (code == EXIT_OK)
        code = show(&w);
    free(w.main);
    free(w.folder);
    free(w.pilot);
    free(w.file);
    free(main);
    free(list);
    return code;
}

const struct verb verb_place = {
    .name = "place",
    .group = VERB_MAKE,
    .summary = "set a new method beside those of the committed main table",
    .usage = "METHOD",
    .least = 1,
    .most = 1,
    .help = "A pilot tries eight learning rates with one seed, to see near which of them the\n"
            "method works. Then the method's runs of the main experiment are made, about\n"
            "eighty; those of the other methods are taken from the committed list. Tables,\n"
            "figures and page of all methods go to RESULTS/place/METHOD. The same command\n"
            "goes on where it was stopped. The new method's times are of this machine, the\n"
            "others' of the machine of the list.",
    .example = "place mine",
    .stops = true,
    .options = {{"experiment", "FILE.ini", "another experiment than main.ini, with a [grid methods]"},
                {"known", "runs.csv", "another list than the committed one"},
                {"-j", "N", "make N runs at once; as many as there are processors unless given"},
                VERB_RESULTS},
    .run = run,
};

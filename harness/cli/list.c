/* peftlab list: what there is. */
#include "cli/verb.h"

#include "core/die.h"
#include "core/file.h"
#include "figure/figure.h"
#include "math/linalg.h"
#include "record/facts_json.h"
#include "record/index.h"
#include "table/kind.h"
#include "train/spec.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void print_options(const char *title, const struct option *table)
{
    char bounds[512];
    if (!table || !table->name)
        return;
    printf("%s\n", title);
    for (const struct option *o = table; o->name; o++) {
        option_bounds(o, bounds, sizeof bounds);
        printf("  %-18s %s; %s\n", o->name, o->help, bounds);
    }
}

static void list_options(void)
{
    char title[128];
    puts("Each is written key=value. Options of a method or a task may have method. or task. before them, and must "
         "where\n"
         "two tables share a name, as layers of the adapter and task.layers of planted.\n");
    print_options("training", train_options);
    print_options("adapter", adapter_options);
    print_options("task (all)", task_common_options);
    for (int i = 0; i < method_registry_size; i++) {
        snprintf(title, sizeof title, "method %s", method_registry[i]->name);
        print_options(title, method_registry[i]->options);
    }
    for (int i = 0; i < task_registry_size; i++) {
        snprintf(title, sizeof title, "task %s", task_registry[i]->name);
        print_options(title, task_registry[i]->options);
    }
}

/* Opens the index of a results folder. */
static void open_runs(struct index *x, const char *results)
{
    if (!file_is_folder(results))
        die(EXIT_DATA, "%s: there is no such folder", results);
    index_open(x, results);
}

/* A line for each run: the first 12 digits of the key, which name it to every verb, and what came out. */
static void list_runs(const char *results)
{
    struct index x;
    open_runs(&x, results);
    for (int i = 0; i < x.n; i++) {
        const struct facts *e = &x.entry[i];
        if (e->damaged)
            printf("%.12s  damaged (`peftlab verify` says how)\n", e->file);
        else
            printf("%.12s  %-14s %-10s lr=%-8.3g seed=%-5.0f score=%-8.4g %s\n", e->key, e->method, e->task, e->lr,
                   e->seed, isfinite(e->test_metric) ? e->test_metric : e->valid_metric,
                   e->collapsed == 1 ? "collapsed" : e->status);
    }
    index_close(&x);
}

/* The facts of runs.csv as JSON: an array of objects, on one line each. */
static void list_runs_json(const char *results)
{
    struct index x;
    open_runs(&x, results);
    printf("[");
    for (int i = 0, n = 0; i < x.n; i++) {
        const struct facts *e = &x.entry[i];
        if (e->damaged)
            continue;
        struct json *doc = json_new();
        facts_json(json_root(doc), e);
        char *line = json_line(doc);
        printf("%s\n%s", n++ ? "," : "", line);
        free(line);
        json_free(doc);
    }
    printf("\n]\n");
    index_close(&x);
}

/* What products are computed with; scripts take OPENBLAS_CORETYPE from here. */
static void list_machine(void)
{
    printf("core      %s\nthreads   %d\nconfig    %s\nprecision %s\n", blas_core(), blas_threads(), blas_config(),
           REAL_NAME);
}

/* The methods of the article first, by whose claims they are known. */
static void list_methods(bool sources)
{
    for (int article = 1; article >= 0; article--)
        for (int i = 0; i < method_registry_size; i++) {
            const struct method *m = method_registry[i];
            if ((m->claim != NULL) == article)
                printf(sources ? "%-10s %-36s %s\n" : "%-10s %s\n", m->name, m->equation, m->cite);
        }
}

static void list_tasks(void)
{
    for (int i = 0; i < task_registry_size; i++)
        printf("%-12s %s\n", task_registry[i]->name, task_registry[i]->title);
}

/* A kind of table or figure: its name, what it shows, and the keys that a section of it may hold besides `kind`. */
static void print_kind(const char *name, const char *title, const char *help, const char *shared, const char *keys)
{
    printf("%-12s %s\n             %s\n             keys: %s%s%s\n", name, title, help, shared, *keys ? " " : "", keys);
}

static void list_tables(void)
{
    for (int i = 0; i < table_registry_size; i++) {
        const struct table_kind *k = table_registry[i];
        print_kind(k->name, k->title, k->help, TABLE_KEYS, k->keys);
    }
}

static void list_figures(void)
{
    for (int i = 0; i < figure_registry_size; i++) {
        const struct figure_kind *k = figure_registry[i];
        print_kind(k->name, k->title, k->help, FIGURE_KEYS, k->keys);
    }
}

static int run(const struct words *w)
{
    const char *what = w->n ? w->word[0] : "methods";
    bool json = words_given(w, "--json"), runs = strcmp(what, "runs") == 0;
    if (words_given(w, "-l") && strcmp(what, "methods") != 0)
        die(EXIT_USAGE, "-l goes with `peftlab list methods`");
    if (json && !runs)
        die(EXIT_USAGE, "--json goes with `peftlab list runs`");
    if (runs)
        (json ? list_runs_json : list_runs)(words_results(w));
    else if (strcmp(what, "methods") == 0)
        list_methods(words_given(w, "-l"));
    else if (strcmp(what, "tasks") == 0)
        list_tasks();
    else if (strcmp(what, "options") == 0)
        list_options();
    else if (strcmp(what, "tables") == 0)
        list_tables();
    else if (strcmp(what, "figures") == 0)
        list_figures();
    else if (strcmp(what, "machine") == 0)
        list_machine();
    else
        die(EXIT_USAGE, "list has no \"%.40s\": it takes methods, tasks, runs, options, tables, figures or machine",
            what);
    return EXIT_OK;
}

const struct verb verb_list = {
    .name = "list",
    .group = VERB_LOOK,
    .summary = "list methods, tasks, runs, options, tables or figures",
    .usage = "[methods | tasks | runs | options | tables | figures | machine]",
    .most = 1,
    .help = "runs: key, method, task, rate, seed and score of every run that is there.\n"
            "tables, figures: kinds that an experiment may ask for, and the keys of each.\n"
            "machine: the kernels and the number type that products are computed with.",
    .example = "list methods\nlist runs --json",
    .options = {{"-l", NULL, "with methods: also where each was published"},
                {"--json", NULL, "with runs: an array of objects"},
                VERB_RESULTS},
    .run = run,
};

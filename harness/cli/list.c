/* peftlab list, count, check: what there is, what it costs, and whether it is what it says. */
#include "cli/verbs.h"

#include "check/golden.h"
#include "check/golden_text.h"
#include "check/laws.h"
#include "core/arena.h"
#include "core/die.h"
#include "core/file.h"
#include "math/linalg.h"
#include "train/spec.h"
#include "tune/budget.h"
#include "tune/shapes.h"
#include "tune/tuning.h"

#include <dirent.h>
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

static void list_runs(const char *results)
{
    char folder[1024];
    if (!file_is_folder(results))
        die(EXIT_DATA, "%s: there is no such folder", results);
    snprintf(folder, sizeof folder, "%s/runs", results);
    struct dirent **entries;
    int n = scandir(folder, &entries, NULL, alphasort);
    for (int i = 0; i < n; i++) {
        char *dot = strstr(entries[i]->d_name, ".h5");
        if (dot && dot[3] == '\0')
            printf("%.*s\n", (int)(dot - entries[i]->d_name), entries[i]->d_name);
        free(entries[i]);
    }
    if (n >= 0)
        free(entries);
}

/* What products are computed with; scripts take OPENBLAS_CORETYPE from here. */
static void list_machine(void)
{
    printf("core      %s\nthreads   %d\nconfig    %s\nprecision %s\n", blas_core(), blas_threads(), blas_config(),
           REAL_NAME);
}

int verb_list(int argc, char **argv)
{
    const char *results = take_results(&argc, argv), *what = argc ? argv[0] : "methods";
    if (argc > 1)
        die(EXIT_USAGE, "list takes one word, not \"%.40s\" too", argv[1]);
    if (strcmp(what, "methods") == 0)
        for (int i = 0; i < method_registry_size; i++)
            printf("%-12s %-36s %s\n", method_registry[i]->name, method_registry[i]->equation,
                   method_registry[i]->cite);
    else if (strcmp(what, "tasks") == 0)
        for (int i = 0; i < task_registry_size; i++)
            printf("%-12s %s\n", task_registry[i]->name, task_registry[i]->title);
    else if (strcmp(what, "options") == 0)
        list_options();
    else if (strcmp(what, "runs") == 0)
        list_runs(results);
    else if (strcmp(what, "machine") == 0)
        list_machine();
    else
        die(EXIT_USAGE, "list what? methods, tasks, runs, options or machine, not \"%.40s\"", what);
    return EXIT_OK;
}

/* Applies "key=value" words to a method's and the common options. */
static void *method_options(const struct method *m, struct adapter *common, int argc, char **argv)
{
    void *opts = mem_alloc(m->options_size);
    char key[64];
    option_defaults(adapter_options, common);
    option_defaults(m->options, opts);
    for (int i = 0; i < argc; i++) {
        const char *equals = strchr(argv[i], '=');
        if (!equals)
            die(EXIT_USAGE, "\"%.60s\" is not of the form key=value", argv[i]);
        snprintf(key, sizeof key, "%.*s", (int)(equals - argv[i]), argv[i]);
        const struct option *o = option_find(adapter_options, key);
        void *to = common;
        if (!o) {
            o = option_find(m->options, key);
            to = opts;
        }
        if (!o)
            die(EXIT_USAGE, "%s has no option \"%s\" (`peftlab list options`)", m->name, key);
        option_set(o, to, equals + 1);
    }
    return opts;
}

int verb_count(int argc, char **argv)
{
    const char *base = take_option(&argc, argv, "base", "bert-base");
    if (argc < 1)
        die(EXIT_USAGE, "count needs a method, for example: peftlab count lora base=gpt3 rank=16");
    const struct method *m = method_find(argv[0]);
    struct model_config config;
    if (!shape_find(base, &config)) {
        struct base b;
        base_open(&b, base, 1);
        config = b.config;
        base_close(&b);
    }
    struct adapter common;
    void *opts = method_options(m, &common, argc - 1, argv + 1);
    int extra = budget_solve(m, opts, &common, &config);
    struct counts c = budget_count(m, opts, &common, &config, extra);
    printf("%s on %s: rank %d%s", m->name, base, common.rank, extra ? "" : "\n");
    if (extra)
        printf(" (+1 on %d sites)\n", extra);
    printf("  trained %ld, in use at the end %ld, stored %ld (the task's head apart)\n", c.trained, c.active, c.stored);
    if (common.budget)
        printf("  budget %d, off by %+.2f %%\n", common.budget,
               100.0 * (double)(c.active - common.budget) / common.budget);
    free(opts);
    return EXIT_OK;
}

/* A golden file says itself whether it holds a method's numbers or sentences for a real base. */
static int check_golden(const char *path, const char *base, const char *results)
{
    int wrong;
    if (golden_is_text(path)) {
        struct base b;
        if (!*base)
            die(EXIT_USAGE, "%s holds sentences: say base=DIR, the model they were computed with", path);
        base_open(&b, base, 1);
        base_load(&b, results);
        wrong = golden_text_check(path, &b, stdout);
        base_close(&b);
    } else
        wrong = golden_check(path, stdout);
    printf("%s: %d disagree (%s)\n", path, wrong, REAL_NAME);
    return wrong ? EXIT_MISMATCH : EXIT_OK;
}

int verb_check(int argc, char **argv)
{
    if (argc >= 2 && strcmp(argv[0], "--golden") == 0) {
        const char *results = take_results(&argc, argv), *base = take_option(&argc, argv, "base", "");
        if (argc == 2)
            return check_golden(argv[1], base, results);
    }
    if (argc < 1 || strcmp(argv[0], "--golden") == 0)
        die(EXIT_USAGE, "check needs a method, or --golden FILE [base=DIR]");
    const struct method *m = method_find(argv[0]);
    struct adapter common;
    void *opts = method_options(m, &common, argc - 1, argv + 1);
    struct laws laws;
    int broken = laws_check(m, opts, &common, 0, &laws);
    laws_print(&laws, false, stdout);
    printf("%s: %d law%s broken (%s)\n", m->name, broken, broken == 1 ? "" : "s", REAL_NAME);
    free(opts);
    return broken ? EXIT_MISMATCH : EXIT_OK;
}

/* peftlab race: a method against LoRA at equal budget and equal tuning, in about two minutes. */
#include "cli/verb.h"

#include "base/base.h"
#include "core/arena.h"
#include "core/die.h"
#include "core/file.h"
#include "train/spec.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* The duel is an experiment like any other, so it is one: written, swept and reported. */
static char *write_experiment(const char *results, const char *method, const char *task, const char *budget)
{
    static const char *const rates = "1e-3 3e-3 1e-2 3e-2";
    char *path = mem_text("%s/race-%s-%s.ini", results, method, task);
    char *text = mem_text("[experiment]\n"
                          "title = %s against LoRA on %s\n"
                          "question = Is %s better than LoRA at the same budget and the same search?\n\n"
                          "[grid race]\n"
                          "method = lora %s\n"
                          "task = %s\n"
                          "budget = %s\n"
                          "steps = 200\n"
                          "evals = 1\n"
                          "probes = 0\n"
                          "lr = %s\n"
                          "ladder = 1e-4 3e-4 1e-3 3e-3 1e-2 3e-2 1e-1 3e-1\n"
                          "tune_seeds = 0..2\n"
                          "seeds = 100..109\n\n"
                          "[table score]\n"
                          "grids = race\n",
                          method, task, method, method, task, budget, rates);
    struct file_out f;
    file_begin(&f, path);
    file_write(&f, text, strlen(text));
    file_commit(&f);
    free(text);
    return path;
}

/* What a run would refuse, before the experiment is written. */
static void check_words(const char *method, const char *task, const char *budget)
{
    struct spec s;
    struct base b;
    char *words[] = {mem_text("method=%s", method), mem_text("task=%s", task), mem_text("budget=%s", budget)};
    spec_parse(&s, 3, (const char *const *)words);
    base_open(&b, s.train.base, s.train.base_seed);
    spec_resolve(&s, &b.config);
    base_close(&b);
    spec_free(&s);
    for (int i = 0; i < 3; i++)
        free(words[i]);
}

static int run(const struct words *w)
{
    const char *results = words_results(w), *method = w->word[0];
    const char *task = words_text(w, "task", "mnli"), *budget = words_text(w, "budget", "4096");
    if (strpbrk(method, "/=\n") || strpbrk(task, "/\n") || strpbrk(budget, "\n"))
        words_usage(w);
    check_words(method, task, budget);
    folder_make(results);
    char *path = write_experiment(results, method, task, budget), *folder = mem_text("results=%s", results);
    char *sweep[] = {path, folder, NULL}, *report[] = {path, folder, NULL};
    int code = verb_call(verb_find("sweep"), 2, sweep);
    if (code == EXIT_OK)
        code = verb_call(verb_find("report"), 2, report);
    char *table = mem_text("%s/tables/race-%s-%s-score.md", results, method, task);
    if (code == EXIT_OK && file_exists(table)) {
        size_t size;
        char *text = file_read(table, 1 << 20, &size);
        fwrite(text, 1, size, stdout);
        free(text);
    }
    free(table);
    free(folder);
    free(path);
    return code;
}

const struct verb verb_race = {
    .name = "race",
    .group = VERB_MAKE,
    .summary = "compare a method with LoRA: equal budget, equal search",
    .usage = "METHOD",
    .least = 1,
    .most = 1,
    .example = "race dora task=mnli budget=4096",
    .stops = true,
    .options = {{"task", "NAME", "mnli unless given"},
                {"budget", "N", "trained parameters of each; 4096 unless given"},
                VERB_RESULTS},
    .run = run,
};

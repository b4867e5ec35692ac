/* peftlab sample: what a task looks like to a person. */
#include "cli/verb.h"

#include "core/arena.h"
#include "core/die.h"
#include "data/bow.h"
#include "data/tokenizer.h"
#include "experiment/run_key.h"
#include "language/language.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void print_example(const struct task_env *env, const struct dataset *d, int i)
{
    if (env->names.n) { /* a file's own words for its classes */
        char *name = mem_text("%s", env->names.name[(int)d->label[i]]);
        plain_line(name);
        printf("%-4s ", name);
        free(name);
    } else
        printf("%-4g ", d->label[i]);
    const int start = d->start[i], cls = env->tokenizer ? env->tokenizer->role[SPECIAL_CLS] : d->ids[start];
    for (int k = start + (d->ids[start] == cls); k < d->start[i + 1]; k++) { /* [CLS] says nothing */
        const char *word = env->tokenizer ? vocab_word(env->tokenizer->vocab, d->ids[k]) : lang_word(d->ids[k]);
        bool last = k + 1 == d->start[i + 1];
        if (strcmp(word, "[SEP]") != 0)
            printf("%s ", word);
        else if (!last)
            printf("| ");
    }
    printf("%s%s%s\n", *d->note[i] ? "  (" : "", d->note[i], *d->note[i] ? ")" : "");
}

static void print_baselines(const struct spec *s, const struct task_env *env, int vocabulary,
                            const struct dataset splits[SPLITS])
{
    if (s->kind != TASK_CLASSES) {
        printf("%s has no classes: no bag-of-words baseline\n", s->task->name);
        return;
    }
    struct bow_result b = bow_baseline(splits, env->classes, vocabulary);
    printf("test accuracy of the majority class %.3f, of logistic regression on segment-tagged word counts %.3f\n",
           b.majority, b.test);
}

static int run(const struct words *w)
{
    int count = (int)words_number(w, "-n", 1, INT_MAX, 10);
    const char **a = mem_alloc((size_t)(w->n + 1) * sizeof *a);
    char task[300];
    snprintf(task, sizeof task, "task=%s", w->word[0]);
    a[0] = "method=head";
    a[1] = task;
    for (int i = 1; i < w->n; i++)
        a[i + 1] = w->word[i];
    struct spec s;
    struct session *session = session_open(words_results(w));
    const struct base *b = identity_check(session, &s, w->n + 1, a);
    const struct session_data data = session_data(session, &s, b);
    const struct task_env *env = data.env;
    const struct dataset *splits = data.splits;
    const struct dataset *d = &splits[splits[SPLIT_TRAIN].n > 0 ? SPLIT_TRAIN : SPLIT_TEST];
    for (int i = 0; i < count && i < d->n; i++)
        print_example(env, d, i);
    if (words_given(w, "--baseline"))
        print_baselines(&s, env, b->config.vocab, splits);
    spec_free(&s);
    session_close(session);
    free(a);
    return EXIT_OK;
}

const struct verb verb_sample = {
    .name = "sample",
    .group = VERB_LOOK,
    .summary = "print examples of a task, in words",
    .usage = "TASK [key=value ...]",
    .least = 1,
    .help = "key=value are options of the task (`peftlab list options`).",
    .example = "sample cola -n 20 difficulty=2 --baseline",
    .options = {{"-n", "N", "how many examples; 10 unless given"},
                {"--baseline", NULL, "also say what a bag of words reaches on the task"},
                VERB_RESULTS},
    .run = run,
};

/* Methods, settings, labels, metric, lengths, head and steps of a comparison: from words, and from a look at the data. */
#include "cli/choices.h"

#include "core/arena.h"
#include "core/csv_file.h"
#include "core/die.h"
#include "experiment/experiment.h"
#include "experiment/rates.h"
#include "experiment/run_key.h"
#include "tune/tuning.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SETTING_MOST = 180 };
enum { STEPS = 300, EPOCHS_LEAST = 3, EPOCHS_MOST = 10, BALANCED = 3 };

static void add(struct choices *w, char *setting)
{
    PUSH(w->c.setting, w->c.settings) = setting;
}

/* Unless a word says it. */
static void choose(struct choices *w, const char *key, const char *value)
{
    if (!comparison_given(&w->c, key))
        add(w, mem_text("%s=%s", key, value));
}

static bool takes_part(const struct choices *w, const struct method *m)
{
    for (int i = 0; i < w->c.methods; i++)
        if (w->c.method[i] == m)
            return true;
    return false;
}

/* KEY.METHOD is of a method that takes part; task.KEY and method.KEY are of tables. */
static void check_owner(const struct choices *w, const char *word)
{
    const size_t n = strcspn(word, "="), dot = strcspn(word, ".");
    if (dot >= n || strncmp(word, "task.", 5) == 0 || strncmp(word, "method.", 7) == 0)
        return;
    char *name = mem_text("%.*s", (int)(n - dot - 1), word + dot + 1);
    DEFER(free, name);
    if (!takes_part(w, method_find(name)))
        die(EXIT_USAGE, "%s: %s is not among the methods of this comparison (methods=)", word, name);
    if (strncmp(word, "seed.", 5) == 0)
        die(EXIT_USAGE, "%s: all methods have the same seeds: seeds=100..104", word);
}

static bool has_option(const struct option *table, const char *name)
{
    return table && option_find(table, name);
}

/* A word as a setting. What some of the methods alone know is narrowed to each of these, as KEY.METHOD; a word of the task
 * whose name is also a method's is task.KEY. */
static void add_word(struct choices *w, const struct task *task, const char *word)
{
    const size_t n = strcspn(word, "=");
    check_owner(w, word);
    char *key = mem_text("%.*s", (int)n, word);
    const bool common = strchr(key, '.') || has_option(train_options, key) || has_option(adapter_options, key),
               of_task = has_option(task_common_options, key) ||
                         (task && has_option(task->options, key)); /* an unknown one is refused later */
    int owners = 0;
    for (int i = 0; i < w->c.methods && !common; i++)
        if (has_option(w->c.method[i]->options, key)) {
            owners++;
            if (!of_task)
                add(w, mem_text("%s.%s%s", key, w->c.method[i]->name, word + n));
        }
    if (!owners || of_task)
        add(w, mem_text("%s%s", owners ? "task." : "", word));
    free(key);
}

/* The methods of the article, all, or a list; LoRA stands among them, as what the others are compared with. */
static void take_methods(struct choices *w, const char *list)
{
    bool all = strcmp(list, "all") == 0, article = strcmp(list, "article") == 0;
    if (all || article) {
        static const char *const first[] = {"head", "full", "lora"};
        for (int i = 0; i < 3; i++)
            PUSH(w->c.method, w->c.methods) = method_find(first[i]);
        for (int i = 0; i < method_registry_size; i++) {
            const struct method *m = method_registry[i];
            bool there = strcmp(m->name, "head") == 0 || strcmp(m->name, "full") == 0 || strcmp(m->name, "lora") == 0;
            if (!there && (all || m->claim))
                PUSH(w->c.method, w->c.methods) = m;
        }
        return;
    }
    PUSH(w->c.method, w->c.methods) = method_find("lora");
    char *words = mem_text("%s", list), *rest = words;
    for (const char *word; (word = strsep(&rest, ", "));) {
        const struct method *m = *word ? method_find(word) : w->c.method[0];
        if (!takes_part(w, m))
            PUSH(w->c.method, w->c.methods) = m;
    }
    free(words);
}

/* What an experiment would refuse in lines that nobody wrote, and what a comparison decides itself. */
static void refuse_word(const struct words *words, int at)
{
    const char *word = words->word[at];
    const size_t key = strcspn(word, "=");
    if (strncmp(word, "seed=", 5) == 0)
        die(EXIT_USAGE, "%s: a comparison has several seeds: seeds=100..104", word);
    int first, last;
    if (strncmp(word, "seeds=", 6) == 0 && option_range(word + 6, &first, &last) && last - first < 2)
        die(EXIT_USAGE, "%s: seeds=0..4 are five of them; a comparison needs three at least", word);
    if (strncmp(word, "evaluate=", 9) == 0)
        die(EXIT_USAGE, "%s: a comparison searches on validation and reports on test, so it is not said", word);
    if (strchr(word, '"') && strchr(word, '\''))
        die(EXIT_USAGE,
            "%s: a value with both kinds of quotes cannot stand in an experiment's file; a column has a place, too (0, "
            "1, ...)",
            word);
    for (int i = 0; i < at; i++)
        if (strncmp(words->word[i], word, key + 1) == 0)
            die(EXIT_USAGE, "%.*s is given twice: %s and %s", (int)key, word, words->word[i], word);
    if (strlen(word) > SETTING_MOST)
        die(EXIT_USAGE,
            "%.*s: %zu characters are more than the %d that a line of an experiment has room for; go into the folder, "
            "or "
            "link the file to a shorter path",
            (int)key, word, strlen(word), SETTING_MOST);
}

/* key=value words; a task follows from what is given: file= is a table, member= one of GLUE. */
static void take_settings(struct choices *w, const struct words *words)
{
    const struct comparison said = {.setting = words->word, .settings = words->n};
    const char *task = comparison_given(&said, "task");
    const bool follows = !task;
    if (follows)
        task = comparison_given(&said, "file")                                        ? "table"
               : comparison_given(&said, "member") || comparison_given(&said, "data") ? "glue"
                                                                                      : NULL;
    for (int i = 0; i < words->n; i++) {
        if (strncmp(words->word[i], "method=", 7) == 0)
            die(EXIT_USAGE, "%s: a comparison has several: methods=%s", words->word[i], words->word[i] + 7);
        if (!word_is_setting(words->word[i]) || strchr(words->word[i], '\n'))
            words_usage(words);
        refuse_word(words, i);
    }
    if (!task)
        die(EXIT_USAGE,
            "compare needs data: file=TABLE text=COLUMN label=COLUMN, or data=DIR member=rte, or task=mnli");
    w->task = task_find(task);
    for (int i = 0; i < words->n; i++)
        if (strcmp(words->word[i], "pair=") != 0 && strcmp(words->word[i], "valid=") != 0 &&
            strcmp(words->word[i], "test=") != 0) /* none */
            add_word(w, w->task, words->word[i]);
    if (follows)
        add(w, mem_text("task=%s", task));
    const char *steps = comparison_given(&w->c, "steps"), *epochs = comparison_given(&w->c, "epochs");
    if (steps && epochs && atoi(epochs) > 0)
        die(EXIT_USAGE, "steps=%s and epochs=%s: with epochs= the steps follow from the data, so give one of the two",
            steps, epochs);
}

/* The words of a run of a method with these settings, for free(); a grid's own keys are left out. `also`, unless it is NULL, is
 * one more, in the place of a setting with the same key. */
static struct identity_words {
    const char **word;
    char **made;
    int n;
} run_words(const struct choices *w, const struct method *m, const char *also)
{
    static const char *const grids[] = {"lr", "ladder", "seeds", "tune_seeds", "tune_evals"};
    struct identity_words r = {mem_alloc((size_t)(w->c.settings + 2) * sizeof(char *)),
                               mem_alloc((size_t)(w->c.settings + 2) * sizeof(char *)), 0};
    r.made[r.n++] = mem_text("method=%s", m->name);
    for (int i = 0; i < w->c.settings; i++) {
        const char *s = w->c.setting[i];
        size_t key = strcspn(s, "="), dot = strcspn(s, ".");
        bool grid = false, narrow = dot < key && strncmp(s, "task.", 5) != 0 && strncmp(s, "method.", 7) != 0;
        for (size_t k = 0; k < sizeof grids / sizeof *grids; k++)
            grid |= strncmp(s, grids[k], strlen(grids[k])) == 0 && strchr("=.", s[strlen(grids[k])]);
        const bool replaced = also && strncmp(s, also, strcspn(also, "=") + 1) == 0;
        if (grid || replaced ||
            (narrow && (strlen(m->name) != key - dot - 1 || strncmp(s + dot + 1, m->name, key - dot - 1) != 0)))
            continue;
        r.made[r.n++] = narrow ? mem_text("%.*s%s", (int)dot, s, s + key) : mem_text("%s", s);
    }
    if (also)
        r.made[r.n++] = mem_text("%s", also);
    memcpy(r.word, r.made, (size_t)r.n * sizeof *r.word);
    return r;
}

static void run_words_free(struct identity_words *r)
{
    for (int i = 0; i < r->n; i++)
        free(r->made[i]);
    free(r->made);
    free(r->word);
}

/* What runs would refuse, before anything is written. With methods=all a method that refuses is left out, and said. */
static void check_runs(struct choices *w, bool all)
{
    int kept = 0;
    for (int i = 0; i < w->c.methods; i++) {
        struct identity_words r = run_words(w, w->c.method[i], NULL);
        struct spec s;
        struct trap t;
        if (!trap_set(&t)) {
            const struct base *b = identity_check(w->session, &s, r.n, r.word);
            const struct architecture *arch = config_architecture(&b->config);
            w->pooler = b->recipe == NULL && arch->head.dense && !arch->head.trains;
            w->c.d = b->config.d;
            spec_free(&s);
            w->c.method[kept++] = w->c.method[i];
        } else if (!all)
            die(t.code, "%s", t.text);
        else
            warn("%s is left out: %s", w->c.method[i]->name, t.text);
        trap_end(&t);
        run_words_free(&r);
    }
    w->c.methods = kept;
}

/* The data at their full length, and a hash of them. */
static void look(struct choices *w, const char *also, char hash[HASH_HEX])
{
    struct identity_words r = run_words(w, w->c.method[0], also);
    struct spec s;
    DEFER(run_words_free, &r);
    const struct base *b = identity_check(w->session, &s, r.n, r.word);
    DEFER(spec_free, &s);
    struct session_data d = session_data(w->session, &s, b);
    survey_make(&w->data, d.splits, &d.env->names, s.kind == TASK_CLASSES ? d.env->classes : 0);
    w->effective = survey_effective(&d.splits[SPLIT_TEST], w->data.classes, s.metric);
    w->guess = survey_guess(&d.splits[SPLIT_TEST], w->data.classes, s.metric);
    w->c.second = s.second != METRIC_NONE;
    snprintf(hash, HASH_HEX, "%s", d.hash);
}

/* Whether labels are classes or scores. */
static void choose_labels(struct choices *w, const char *also, char hash[HASH_HEX])
{
    char crowd[512] = ""; /* what was said of too many classes, should they be no scores either */
    struct trap t;
    if (!trap_set(&t))
        look(w, also, hash);
    else if (strstr(t.text, ": if they are scores")) {
        snprintf(crowd, sizeof crowd, "%s", t.text);
        w->data.numbers = true;
    } else
        die(t.code, "%s", t.text);
    trap_end(&t);
    if (!w->data.numbers)
        return;
    add(w, mem_text("labels=score"));
    if (!*crowd)
        return;
    if (!trap_set(&t))
        look(w, also, hash);
    else
        die(EXIT_DATA, "%s", crowd);
    trap_end(&t);
}

/* Rank, unless a budget decides, and the head's own rate, but for the head alone, whose lr it is. */
static void choose_size(struct choices *w)
{
    char rate[16];
    const bool rank = comparison_given(&w->c, "rank") || comparison_given(&w->c, "budget"),
               head = comparison_given(&w->c, "head_rate") || comparison_given(&w->c, "head_lr");
    rates_text(rates_head_rung(w->c.d), rate);
    if (!rank)
        choose(w, "rank", "8");
    if (!head)
        choose(w, "head_rate", rate);
    for (int i = 0; i < w->c.methods; i++) {
        const struct method *m = w->c.method[i];
        char *narrow = mem_text("rank.%s", m->name);
        if (!rank && m->rank_free) /* two vectors a layer: at rank 8 next to nothing */
            choose(w, narrow, "256");
        if (!head && strcmp(m->name, "head") == 0)
            choose(w, "head_rate.head", "0");
        free(narrow);
    }
}

/* Labels, metric, length of texts, head and size, where no word says them. */
static void choose_all(struct choices *w, char hash[HASH_HEX])
{
    const bool table = strcmp(w->task->name, "table") == 0, files = w->task->load != NULL;
    char *full = files ? mem_text("max_len=%d", EXAMPLE_TOKENS) : NULL, length[16];
    session_hush(w->session, files); /* what is worth saying is said of the data as they will be used */
    if (table && !comparison_given(&w->c, "labels") && !comparison_given(&w->c, "metric"))
        choose_labels(w, full, hash);
    look(w, full, hash);
    session_hush(w->session, false);
    free(full);
    const struct survey *v = &w->data;
    const int tokens = v->tokens, longest = v->longest; /* before max_len cuts them */
    snprintf(length, sizeof length, "%d", tokens < 16 ? 16 : (tokens + 7) / 8 * 8);
    if (files)
        choose(w, "max_len", length);
    if (table && v->classes && v->most > BALANCED * v->least)
        choose(w, "metric", "macro_f1");
    if (w->pooler)
        choose(w, "head", "pooler");
    choose_size(w);
    choose(w, "evals", "1");
    choose(w, "evaluate", "test-only");
    choose(w, "probes", "0");
    look(w, NULL, hash); /* as they will be used */
    w->data.tokens = tokens;
    w->data.longest = longest;
}

/* epochs=N in steps, else as many epochs as make STEPS, at least three and at most ten. */
static void choose_steps(struct choices *w)
{
    const char *batch = comparison_given(&w->c, "batch"), *epochs = comparison_given(&w->c, "epochs");
    const int size = batch ? atoi(batch) : 32;
    const long once = (w->data.rows[SPLIT_TRAIN] + size - 1L) / size; /* 0: inputs are drawn without end */
    long passes = once ? STEPS / once : 0;
    passes = passes < EPOCHS_LEAST ? EPOCHS_LEAST : passes > EPOCHS_MOST ? EPOCHS_MOST : passes;
    w->c.steps = once ? (int)(passes * once) : STEPS;
    if (!epochs || atoi(epochs) == 0 || !once) /* 0: steps decides */
        return;
    char *steps = mem_text("steps=%ld", atoi(epochs) * once);
    for (int i = 0; i < w->c.settings; i++)
        if (strncmp(w->c.setting[i], "epochs=", 7) == 0) {
            free(w->c.setting[i]);
            w->c.setting[i] = steps;
        }
}

void choices_open(struct choices *w, const struct words *words, char hash[HASH_HEX])
{
    const char *methods = words_text(words, "methods", "article");
    *w = (struct choices){.c = {.id = "methods"}};
    take_methods(w, methods);
    take_settings(w, words);
    w->given = w->c.settings;
    w->session = session_open(words_results(words));
    check_runs(w, strcmp(methods, "all") == 0);
    choose_all(w, hash);
    choose_steps(w);
    const char *member = comparison_given(&w->c, "member"), *file = comparison_given(&w->c, "file");
    task_called(w->task->name, member ? member : "", file ? file : "", w->name);
    w->c.on = w->name;
}

void choices_close(struct choices *w)
{
    session_close(w->session);
    for (int i = 0; i < w->c.settings; i++)
        free(w->c.setting[i]);
    free(w->c.setting);
    free(w->c.method);
}

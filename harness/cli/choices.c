/* Methods, settings, labels, metric, lengths, head and steps of a comparison: from words, and from a look at the data. */
#include "cli/choices.h"

#include "core/arena.h"
#include "core/csv_file.h"
#include "core/die.h"
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

/* The first of the methods that alone has this option; NULL when it is one that all runs have. */
static const struct method *owner(const struct choices *w, const char *setting)
{
    char key[OPTION_TEXT];
    snprintf(key, sizeof key, "%.*s", (int)strcspn(setting, "=."), setting);
    if (option_find(train_options, key) || option_find(adapter_options, key))
        return NULL;
    for (int i = 0; i < w->c.methods; i++)
        if (w->c.method[i]->options && option_find(w->c.method[i]->options, key))
            return w->c.method[i];
    return NULL;
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
        bool there = false;
        for (int i = 0; i < w->c.methods; i++)
            there |= w->c.method[i] == m;
        if (!there)
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
    if (strncmp(word, "evaluate=", 9) == 0)
        die(EXIT_USAGE, "%s: a comparison searches on validation and reports on test, so it is not said", word);
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
    for (int i = 0; i < words->n; i++) {
        if (!word_is_setting(words->word[i]) || strchr(words->word[i], '\n') ||
            strncmp(words->word[i], "method=", 7) == 0)
            words_usage(words);
        const struct method *m =
            strcspn(words->word[i], ".") > strcspn(words->word[i], "=") ? owner(w, words->word[i]) : NULL;
        size_t key = strcspn(words->word[i], "=");
        refuse_word(words, i);
        if (strcmp(words->word[i], "pair=") == 0) /* none */
            continue;
        add(w, m ? mem_text("%.*s.%s%s", (int)key, words->word[i], m->name, words->word[i] + key)
                 : mem_text("%s", words->word[i]));
    }
    if (!comparison_given(&w->c, "task"))
        add(w, mem_text("task=%s", comparison_given(&w->c, "file")                                        ? "table"
                                   : comparison_given(&w->c, "member") || comparison_given(&w->c, "data") ? "glue"
                                                                                                          : ""));
    if (!*comparison_given(&w->c, "task"))
        die(EXIT_USAGE,
            "compare needs data: file=TABLE text=COLUMN label=COLUMN, or data=DIR member=rte, or task=mnli");
}

/* The words of a run of a method with these settings, `also` among them, for free(); a grid's own keys are left out. */
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
        if (grid || (narrow && (strlen(m->name) != key - dot - 1 || strncmp(s + dot + 1, m->name, key - dot - 1) != 0)))
            continue;
        r.made[r.n++] = narrow ? mem_text("%.*s%s", (int)dot, s, s + key) : mem_text("%s", s);
    }
    if (also)
        r.made[r.n++] = mem_text("%s", also);
    memcpy(r.word, r.made, (size_t)r.n * sizeof *r.word);
    return r;
}

static void words_free(struct identity_words *r)
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
        words_free(&r);
    }
    w->c.methods = kept;
}

/* The data at their full length, and a hash of them. */
static void look(struct choices *w, const char *also, char hash[HASH_HEX])
{
    struct identity_words r = run_words(w, w->c.method[0], also);
    struct spec s;
    DEFER(words_free, &r);
    const struct base *b = identity_check(w->session, &s, r.n, r.word);
    DEFER(spec_free, &s);
    struct session_data d = session_data(w->session, &s, b);
    survey_make(&w->data, d.splits, &d.env->names, s.kind == TASK_CLASSES ? d.env->classes : 0);
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

/* Labels, metric, length of texts, head and steps, where no word says them. */
static void choose(struct choices *w, char hash[HASH_HEX])
{
    bool table = strcmp(comparison_given(&w->c, "task"), "table") == 0,
         load = table || comparison_given(&w->c, "member");
    bool length = load && !comparison_given(&w->c, "max_len");
    char *also = length ? mem_text("max_len=%d", EXAMPLE_TOKENS) : NULL;
    session_hush(w->session, length); /* what is worth saying is said of the data as they will be used */
    if (table && !comparison_given(&w->c, "labels") && !comparison_given(&w->c, "metric"))
        choose_labels(w, also, hash);
    look(w, also, hash);
    session_hush(w->session, false);
    free(also);
    const struct survey *v = &w->data;
    if (length)
        add(w, mem_text("max_len=%d", v->tokens < 16 ? 16 : (v->tokens + 7) / 8 * 8));
    if (table && v->classes && v->most > BALANCED * v->least && !comparison_given(&w->c, "metric"))
        add(w, mem_text("metric=macro_f1"));
    if (w->pooler && !comparison_given(&w->c, "head"))
        add(w, mem_text("head=pooler"));
    if (!comparison_given(&w->c, "rank") && !comparison_given(&w->c, "budget")) {
        add(w, mem_text("rank=8"));
        for (int i = 0; i < w->c.methods; i++)
            if (w->c.method[i]->rank_free) /* two vectors a layer: at rank 8 next to nothing */
                add(w, mem_text("rank.%s=256", w->c.method[i]->name));
    }
    if (!comparison_given(&w->c, "head_rate") && !comparison_given(&w->c, "head_lr")) {
        char rate[16]; /* the head's own, but for the head alone, whose lr it is */
        rates_text(rates_head_rung(w->c.d), rate);
        add(w, mem_text("head_rate=%s", rate));
        for (int i = 0; i < w->c.methods; i++)
            if (strcmp(w->c.method[i]->name, "head") == 0)
                add(w, mem_text("head_rate.head=0"));
    }
    static const char *const measured[] = {"evals", "evaluate", "probes"}, *const how[] = {"1", "test-only", "0"};
    for (int i = 0; i < 3; i++)
        if (!comparison_given(&w->c, measured[i]))
            add(w, mem_text("%s=%s", measured[i], how[i]));
    const int tokens = v->tokens, longest = v->longest; /* before max_len cuts them */
    look(w, NULL, hash);                                /* as they will be used */
    w->data.tokens = tokens;
    w->data.longest = longest;
}

/* epochs=N in steps, else as many epochs as make STEPS, at least three and at most ten. */
static void choose_steps(struct choices *w)
{
    const char *batch = comparison_given(&w->c, "batch"), *epochs = comparison_given(&w->c, "epochs");
    int size = batch ? atoi(batch) : 32, once = (w->data.rows[SPLIT_TRAIN] + size - 1) / size, passes = STEPS / once;
    passes = passes < EPOCHS_LEAST ? EPOCHS_LEAST : passes > EPOCHS_MOST ? EPOCHS_MOST : passes;
    w->c.steps = passes * once;
    if (!epochs || atoi(epochs) == 0) /* 0: steps decides */
        return;
    char *steps = mem_text("steps=%d", atoi(epochs) * once);
    for (int i = 0; i < w->c.settings; i++)
        if (strncmp(w->c.setting[i], "epochs=", 7) == 0) {
            free(w->c.setting[i]);
            w->c.setting[i] = steps;
        }
}

const char *choices_name(const struct choices *w)
{
    const char *file = comparison_given(&w->c, "file"), *member = comparison_given(&w->c, "member");
    if (!file)
        return member ? member : comparison_given(&w->c, "task");
    return strrchr(file, '/') ? strrchr(file, '/') + 1 : file;
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
    choose(w, hash);
    choose_steps(w);
    w->c.on = choices_name(w);
}

void choices_close(struct choices *w)
{
    session_close(w->session);
    for (int i = 0; i < w->c.settings; i++)
        free(w->c.setting[i]);
    free(w->c.setting);
    free(w->c.method);
}

/* peftlab compare: which method for these data, in the time that there is, from a table to a sentence. */
#include "cli/verb.h"

#include "analysis/advice.h"
#include "analysis/verdict.h"
#include "analysis/words.h"
#include "core/arena.h"
#include "core/content.h"
#include "core/csv_file.h"
#include "core/die.h"
#include "core/file.h"
#include "core/order.h"
#include "core/progress.h"
#include "data/survey.h"
#include "experiment/identity.h"
#include "experiment/protocol.h"
#include "experiment/rates.h"
#include "report/report.h"
#include "tune/tuning.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MINUTES = 30, JOBS_MAX = 512, STEPS = 300, EPOCHS_LEAST = 3, EPOCHS_MOST = 10, BALANCED = 3 };

/* A comparison on its way from words to a page. */
struct work {
    const char *results;
    struct session *session;
    struct comparison c;
    struct survey data;
    bool real;   /* the base reads real text */
    bool pooler; /* and has a pretrained pooler, which may train */
    int minutes, jobs;
    char *folder, *file; /* of its own: experiment, tables, page */
};

static void add(struct work *w, char *setting)
{
    PUSH(w->c.setting, w->c.settings) = setting;
}

/* The first of the methods that alone has this option; NULL when it is one that all runs have. */
static const struct method *owner(const struct work *w, const char *setting)
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
static void take_methods(struct work *w, const char *list)
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

/* key=value words; a task follows from what is given: file= is a table, member= one of GLUE. */
static void take_settings(struct work *w, const struct words *words)
{
    for (int i = 0; i < words->n; i++) {
        if (!word_is_setting(words->word[i]) || strchr(words->word[i], '\n') ||
            strncmp(words->word[i], "method=", 7) == 0)
            words_usage(words);
        const struct method *m =
            strcspn(words->word[i], ".") > strcspn(words->word[i], "=") ? owner(w, words->word[i]) : NULL;
        size_t key = strcspn(words->word[i], "=");
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
} run_words(const struct work *w, const struct method *m, const char *also)
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
static void check_runs(struct work *w, bool all)
{
    int kept = 0;
    for (int i = 0; i < w->c.methods; i++) {
        struct identity_words r = run_words(w, w->c.method[i], NULL);
        struct spec s;
        struct trap t;
        if (!trap_set(&t)) {
            const struct base *b = identity_check(w->session, &s, r.n, r.word);
            const struct architecture *arch = config_architecture(&b->config);
            w->real = b->recipe == NULL;
            w->pooler = w->real && arch->head.dense && !arch->head.trains;
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
static void look(struct work *w, const char *also, char hash[HASH_HEX])
{
    struct identity_words r = run_words(w, w->c.method[0], also);
    struct spec s;
    DEFER(words_free, &r);
    const struct base *b = identity_check(w->session, &s, r.n, r.word);
    DEFER(spec_free, &s);
    struct session_data d = session_data(w->session, &s, b);
    survey_make(&w->data, d.splits, &d.env->names, s.kind == TASK_CLASSES ? d.env->classes : 0);
    w->c.second = s.second != METRIC_NONE;
    snprintf(hash, HASH_HEX, "%s", d.hash);
}

/* Labels, metric, length of texts, head and steps, where no word says them. */
static void choose(struct work *w, char hash[HASH_HEX])
{
    bool table = strcmp(comparison_given(&w->c, "task"), "table") == 0,
         load = table || comparison_given(&w->c, "member");
    bool length = load && !comparison_given(&w->c, "max_len");
    char *also = length ? mem_text("max_len=%d", EXAMPLE_TOKENS) : NULL;
    if (table && !comparison_given(&w->c, "labels")) {
        struct trap t;
        if (!trap_set(&t))
            look(w, also, hash);
        else if (!strstr(t.text, "different labels: if they are scores"))
            die(t.code, "%s", t.text);
        else
            w->data.numbers = true;
        trap_end(&t);
        if (w->data.numbers)
            add(w, mem_text("labels=score"));
    }
    look(w, also, hash);
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
}

/* epochs=N in steps, else as many epochs as make STEPS, at least three and at most ten. */
static void choose_steps(struct work *w)
{
    const char *batch = comparison_given(&w->c, "batch"), *epochs = comparison_given(&w->c, "epochs");
    int size = batch ? atoi(batch) : 32, once = (w->data.rows[SPLIT_TRAIN] + size - 1) / size, passes = STEPS / once;
    passes = passes < EPOCHS_LEAST ? EPOCHS_LEAST : passes > EPOCHS_MOST ? EPOCHS_MOST : passes;
    w->c.steps = passes * once;
    if (!epochs)
        return;
    char *steps = mem_text("steps=%d", atoi(epochs) * once);
    for (int i = 0; i < w->c.settings; i++)
        if (strncmp(w->c.setting[i], "epochs=", 7) == 0) {
            free(w->c.setting[i]);
            w->c.setting[i] = steps;
        }
}

/* What the data are called: "reviews.csv", "rte", "mnli". */
static const char *name_of(const struct work *w)
{
    const char *file = comparison_given(&w->c, "file"), *member = comparison_given(&w->c, "member");
    if (!file)
        return member ? member : comparison_given(&w->c, "task");
    return strrchr(file, '/') ? strrchr(file, '/') + 1 : file;
}

/* <results>/compare/reviews-1a2b3c4d: other words or other data, another folder. */
static void name_folder(struct work *w, const char *data_hash)
{
    struct hash h;
    char hex[HASH_HEX], stem[40];
    char **word = mem_alloc((size_t)(w->c.settings + 1) * sizeof *word);
    memcpy(word, w->c.setting, (size_t)w->c.settings * sizeof *word);
    qsort(word, (size_t)w->c.settings, sizeof *word, order_text);
    hash_open(&h);
    for (int i = 0; i < w->c.settings; i++)
        hash_add(&h, word[i], strlen(word[i]) + 1);
    for (int i = 0; i < w->c.methods; i++)
        hash_add(&h, w->c.method[i]->name, strlen(w->c.method[i]->name) + 1);
    hash_add(&h, &w->minutes, sizeof w->minutes);
    hash_add(&h, data_hash, HASH_HEX);
    hash_close(&h, hex);
    free(word);
    const char *name = name_of(w);
    size_t n = strcspn(name, ".");
    snprintf(stem, sizeof stem, "%.*s", (int)(n ? n : strlen(name)), name);
    for (char *c = stem; *c; c++)
        *c = strchr("/ \t\"'\\", *c) ? '_' : *c;
    w->folder = mem_text("%s/compare/%s-%.8s", w->results, stem, hex);
    w->file = mem_text("%s/compare.ini", w->folder);
}

/* What is known of the data and what was chosen: printed, and the first lines of the experiment. */
static char *describe(const struct work *w, const struct protocol *p)
{
    const struct survey *v = &w->data;
    char *text = NULL, spent[32];
    size_t size;
    FILE *f = open_memstream(&text, &size);
    if (!f)
        die(EXIT_RESOURCE, "no memory for a few lines");
    fprintf(f, "%s: %d training, %d validation, %d test rows", name_of(w), v->rows[SPLIT_TRAIN], v->rows[SPLIT_VALID],
            v->rows[SPLIT_TEST]);
    if (v->classes)
        fprintf(f, ", %d classes of %d to %d rows", v->classes, v->least, v->most);
    fprintf(f, "; 99 %% have at most %d tokens, the longest %d\n", v->tokens, v->longest);
    if (v->repeated || v->leaked)
        fprintf(f, "%d training rows repeat an earlier one; %d test rows stand in training, too\n", v->repeated,
                v->leaked);
    const char *steps = comparison_given(&w->c, "steps"), *batch = comparison_given(&w->c, "batch");
    int made = steps ? atoi(steps) : (int)ceil(p->length * w->c.steps), of = batch ? atoi(batch) : 32;
    fprintf(f, "%d methods, %d steps of %d rows (%.3g epochs)", w->c.methods, made, of,
            (double)made * of / v->rows[SPLIT_TRAIN]);
    if (p->tune_seeds && p->rates > 1)
        fprintf(f, "; %d rates each, tried with %d seed%s on validation", p->rates, p->tune_seeds,
                p->tune_seeds > 1 ? "s" : "");
    else
        fprintf(f, "; no search: each at the rate that other data taught");
    fprintf(f, "; %d seeds on test\n", p->seeds);
    if (p->length < 1 && !steps)
        fprintf(f, "too short for the usual %d steps: what needs longer training looks worse here than it is\n",
                w->c.steps);
    fprintf(f, "at most about %s with %d jobs on an idle machine\n", duration_text(p->seconds, spent, sizeof spent),
            w->jobs);
    fclose(f);
    return text;
}

/* Writes the experiment, unless an earlier start did: then that goes on. Returns whether there is time for it. */
static void plan_work(struct work *w, bool dry)
{
    struct protocol p;
    char *trial = mem_text("%s/trial.ini", w->folder);
    bool resumed = file_exists(w->file);
    folder_make(w->folder);
    if (resumed) {
        char *text = file_read(w->file, 1 << 20, NULL);
        for (const char *line = text; *line == ';'; line += strcspn(line, "\n") + 1)
            printf("%.*s\n", (int)strcspn(line, "\n") - 2, line + 2);
        free(text);
    } else {
        protocol_fit(&p, &w->c, w->session, 60.0 * w->minutes, w->jobs, trial);
        char *text = describe(w, &p), *note = NULL;
        fputs(text, stdout);
        size_t size;
        FILE *f = open_memstream(&note, &size);
        if (!f)
            die(EXIT_RESOURCE, "no memory for a few lines");
        for (const char *line = text; *line; line += strcspn(line, "\n") + 1)
            fprintf(f, "; %.*s\n", (int)strcspn(line, "\n"), line);
        fclose(f);
        if (p.seconds > 60.0 * w->minutes)
            die(EXIT_USAGE,
                "minutes=%d are not enough: give minutes=%.0f, or fewer methods=, or less steps=", w->minutes,
                ceil(p.seconds / 60));
        if (!dry)
            protocol_write(&p, &w->c, note, w->file);
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
    printf("\n%-22s %6s  %-22s %-11s %8s %9s %8s %10s %7s\n", "method", "score", "against LoRA", "verdict", "rate",
           "ms/step", "MiB", "numbers", "failed");
    for (int i = 0; i < g->n; i++) {
        const struct group *one = &g->group[i];
        const struct contrast *c = &line[i].contrast;
        char against[64] = "";
        int at = 0;
        while (at + 1 < one->n && !one->run[at]->ok)
            at++;
        if (isfinite(c->low))
            snprintf(against, sizeof against, "%s %s", points_text(c->difference), range_text(c->low, c->high, true));
        printf("%-22s %6s  %-22s %-11s %8s %9.2f %8.1f %10s %7d\n", one->label, percent_text(line[i].mean), against,
               verdict_names[line[i].verdict], rate_text(one->run[at]->lr), group_median(one, FACT_step_ms),
               group_median(one, FACT_peak_bytes) / (1 << 20), count_text(group_mean(one, FACT_parameters_active)),
               line[i].failed < 0 ? one->n - one->ok : line[i].failed);
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
    plan_open(&p, w->session, &e);
    plan_search(&p);
    plan_extend(&p);
    plan_report(&p);
    results_read(&rows, &p);
    groups_make(&g, &rows, NULL);
    print_rows(&g);
    char *text = advice_make(&g);
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
    report_add(&page, w->session, w->file, 0, NULL);
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
    struct work w = {.results = words_results(words), .c = {.id = "methods"}};
    char hash[HASH_HEX];
    const char *methods = words_text(words, "methods", "article");
    w.jobs = (int)words_number(words, "-j", 1, JOBS_MAX, sysconf(_SC_NPROCESSORS_ONLN));
    w.minutes = (int)words_number(words, "minutes", 1, 100000, MINUTES);
    take_methods(&w, methods);
    take_settings(&w, words);
    w.session = session_open(w.results);
    check_runs(&w, strcmp(methods, "all") == 0);
    choose(&w, hash);
    choose_steps(&w);
    w.c.on = name_of(&w);
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
    session_close(w.session);
    for (int i = 0; i < w.c.settings; i++)
        free(w.c.setting[i]);
    free(w.c.setting);
    free(w.c.method);
    free(w.folder);
    free(w.file);
    return code;
}

const struct verb verb_compare = {
    .name = "compare",
    .group = VERB_MAKE,
    .summary = "which method for these data, in the time there is",
    .usage = "key=value ...",
    .least = 1,
    .help = "file=TABLE text=COLUMN label=COLUMN, or data=DIR member=rte, or task=mnli; base=DIR\n"
            "for real text. Keys are those of `run`, with lr= seeds= tune_seeds= ladder= of an\n"
            "experiment; what no word says is chosen from the data, and printed before it\n"
            "starts. The same words go on where they were stopped. The experiment, its tables\n"
            "and its page stay in a folder under RESULTS/compare; runs are shared with all\n"
            "other work.",
    .example = "compare file=reviews.csv text=review label=stars base=data/minilm\n"
               "compare data=data/glue member=rte base=data/minilm minutes=120\n"
               "compare methods=dora task=majority base=tiny budget=1024 steps=100",
    .stops = true,
    .options = {{"methods", "LIST", "names with commas (LoRA is always among them), article (default), or all"},
                {"minutes", "N", "how long it may take (30): decides seeds, rates and steps"},
                {"-j", "N", "make N runs at once; as many as there are processors unless given"},
                {"--dry-run", NULL, "say what would be done and for how long"},
                VERB_RESULTS},
    .run = run,
};

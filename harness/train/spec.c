/* Parsing and canonical form of a run's options, which live in five tables. */
#include "train/spec.h"

#include "core/arena.h"
#include "core/build.h"
#include "core/die.h"
#include "core/order.h"
#include "tune/budget.h"
#include "tune/tuning.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STEPS_MAX = 10000000 };

const struct option train_options[] = {
    OPTION_T(train_opts, base, "synthetic",
             "base model: synthetic, synthetic128, synthetic256, deep, tiny, random, a folder of a Hugging Face model, "
             "or a base's .h5 file"),
    OPTION_I(train_opts, base_seed, 1, 0, 2147483647, "seed from which a synthetic base is made"),
    OPTION_I(train_opts, steps, 400, 1, STEPS_MAX,
             "how many optimizer steps a run makes; epochs, if given, decides instead"),
    OPTION_I(train_opts, epochs, 0, 0, 100000, "how often a run passes the training split; 0: steps decides"),
    OPTION_I(train_opts, batch, 32, 1, 4096, "examples that one step looks at"),
    OPTION_R(train_opts, lr, 0.01, 0, 1000, "learning rate at its highest, after the warm-up"),
    OPTION_R(train_opts, warmup, 0.06, 0, 1, "share of the steps in which the learning rate rises from 0 to lr"),
    OPTION_C(train_opts, schedule, 0, "linear|constant|cosine",
             "learning rate after the warm-up: it falls to 0 on a line or a cosine, or it stays"),
    OPTION_R(train_opts, weight_decay, 0, 0, 10,
             "share lr * weight_decay that each step of AdamW takes off the weights"),
    OPTION_R(train_opts, beta1, 0.9, 0, 0.999999, "how much of AdamW's mean of the gradients is kept at each step"),
    OPTION_R(train_opts, beta2, 0.999, 0, 0.99999,
             "how much of AdamW's mean of the squared gradients is kept at each step"),
    OPTION_R(train_opts, adam_eps, 1e-8, 1e-30, 1,
             "what AdamW adds to the root of the mean of squares that it divides by"),
    OPTION_R(train_opts, clip, 0, 0, 1e9,
             "a gradient whose norm over all parameters is larger is scaled down to this norm; 0: none is"),
    OPTION_I(train_opts, seed, 0, 0, 2147483647, "seed that decides initialisation, order of examples and dropout"),
    OPTION_I(train_opts, order_seed, -1, -1, 2147483647,
             "seed that decides the order of examples alone; -1: seed does"),
    OPTION_I(train_opts, init_seed, -1, -1, 2147483647,
             "seed that decides initialisation and dropout alone; -1: seed does"),
    OPTION_I(train_opts, evals, 4, 1, 10000,
             "how often a run is evaluated, at even distances, the last time at its end"),
    OPTION_C(train_opts, evaluate, EVALUATE_BOTH, "valid|test|test-only",
             "valid: a run never sees the test split, as in a search; test: it is scored on both; test-only: on the "
             "test split alone"),
    OPTION_I(train_opts, probes, 4, 0, 1000,
             "how often a run measures how far weights changed in magnitude and direction"),
    OPTION_I(train_opts, forgetting, 0, 0, 100000,
             "held-out documents on which the pretraining loss is measured before and after; 0: none"),
    OPTION_C(train_opts, gauge, GAUGE_NONE, "none|rising|falling",
             "the same base in other weights: W_q and W_v multiplied by c, W_k and W_o divided by it, c from 1/4 in "
             "the first layer to 4 in the last, or from 4 to 1/4"),
    OPTION_I(train_opts, twin, 0, 0, 1000,
             "another random stream for initialisation and dropout: the placebo, a method against itself"),
    OPTION_END};

struct option_table {
    const char *prefix;
    const struct option *options;
    void *opts;
};
enum { TABLES = 5 };

static void tables(const struct spec *s, struct option_table t[TABLES])
{
    t[0] = (struct option_table){"", train_options, (void *)&s->train};
    t[1] = (struct option_table){"", adapter_options, (void *)&s->adapter};
    t[2] = (struct option_table){"task.", task_common_options, (void *)&s->task_common};
    t[3] = (struct option_table){"method.", s->method->options, s->method_opts};
    t[4] = (struct option_table){"task.", s->task->options, s->task_opts};
}

void spec_each(const struct spec *s,
               void (*each)(const char *key, const struct option *o, const void *opts, void *data), void *data)
{
    struct option_table t[TABLES];
    char key[128];
    tables(s, t);
    for (int i = 0; i < TABLES; i++)
        for (const struct option *o = t[i].options; o && o->name; o++) {
            snprintf(key, sizeof key, "%s%s", t[i].prefix, o->name);
            each(key, o, t[i].opts, data);
        }
}

/* The value of the last "name=..." among the assignments, as for every other key; NULL when there is none. */
static const char *among(int n, const char *const *a, const char *name)
{
    size_t len = strlen(name);
    for (int i = n - 1; i >= 0; i--)
        if (strncmp(a[i], name, len) == 0 && a[i][len] == '=')
            return a[i] + len + 1;
    return NULL;
}

/* What is looked for, and where it was found: by its full name, or by the name that it has in its own table. */
struct search {
    const char *key;
    int n;
    const char *const *assignment; /* that it stands among */
    const struct option *found;
    void *opts;
    int times; /* how many tables have it */
    struct nearest nearest;
};

/* A plain key beside which the same name stands with its prefix means the table without one: so canonical lines, which
 * hold both, read back. */
static void compare(const char *key, const struct option *o, const void *opts, void *data)
{
    struct search *s = data;
    bool full = strcmp(key, s->key) == 0, prefixed = strchr(key, '.') != NULL;
    if (!full && (strcmp(o->name, s->key) != 0 || (prefixed && among(s->n, s->assignment, key))))
        return;
    s->times++;
    s->found = o;
    s->opts = (void *)opts;
}

static void approach(const char *key, const struct option *o, const void *opts, void *data)
{
    struct search *s = data;
    (void)key;
    (void)opts;
    option_nearer(&s->nearest, o->name);
}

static void set(struct spec *s, int n, const char *const *assignment, const char *key, const char *value)
{
    struct search q = {.key = key, .n = n, .assignment = assignment};
    spec_each(s, compare, &q);
    for (const struct option *o = adapter_options; q.times == 0 && strncmp(key, "method.", 7) == 0 && o->name; o++)
        if (strcmp(o->name, key + 7) == 0) /* what all methods share may be called the method's */
            q = (struct search){.times = 1, .found = o, .opts = &s->adapter};
    if (q.times == 0) {
        q.nearest.wanted = key;
        spec_each(s, approach, &q);
        die(EXIT_USAGE, "there is no option \"%.60s\" for method %s and task %s; did you mean %s?", key,
            s->method->name, s->task->name, q.nearest.name);
    }
    if (q.times > 1)
        die(EXIT_USAGE, "option \"%s\" belongs to more than one table here: write method.%s or task.%s", key, key, key);
    option_set(q.found, q.opts, value);
}

static const struct task *find_task(const char *name)
{
    const struct task *t = task_find(name);
    struct nearest nearest = {name, "", 0};
    for (int i = 0; !t && i < task_registry_size; i++)
        option_nearer(&nearest, task_registry[i]->name);
    if (!t)
        die(EXIT_USAGE, "no task is called \"%.60s\"; did you mean %s? (`peftlab list tasks` names all)", name,
            nearest.name);
    return t;
}

/* A metric of classes, asked for where labels are scores, would be left aside without a word. */
static void refuse_metric(const struct spec *s)
{
    const struct option *o = s->kind == TASK_SCORE && s->task->options ? option_find(s->task->options, "metric") : NULL;
    char asked[OPTION_TEXT], usual[OPTION_TEXT];
    if (!o)
        return;
    option_get(o, s->task_opts, asked, sizeof asked);
    snprintf(usual, sizeof usual, "%.*s", (int)strcspn(o->choices, "|"), o->choices);
    if (strcmp(asked, usual) != 0)
        die(EXIT_USAGE, "metric=%s is of classes, and the labels are scores: leave one of the two out", asked);
}

void spec_parse(struct spec *s, int n, const char *const *a)
{
    const char *method = among(n, a, "method"), *task = among(n, a, "task");
    char key[128];
    *s = (struct spec){0};
    if (!method || !task)
        die(EXIT_USAGE, "a run needs method= and task=, for example method=lora task=sst");
    s->method = method_find(method);
    s->task = find_task(task);
    struct guard guard;
    GUARD(&guard, spec_free, s);
    s->method_opts = mem_alloc(s->method->options_size);
    s->task_opts = mem_alloc(s->task->options_size);
    struct option_table t[TABLES];
    tables(s, t);
    for (int i = 0; i < TABLES; i++)
        option_defaults(t[i].options, t[i].opts);
    for (int i = 0; i < n; i++) {
        const char *equals = strchr(a[i], '=');
        if (!equals || equals == a[i] || (size_t)(equals - a[i]) >= sizeof key)
            die(EXIT_USAGE, "\"%.80s\" is not of the form key=value", a[i]);
        snprintf(key, sizeof key, "%.*s", (int)(equals - a[i]), a[i]);
        if (strcmp(key, "method") && strcmp(key, "task"))
            set(s, n, a, key, equals + 1);
    }
    s->kind = s->task->kind;
    s->classes = s->task->classes;
    s->metric = s->task->primary;
    s->second = s->task->secondary;
    if (s->task->describe)
        s->task->describe(s->task_opts, &s->kind, &s->classes, &s->metric, &s->second);
    refuse_metric(s);
    if (s->adapter.head != HEAD_CLASSIFIER && s->kind == TASK_VECTOR)
        die(EXIT_USAGE, "head=%s: %s has no head; its outputs are those of the encoder",
            s->adapter.head == HEAD_POOLER ? "pooler" : "theirs", s->task->name);
    if (s->adapter.head == HEAD_THEIRS && s->kind == TASK_SCORE)
        die(EXIT_USAGE,
            "head=theirs: scores are set to mean 0 and standard deviation 1 here, which the base's classifier does "
            "not know; head=classifier begins with a new one");
    if (s->adapter.head_rate > 0 && s->train.lr <= 0)
        die(EXIT_USAGE, "head_rate=%g stands beside lr=0: the head's rate is a multiple of lr, which must be above 0",
            s->adapter.head_rate);
    guard_end(&guard);
}

void spec_free(struct spec *s)
{
    free(s->method_opts);
    free(s->task_opts);
    *s = (struct spec){0};
}

void spec_set_epochs(struct spec *s, int ntrain)
{
    struct train_opts *o = &s->train;
    if (!o->epochs)
        return;
    if (s->task->streams || ntrain < 1)
        die(EXIT_USAGE, "epochs=%d: task %s draws its training inputs without end; give steps", o->epochs,
            s->task->name);
    long steps = (long)o->epochs * ((ntrain + o->batch - 1) / o->batch);
    if (steps > STEPS_MAX)
        die(EXIT_USAGE, "epochs=%d are %ld steps here, at most %d are run", o->epochs, steps, STEPS_MAX);
    o->steps = (int)steps;
}

void spec_resolve(struct spec *s, const struct model_config *config)
{
    if (s->method->no_rank)
        s->adapter.budget = 0; /* a reference line runs without a budget */
    if (s->method->check_steps)
        s->method->check_steps(&s->adapter, s->method_opts, s->train.steps);
    s->extra = budget_solve(s->method, s->method_opts, &s->adapter, config);
    budget_count(s->method, s->method_opts, &s->adapter, config, s->extra);
}

struct lines {
    char *line[256];
    int n;
};

static void keep(const char *key, const struct option *o, const void *opts, void *data)
{
    struct lines *l = data;
    char value[OPTION_TEXT];
    option_get(o, opts, value, sizeof value);
    l->line[l->n++] = mem_text("%s=%s\n", key, value);
}

void spec_text(const struct spec *s, char text[SPEC_TEXT])
{
    struct lines l = {.n = 0};
    size_t used = 0;
    spec_each(s, keep, &l);
    l.line[l.n++] = mem_text("method=%s\n", s->method->name);
    l.line[l.n++] = mem_text("task=%s\n", s->task->name);
    l.line[l.n++] = mem_text("extra=%d\n", s->extra);
    qsort(l.line, (size_t)l.n, sizeof *l.line, order_text);
    for (int i = 0; i < l.n; i++) {
        if (used < SPEC_TEXT)
            used += (size_t)snprintf(text + used, SPEC_TEXT - used, "%s", l.line[i]);
        free(l.line[i]);
    }
}

/* The line of `key`, NULL when there is none; with `inner` also behind a prefix. */
static const char *find_line(const char *text, const char *key, bool inner)
{
    size_t n = strlen(key);
    for (const char *p = text; p && *p; p = strchr(p, '\n'), p = p ? p + 1 : NULL) {
        const char *dot = inner ? memchr(p, '.', strcspn(p, "=\n")) : NULL, *name = dot ? dot + 1 : p;
        if (strncmp(name, key, n) == 0 && name[n] == '=')
            return name;
    }
    return NULL;
}

char *spec_get(const char *text, const char *key, char value[OPTION_TEXT])
{
    const char *line = find_line(text, key, false);
    line = line ? line : find_line(text, key, true);
    const char *from = line ? line + strlen(key) + 1 : "";
    snprintf(value, OPTION_TEXT, "%.*s", (int)strcspn(from, "\n"), from);
    return value;
}

double spec_number(const char *text, const char *key)
{
    char value[OPTION_TEXT];
    return strtod(spec_get(text, key, value), NULL);
}

void spec_key(const struct spec *s, const char *base_hash, const char *data_hash, char key[HASH_HEX])
{
    char text[SPEC_TEXT], file[128];
    struct hash h;
    hash_open(&h);
    spec_text(s, text);
    hash_add(&h, text, strlen(text));
    hash_add(&h, base_hash, strlen(base_hash));
    hash_add(&h, data_hash, strlen(data_hash));
    snprintf(file, sizeof file, "methods/%s.c", s->method->name);
    hash_add(&h, sources_hash(file), 64);
    snprintf(file, sizeof file, "tasks/%s.c", s->task->name);
    hash_add(&h, sources_hash(file), 64);
    snprintf(file, sizeof file, "%s abi %d", REAL_NAME, PEFTLAB_ABI);
    hash_add(&h, file, strlen(file));
    hash_close(&h, key);
}

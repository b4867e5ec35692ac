/* Columns, bad rows, labels and tokens of labelled tables. */
#include "data/labelled.h"

#include "data/tokenizer.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A reading in progress. */
struct reading {
    const struct labelled_file *t;
    struct csv_reader *csv;
    int columns, text, pair, label; /* fields of a row, places; pair -1: none */
    long blank;                     /* empty lines that turn out bad if a row follows */
    struct labelled_count count;
    char first[160]; /* the first bad row, for the message that gives up */
};

static void __attribute__((format(printf, 3, 4))) bad_row(struct reading *r, long line, const char *format, ...)
{
    char why[120];
    va_list args;
    va_start(args, format);
    vsnprintf(why, sizeof why, format, args);
    va_end(args);
    if (r->count.bad == 0)
        snprintf(r->first, sizeof r->first, "line %ld: %s", line, why);
    if (!r->t->quiet && r->count.bad < LABELLED_WARNINGS)
        warn("%s:%ld: row left out: %s", r->t->path, line, why);
    r->count.bad++;
}

/* The place of a column: its name in the header, else an index. */
static int column(const struct reading *r, const struct csv_row *first, const char *name, const char *what)
{
    for (int i = 0; r->t->header && i < first->n; i++)
        if (strcmp(first->field[i], name) == 0)
            return i;
    char *end;
    errno = 0;
    long index = strtol(name, &end, 10);
    if (*name && !*end && !errno && index >= 0 && index < first->n)
        return (int)index;
    char names[200] = "";
    for (int i = 0, used = 0; r->t->header && i < first->n && used < (int)sizeof names; i++)
        used += snprintf(names + used, sizeof names - (size_t)used, "%s%.40s", i ? ", " : ": ", first->field[i]);
    die(EXIT_DATA, "%s:%ld: no column \"%.60s\" for the %s among the %d%s", r->t->path, first->line, name, what,
        first->n, names);
}

static void find_columns(struct reading *r, const struct csv_row *first)
{
    r->columns = first->n;
    r->text = column(r, first, r->t->text, "text");
    r->label = column(r, first, r->t->label, "label");
    r->pair = r->t->pair && *r->t->pair ? column(r, first, r->t->pair, "second text") : -1;
}

/* FNV-1a, then a finalizer (Murmur3's) so that every bit and every remainder is usable. */
static uint64_t hash_texts(const char *a, const char *b)
{
    uint64_t h = 0xcbf29ce484222325u;
    for (; *a; a++)
        h = (h ^ (unsigned char)*a) * 0x100000001b3u;
    h = (h ^ '\t') * 0x100000001b3u;
    for (; b && *b; b++)
        h = (h ^ (unsigned char)*b) * 0x100000001b3u;
    h = (h ^ h >> 33) * 0xff51afd7ed558ccdu;
    h = (h ^ h >> 33) * 0xc4ceb9fe1a85ec53u;
    return h ^ h >> 33;
}

static void give_row(struct reading *r, const struct csv_row *c,
                     const char *(*row)(void *, const struct labelled_row *), void *data)
{
    for (; r->blank > 0; r->blank--)
        bad_row(r, c->line - r->blank, "the line is empty");
    if (c->problem) {
        bad_row(r, c->line, "%s", c->problem);
        return;
    }
    if (c->n != r->columns) {
        bad_row(r, c->line, "%d fields, %d are wanted", c->n, r->columns);
        return;
    }
    struct labelled_row out = {.path = r->t->path,
                               .line = c->line,
                               .text = c->field[r->text],
                               .pair = r->pair < 0 ? NULL : c->field[r->pair],
                               .label = c->field[r->label]};
    out.hash = hash_texts(out.text, out.pair);
    const char *problem = row(data, &out);
    if (problem)
        bad_row(r, c->line, "%s (label \"%.40s\")", problem, out.label);
    else
        r->count.rows++;
}

static void read_rows(struct reading *r, const char *(*row)(void *, const struct labelled_row *), void *data)
{
    struct csv_row c;
    if (!csv_next(r->csv, &c) || c.n == 0 || c.problem)
        die(EXIT_DATA, "%s: no table: the first line is empty%s", r->t->path, c.problem ? " or too long" : "");
    find_columns(r, &c);
    if (!r->t->header)
        give_row(r, &c, row, data);
    while (csv_next(r->csv, &c)) {
        if (c.n == 0 && !c.problem)
            r->blank++;
        else
            give_row(r, &c, row, data);
    }
    if (r->count.bad > (r->count.rows + r->count.bad) / 1000)
        die(EXIT_DATA, "%s: %ld of %ld rows are bad, more than 0.1 %%; the first is %s", r->t->path, r->count.bad,
            r->count.rows + r->count.bad, r->first);
}

struct labelled_count labelled_read(const struct labelled_file *t,
                                    const char *(*row)(void *, const struct labelled_row *), void *data)
{
    struct reading r = {.t = t, .csv = csv_open(t->path, t->format)};
    struct trap trap;
    if (trap_set(&trap)) {
        csv_close(r.csv);
        die(trap.code, "%s", trap.text);
    }
    read_rows(&r, row, data);
    trap_end(&trap);
    csv_close(r.csv);
    return r.count;
}

static bool is_integer(const char *text, long *value)
{
    char *end;
    errno = 0;
    *value = strtol(text, &end, 10);
    return *text && !*end && !errno;
}

static int by_value(const void *a, const void *b)
{
    long x, y;
    is_integer(a, &x);
    is_integer(b, &y);
    return (x > y) - (x < y);
}

static int by_bytes(const void *a, const void *b)
{
    return strcmp(a, b);
}

static int find_label(const struct class_names *labels, const char *name)
{
    for (int i = 0; i < labels->n; i++)
        if (strcmp(labels->name[i], name) == 0)
            return i;
    return -1;
}

static const char *collect_label(void *data, const struct labelled_row *r)
{
    struct class_names *labels = data;
    if (find_label(labels, r->label) >= 0)
        return NULL;
    if (strlen(r->label) >= CLASS_NAME || !*r->label)
        return *r->label ? "the label is too long" : "the label is empty";
    if (labels->n == CLASSES_MAX)
        die(EXIT_DATA, "%s:%ld: more than %d different labels: if they are scores say labels=score", r->path, r->line,
            CLASSES_MAX);
    snprintf(labels->name[labels->n++], CLASS_NAME, "%s", r->label);
    return NULL;
}

void labelled_classes(const struct labelled_file *t, struct class_names *labels)
{
    labels->n = 0;
    struct labelled_file quiet = *t;
    quiet.quiet = true; /* labelled_load names the same rows */
    labelled_read(&quiet, collect_label, labels);
    bool integers = true;
    long value;
    for (int i = 0; i < labels->n; i++)
        integers = integers && is_integer(labels->name[i], &value);
    qsort(labels->name, (size_t)labels->n, CLASS_NAME, integers ? by_value : by_bytes);
}

/* A split being filled. */
struct filling {
    const struct labelled_split *s;
    const struct task_env *env;
    struct dataset *out;
    int max_len, first; /* first: examples that were in the dataset before */
    long invalid;
    struct example e;
};

static const char *add_row(void *data, const struct labelled_row *r)
{
    struct filling *f = data;
    const struct labelled_split *s = f->s;
    if (s->labels) {
        f->e.label = find_label(s->labels, r->label);
        if (f->e.label < 0)
            return "an unknown label";
    } else {
        char *end;
        f->e.label = strtod(r->label, &end);
        if (!*r->label || *end || !(f->e.label >= s->min && f->e.label <= s->max))
            return "no score, or one out of range";
    }
    int part = (int)(r->hash % (uint64_t)s->parts);
    if (part < s->first || part > s->last)
        return NULL;
    f->invalid += tokenizer_encode(f->env->tokenizer, r->text, r->pair, f->max_len, &f->e);
    dataset_add(f->out, &f->e);
    return NULL;
}

/* "training 8551 rows (0: 2528, 1: 6023)", appended to the report as far as it fits. */
static void describe(const struct filling *f, const struct labelled_count *count, struct task_env *env)
{
    size_t used = strlen(env->report), size = sizeof env->report;
    int n = f->out->n - f->first;
    double sum = 0;
    long each[CLASSES_MAX] = {0};
    for (int i = f->first; i < f->out->n; i++) {
        sum += f->out->label[i];
        each[f->s->labels ? (int)f->out->label[i] : 0]++;
    }
    used += (size_t)snprintf(env->report + used, size - used, "%s%s %d rows (", used ? "; " : "", f->s->name, n);
    if (!f->s->labels && used < size)
        used += (size_t)snprintf(env->report + used, size - used, "mean score %.4f", sum / n);
    for (int i = 0; f->s->labels && i < f->s->labels->n && used < size; i++)
        used += (size_t)snprintf(env->report + used, size - used, "%s%.20s: %ld", i ? ", " : "", f->s->labels->name[i],
                                 each[i]);
    if (count->bad && used < size)
        used += (size_t)snprintf(env->report + used, size - used, ", %ld bad left out", count->bad);
    if (f->invalid && used < size)
        used += (size_t)snprintf(env->report + used, size - used, ", %ld bytes not UTF-8", f->invalid);
    if (used < size)
        snprintf(env->report + used, size - used, ")");
}

void labelled_load(const struct labelled_file *t, const struct labelled_split *s, struct task_env *env,
                   struct dataset *out)
{
    if (!env->tokenizer)
        die(EXIT_USAGE, "real text needs a real base with its vocabulary: give base=DIR");
    if (!s->labels && env->common->label_noise > 0)
        die(EXIT_USAGE, "label_noise changes classes, these labels are scores: leave it 0");
    int max_len = s->max_len < env->max_len ? s->max_len : env->max_len;
    struct filling f = {.s = s, .env = env, .out = out, .max_len = max_len, .first = out->n};
    struct labelled_count count = labelled_read(t, add_row, &f);
    if (out->n == f.first)
        die(EXIT_DATA, "%s: no row for the %s split among %ld", t->path, s->name, count.rows);
    describe(&f, &count, env);
}

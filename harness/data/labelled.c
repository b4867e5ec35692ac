/* Columns, bad rows, labels and tokens of labelled tables. */
#include "data/labelled.h"

#include "core/arena.h"
#include "core/hash.h"
#include "core/unicode.h"
#include "data/class_labels.h"
#include "data/tokenizer.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Bad rows that any table may have, and bad rows that are named one by one; classes whose rows are counted. */
enum { BAD_ROWS = 3, LISTED_CLASSES = 12 };

/* One row; valid during the call that gets it. */
struct labelled_row {
    const char *path;
    long line;
    const char *text, *pair, *label; /* pair is NULL when there is no such column */
    uint64_t hash;                   /* of text and pair alone: equal texts are never on both sides of a split */
};
struct labelled_count {
    long rows, bad, unlabelled; /* good ones, bad ones, ones without a label */
    long minus_one;             /* of those without one: that say -1 */
    long windows;               /* fields that are not UTF-8, read as Windows-1252 */
    char first[160];            /* the first bad one: line and reason */
    char header[CLASS_NAME];    /* what stands in the header where the labels' column is given by its place */
};

/* A reading in progress. */
struct reading {
    const struct labelled_file *t;
    struct csv_reader *csv;
    int columns, text, pair, label;  /* fields of a row, places; pair -1: none */
    long blank;                      /* empty lines that turn out bad if a row follows */
    char *converted[CSV_ROW_FIELDS]; /* of this row: fields that are not UTF-8, as UTF-8 */
    struct labelled_count count;
};

/* What row() returns for a row without a label, and for one whose label -1 means that. */
static const char labelled_none[] = "no label", labelled_minus_one[] = "-1";

static void __attribute__((format(printf, 3, 4))) bad_row(struct reading *r, long line, const char *format, ...)
{
    char why[120];
    va_list args;
    va_start(args, format);
    vsnprintf(why, sizeof why, format, args);
    va_end(args);
    if (r->count.bad == 0)
        snprintf(r->count.first, sizeof r->count.first, "line %ld: %s", line, why);
    if (!r->t->quiet && r->count.bad < BAD_ROWS)
        warn("%s:%ld: row left out: %s", r->t->path, line, why);
    r->count.bad++;
}

/* The place of a column: its name in the header, else the same name in another case, else an index. */
static int column(const struct reading *r, const struct csv_row *first, const char *name, const char *what)
{
    int found = -1;
    for (int same_case = 1; found < 0 && same_case >= 0; same_case--)
        for (int i = 0; r->t->header && i < first->n; i++) {
            char *copy = mem_text("%s", first->field[i]); /* of JSON lines the header is the reader's own list */
            const char *title = unicode_trim(copy);
            const bool same = same_case ? strcmp(title, name) == 0 : unicode_same_letters(title, name);
            free(copy);
            if (!same)
                continue;
            if (found >= 0)
                die(EXIT_DATA, "%s:%ld: two columns are called \"%.60s\", so which is the %s? give its place, from 0",
                    r->t->path, first->line, name, what);
            found = i;
        }
    if (found >= 0)
        return found;
    char *end;
    errno = 0;
    long index = strtol(name, &end, 10);
    if (*name && !*end && !errno && index >= 0 && index < first->n)
        return (int)index;
    char names[200] = "";
    for (int i = 0, used = 0; r->t->header && i < first->n && used < (int)sizeof names; i++)
        used += snprintf(names + used, sizeof names - (size_t)used, "%s%.40s", i ? ", " : ": ",
                         *first->field[i] ? first->field[i] : "(without a name)");
    die(EXIT_DATA, "%s:%ld: no column \"%.60s\" for the %s among the %d%s; give a name or a place from 0%s", r->t->path,
        first->line, name, what, first->n, names, r->t->header ? ", and header=0 where the first line is a row" : "");
}

static void find_columns(struct reading *r, const struct csv_row *first)
{
    r->columns = first->n;
    r->text = column(r, first, r->t->text, "text");
    r->label = column(r, first, r->t->label, "label");
    if (r->t->header && strspn(r->t->label, "0123456789") == strlen(r->t->label))
        snprintf(r->count.header, CLASS_NAME, "%s", first->field[r->label]);
    r->pair = r->t->pair && *r->t->pair ? column(r, first, r->t->pair, "second text") : -1;
    if (r->text == r->label || r->pair == r->label || r->pair == r->text)
        die(EXIT_DATA, "%s:%ld: text=%.40s, %s%.40s%slabel=%.40s: two of them are one column", r->t->path, first->line,
            r->t->text, r->pair < 0 ? "" : "pair=", r->pair < 0 ? "" : r->t->pair, r->pair < 0 ? "" : ", ",
            r->t->label);
}

/* FNV-1a, then Murmur3's last step, so that every bit and every remainder is usable. */
static uint64_t hash_texts(const char *a, const char *b)
{
    uint64_t h = hash_fnv64(hash_fnv64(FNV64, a, strlen(a)), "\t", 1);
    if (b)
        h = hash_fnv64(h, b, strlen(b));
    h = (h ^ h >> 33) * 0xff51afd7ed558ccdu;
    h = (h ^ h >> 33) * 0xc4ceb9fe1a85ec53u;
    return h ^ h >> 33;
}

/* 1,5 := 1.5, as spreadsheets write numbers where semicolons separate. */
static void point_for_comma(char *label)
{
    char *comma = label + strspn(label, "+-0123456789");
    if (*comma == ',' && comma > label && comma[1] && !comma[1 + strspn(comma + 1, "0123456789")])
        *comma = '.';
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
    if (csv_nested(c->field[r->text]) || csv_nested(c->field[r->label]) ||
        (r->pair >= 0 && csv_nested(c->field[r->pair]))) {
        bad_row(r, c->line, "the text or the label is an array or an object");
        return;
    }
    struct labelled_row out = {.path = r->t->path,
                               .line = c->line,
                               .text = c->field[r->text],
                               .pair = r->pair < 0 ? NULL : c->field[r->pair],
                               .label = unicode_trim(c->field[r->label])};
    if (r->t->format == FORMAT_SEMICOLON)
        point_for_comma((char *)out.label);
    out.hash = hash_texts(out.text, out.pair);
    const char *problem = row(data, &out);
    r->count.minus_one += problem == labelled_minus_one;
    if (problem == labelled_none || problem == labelled_minus_one)
        r->count.unlabelled++;
    else if (problem)
        bad_row(r, c->line, "%s (label \"%.40s\")", problem, out.label);
    else
        r->count.rows++;
}

static void forget_converted(struct reading *r)
{
    for (int i = 0; i < CSV_ROW_FIELDS; i++) {
        free(r->converted[i]);
        r->converted[i] = NULL;
    }
}

/* The next row; a spreadsheet that does not write UTF-8 writes Windows-1252. */
static bool next_row(struct reading *r, struct csv_row *c)
{
    forget_converted(r);
    if (!csv_next(r->csv, c))
        return false;
    for (int i = 0; i < c->n; i++)
        if (!unicode_is_utf8(c->field[i])) {
            c->field[i] = r->converted[i] = unicode_repair(c->field[i]);
            r->count.windows++;
        }
    return true;
}

static void read_rows(struct reading *r, const char *(*row)(void *, const struct labelled_row *), void *data)
{
    struct csv_row c = {0};
    if (!next_row(r, &c) || c.n == 0 || c.problem)
        die(EXIT_DATA, "%s: no table: the first line %s", r->t->path, c.problem ? c.problem : "is empty");
    find_columns(r, &c);
    if (!r->t->header)
        give_row(r, &c, row, data);
    while (next_row(r, &c)) {
        if (c.n == 0 && !c.problem)
            r->blank++;
        else
            give_row(r, &c, row, data);
    }
    long all = r->count.rows + r->count.unlabelled + r->count.bad;
    if (r->count.bad > BAD_ROWS && r->count.bad > all / 1000)
        die(EXIT_DATA, "%s: %ld of %ld rows are bad, more than 0.1 %%; the first is %s", r->t->path, r->count.bad, all,
            r->count.first);
}

/* Calls row(data, r) for every row, its fields without white space at their ends but for the texts. It returns NULL,
 * labelled_none, or what is wrong with the row. */
static struct labelled_count labelled_read(const struct labelled_file *t,
                                           const char *(*row)(void *, const struct labelled_row *), void *data)
{
    struct reading r = {.t = t, .csv = csv_open(t->path, t->format)};
    DEFER(csv_close, r.csv);
    DEFER(forget_converted, &r);
    read_rows(&r, row, data);
    return r.count;
}

static const char *collect_label(void *data, const struct labelled_row *r)
{
    struct class_names *labels = data;
    if (label_none(r->label))
        return labelled_none;
    if (strlen(r->label) >= CLASS_NAME)
        return "the label is too long";
    if (classes_find(labels, r->label) >= 0)
        return NULL;
    if (labels->n == CLASSES_MAX)
        die(EXIT_DATA, "%s:%ld: more than %d different labels, here \"%.40s\": if they are scores say labels=score",
            r->path, r->line, CLASSES_MAX, r->label);
    label_plain(r->label, labels->name[labels->n++]);
    return NULL;
}

void labelled_classes(const struct labelled_file *t, struct class_names *labels)
{
    labels->n = 0;
    struct labelled_file quiet = *t;
    quiet.quiet = true; /* labelled_load names the same rows */
    labelled_read(&quiet, collect_label, labels);
    classes_settle(labels);
}

/* A split being filled. */
struct filling {
    const struct labelled_file *t;
    const struct labelled_split *s;
    const struct task_env *env;
    struct dataset *out;
    int max_len, first; /* first: examples that were in the dataset before */
    int longest;        /* tokens of the longest example before it was cut */
    long cut;           /* examples that were */
    struct example e;
};

static const char no_token[] = "no token in its text";

static bool is_blank(const char *text)
{
    long invalid = 0;
    for (const char *end = text + strlen(text); text < end;)
        if (!unicode_is_white(unicode_next(&text, end, &invalid)))
            return false;
    return true;
}

/* e := the row's tokens; what is cut is counted. */
static const char *encode(struct filling *f, const struct labelled_row *r)
{
    const struct tokenizer *t = f->env->tokenizer;
    struct pieces a, b;
    tokenizer_pieces(t, r->text, &a);
    if (r->pair)
        tokenizer_pieces(t, r->pair, &b);
    f->e.line = (int)r->line;
    int n = tokenizer_length(t, &a, r->pair ? &b : NULL); /* [CLS] and its like among them */
    if (a.n + (r->pair ? b.n : 0) == 0)
        return no_token;
    sequence_build(r->pair ? &t->pair : &t->single, &a, r->pair ? &b : NULL, f->max_len, &f->e);
    f->cut += n > f->max_len;
    f->longest = n > f->longest ? n : f->longest;
    return NULL;
}

static const char *add_row(void *data, const struct labelled_row *r)
{
    struct filling *f = data;
    const struct labelled_split *s = f->s;
    if (label_none(r->label))
        return labelled_none;
    char plain[CLASS_NAME];
    label_plain(r->label, plain);
    if (s->labels && strlen(r->label) >= CLASS_NAME)
        return "a label that is too long";
    if (s->labels) {
        f->e.label = classes_find(s->labels, r->label);
        if (f->e.label < 0)
            return strcmp(plain, "-1") == 0  ? labelled_minus_one
                   : label_missing(r->label) ? labelled_none
                                             : "an unknown label";
    } else {
        if (label_missing(r->label) && s->min < 0)
            return labelled_none;
        if (strcmp(r->label, "-1") == 0 && s->min >= 0)
            return labelled_minus_one;
        if (!label_number(r->label, &f->e.label) || !(f->e.label >= s->min && f->e.label <= s->max))
            return "no score, or one out of range";
    }
    int part = (int)(r->hash % (uint64_t)s->parts);
    if (part < s->first || part > s->last)
        return is_blank(r->text) && (!r->pair || is_blank(r->pair)) ? no_token
                                                                    : NULL; /* one reading tells of all parts */
    const char *problem = encode(f, r);
    if (!problem)
        dataset_add(f->out, &f->e);
    return problem;
}

/* Appends to the report as far as it fits. */
static void __attribute__((format(printf, 2, 3))) say(struct task_env *env, const char *format, ...)
{
    size_t used = strlen(env->report);
    va_list args;
    va_start(args, format);
    vsnprintf(env->report + used, sizeof env->report - used, format, args);
    va_end(args);
}

/* "0: 2528, 1: 6023"; of many classes their number and the smallest and largest; and which ones the split lacks. */
static void describe_classes(const struct filling *f, const char *path, struct task_env *env)
{
    const struct class_names *labels = f->s->labels;
    long each[CLASSES_MAX] = {0}, least, most;
    char lacks[200] = "";
    int missing = 0;
    for (int i = f->first; i < f->out->n; i++)
        each[(int)f->out->label[i]]++;
    least = most = each[0];
    for (int i = 0; i < labels->n; i++) {
        least = each[i] < least ? each[i] : least;
        most = each[i] > most ? each[i] : most;
        if (!each[i] && missing++ < 5)
            snprintf(lacks + strlen(lacks), sizeof lacks - strlen(lacks), "%s%.30s", *lacks ? ", " : "",
                     labels->name[i]);
    }
    if (labels->n > LISTED_CLASSES)
        say(env, "%d classes of %ld to %ld rows", labels->n, least, most);
    for (int i = 0; labels->n <= LISTED_CLASSES && i < labels->n; i++)
        say(env, "%s%.20s: %ld", i ? ", " : "", labels->name[i], each[i]);
    if (missing)
        warn("%s: the %s split has no row of %d of the %d classes: %s%s", path, f->s->name, missing, labels->n, lacks,
             missing > 5 ? ", ..." : "");
}

static void describe_scores(const struct filling *f, struct task_env *env)
{
    int n = f->out->n - f->first;
    double sum = 0;
    for (int i = f->first; i < f->out->n; i++)
        sum += f->out->label[i];
    say(env, "mean score %.4f", sum / n);
}

/* "training 8551 rows (0: 2528, 1: 6023)", appended to the report. */
static void describe(const struct filling *f, const struct labelled_count *count, const char *path,
                     struct task_env *env)
{
    say(env, "%s%s %d rows (", *env->report ? "; " : "", f->s->name, f->out->n - f->first);
    if (f->s->labels)
        describe_classes(f, path, env);
    else
        describe_scores(f, env);
    if (f->cut)
        say(env, ", %ld cut at %d tokens, the longest has %d", f->cut, f->max_len, f->longest);
    say(env, ")");
    if (f->t->quiet) /* of a file that is read for each split the last reading says what is of the file */
        return;
    if (count->unlabelled)
        say(env, "; %ld without a label left out", count->unlabelled);
    if (count->bad)
        say(env, "; %ld bad left out", count->bad);
    if (count->windows)
        say(env, "; %ld fields not UTF-8, read as Windows-1252", count->windows);
    if (count->minus_one)
        warn("%s: %ld rows say -1, which is taken for no label, and are left out; where -1 is a class, write the "
             "classes "
             "as words",
             path, count->minus_one);
}

void labelled_load(const struct labelled_file *t, const struct labelled_split *s, struct task_env *env,
                   struct dataset *out)
{
    if (!env->tokenizer)
        die(EXIT_USAGE, "real text needs a real base with its vocabulary: give base=DIR");
    if (!s->labels && env->common->label_noise > 0)
        die(EXIT_USAGE, "label_noise changes classes, these labels are scores: leave it 0");
    int max_len = s->max_len < env->max_len ? s->max_len : env->max_len;
    max_len = max_len < env->tokenizer->limit ? max_len : env->tokenizer->limit;
    struct filling f = {.t = t, .s = s, .env = env, .out = out, .max_len = max_len, .first = out->n};
    struct labelled_count count = labelled_read(t, add_row, &f);
    if (out->n == f.first)
        die(EXIT_DATA, "%s: no row for the %s split among %ld, %ld without a label, %ld bad%s%s%s", t->path, s->name,
            count.rows + count.unlabelled + count.bad, count.unlabelled, count.bad, count.bad ? "; " : "", count.first,
            s->parts > 1 && count.rows > s->parts
                ? " (equal texts are on one side of the split: are all of them alike?)"
                : "");
    describe(&f, &count, t->path, env);
    double score;
    char *header = unicode_trim(count.header);
    if (!t->quiet && (s->labels ? *header && classes_find(s->labels, header) >= 0 : label_number(header, &score)))
        warn("%s: its first line was taken for the names of columns, but says \"%.40s\" for the label, as rows do; "
             "header=0 where "
             "it is a row",
             t->path, header);
}

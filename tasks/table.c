/* Any labelled text: a table (TAB, comma, semicolon, | or JSON lines; gzip or not) with one or two text columns and a
 * column of classes or scores.
 *
 * With one file, rows go to training, validation and test 80 : 10 : 10 by a hash of their texts; valid=FILE and
 * test=FILE together replace that. The classes are the different labels of file=. */
#include "data/labelled.h"

#include <stdio.h>

struct table_options {
    char file[OPTION_TEXT], valid[OPTION_TEXT], test[OPTION_TEXT];
    char text[OPTION_TEXT], pair[OPTION_TEXT], label[OPTION_TEXT];
    int labels, metric, format, header, max_len;
};

static const struct option options[] = {
    OPTION_T(table_options, file, "", "the table; all three splits unless valid and test are given"),
    OPTION_T(table_options, valid, "", "table of the validation split"),
    OPTION_T(table_options, test, "", "table of the test split"),
    OPTION_T(table_options, text, "text", "column of the text: name in the header, or index from 0"),
    OPTION_T(table_options, pair, "", "column of the second text; empty for none"),
    OPTION_T(table_options, label, "label", "column of the label"),
    OPTION_C(table_options, labels, 0, "classes|score", "what the labels are"),
    OPTION_C(table_options, metric, 0, "accuracy|macro_f1|f1|mcc", "of classes; the search goes by it"),
    OPTION_C(table_options, format, 0, "auto|tsv|csv|semicolon|quoted_tsv|jsonl|pipe",
             "auto: by the first lines of the file"),
    OPTION_B(table_options, header, 1, "the first row names the columns"),
    OPTION_I(table_options, max_len, 128, 8, EXAMPLE_TOKENS, "tokens of an example; the longer text is cut"),
    OPTION_END};

static void describe(const void *opts, enum task_kind *kind, int *classes, enum metric *primary, enum metric *secondary)
{
    static const enum metric of[] = {METRIC_ACCURACY, METRIC_MACRO_F1, METRIC_F1, METRIC_MCC};
    const struct table_options *o = opts;
    bool score = o->labels;
    *kind = score ? TASK_SCORE : TASK_CLASSES;
    *classes = 0; /* load says */
    *primary = score ? METRIC_PEARSON : of[o->metric];
    *secondary = score ? METRIC_SPEARMAN : o->metric ? METRIC_ACCURACY : METRIC_MACRO_F1;
}

static struct labelled_file table_of(const struct table_options *o, const char *path)
{
    enum csv_format format = o->format ? (enum csv_format)(o->format - 1) : csv_sniff(path);
    return (struct labelled_file){.path = path,
                                  .format = format,
                                  .header = o->header || format == FORMAT_JSONL,
                                  .text = o->text,
                                  .pair = o->pair,
                                  .label = o->label};
}

static void find_file(const struct task_env *env, enum split split, char *path, size_t size)
{
    const struct table_options *o = env->opts;
    if (!o->file[0] || !o->valid[0] != !o->test[0])
        die(EXIT_USAGE, "task=table needs file=FILE alone (split 80:10:10), or file=, valid= and test= together");
    const char *own = split == SPLIT_VALID ? o->valid : split == SPLIT_TEST ? o->test : "";
    snprintf(path, size, "%s", *own ? own : o->file);
}

static void load(struct task_env *env, enum split split, struct dataset *out)
{
    static const struct labelled_split shares[SPLITS] = {{.name = "training", .first = 0, .last = 7},
                                                         {.name = "validation", .first = 8, .last = 8},
                                                         {.name = "test", .first = 9, .last = 9}};
    const struct table_options *o = env->opts;
    char path[OPTION_TEXT];
    find_file(env, split, path, sizeof path);
    bool files = o->valid[0] != '\0';
    struct labelled_file table = table_of(o, path), training = table_of(o, o->file);
    struct labelled_split rows = shares[split];
    rows.parts = files ? 1 : 10;
    if (files)
        rows.first = rows.last = 0;
    rows.min = -1e30;
    rows.max = 1e30;
    rows.max_len = o->max_len;
    if (!o->labels) {
        labelled_classes(&training, &env->names);
        if (env->names.n < 2)
            die(EXIT_DATA, "%s: %d different labels, at least 2 classes are needed", o->file, env->names.n);
        rows.labels = &env->names;
        env->classes = env->names.n;
    }
    table.quiet = !files && split != SPLIT_TRAIN;
    labelled_load(&table, &rows, env, out);
}

const struct task task_table = {
    .name = "table",
    .title = "any labelled table: TAB, comma, semicolon, |, JSON lines; gzip or not",
    .cite = "",
    .options = options,
    .options_size = sizeof(struct table_options),
    .kind = TASK_CLASSES,
    .primary = METRIC_ACCURACY,
    .standardise = true,
    .load = load,
    .file = find_file,
    .describe = describe,
};

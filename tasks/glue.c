/* GLUE (Wang et al. 2019, arXiv:1804.07461) from its own files.
 *
 * data=DIR is the folder that holds CoLA, SST-2, ..., or one of these. The test set of the run is part of dev.tsv,
 * since GLUE's test.tsv has no labels and is never read: eval=halves splits dev by a hash of the texts into validation
 * (for all selection) and test; eval=dev uses the whole of it as both, as most papers do; eval=train tests on the whole of it
 * and selects on a tenth of train.tsv, by a hash of the texts. Else all of train.tsv is the training split. */
#include "data/labelled.h"

#include <stdio.h>
#include <string.h>

enum eval { HALVES, DEV, TRAIN };
enum member { COLA, SST2, MRPC, STSB, QQP, MNLI, QNLI, RTE, WNLI };

struct glue {
    int member, eval, dev, max_len;
    char data[OPTION_TEXT];
};

static const struct option options[] = {
    OPTION_C(glue, member, COLA, "cola|sst2|mrpc|stsb|qqp|mnli|qnli|rte|wnli", "which of GLUE's tasks"),
    OPTION_T(glue, data, "", "folder of the GLUE files"),
    OPTION_C(glue, eval, HALVES, "halves|dev|train",
             "dev split into validation and test, all of it as both, or as test, with validation from train"),
    OPTION_C(glue, dev, 0, "matched|mismatched", "MNLI's development set"),
    OPTION_I(glue, max_len, 128, 8, EXAMPLE_TOKENS, "tokens of an example; the longer sentence is cut"),
    OPTION_END};

/* Columns by header; CoLA has none. Classes in the order of the datasets library. */
static const struct {
    const char *folder, *text, *pair, *label, *classes[4];
    enum metric primary, secondary;
} members[] = {
    [COLA] = {"CoLA", "3", NULL, "1", {"0", "1"}, METRIC_MCC, METRIC_ACCURACY},
    [SST2] = {"SST-2", "sentence", NULL, "label", {"0", "1"}, METRIC_ACCURACY, METRIC_NONE},
    [MRPC] = {"MRPC", "#1 String", "#2 String", "Quality", {"0", "1"}, METRIC_ACCURACY, METRIC_F1},
    [STSB] = {"STS-B", "sentence1", "sentence2", "score", {NULL}, METRIC_PEARSON, METRIC_SPEARMAN},
    [QQP] = {"QQP", "question1", "question2", "is_duplicate", {"0", "1"}, METRIC_ACCURACY, METRIC_F1},
    [MNLI] = {"MNLI",
              "sentence1",
              "sentence2",
              "gold_label",
              {"entailment", "neutral", "contradiction"},
              METRIC_ACCURACY,
              METRIC_NONE},
    [QNLI] = {"QNLI", "question", "sentence", "label", {"entailment", "not_entailment"}, METRIC_ACCURACY, METRIC_NONE},
    [RTE] = {"RTE", "sentence1", "sentence2", "label", {"entailment", "not_entailment"}, METRIC_ACCURACY, METRIC_NONE},
    [WNLI] = {"WNLI", "sentence1", "sentence2", "label", {"0", "1"}, METRIC_ACCURACY, METRIC_NONE}};

/* The member's class names; none for a score. */
static void labels_of(int member, struct class_names *labels)
{
    for (labels->n = 0; members[member].classes[labels->n]; labels->n++)
        snprintf(labels->name[labels->n], CLASS_NAME, "%s", members[member].classes[labels->n]);
}

static void describe(const void *opts, enum task_kind *kind, int *classes, enum metric *primary, enum metric *secondary)
{
    int member = ((const struct glue *)opts)->member;
    struct class_names labels;
    labels_of(member, &labels);
    *classes = labels.n;
    *kind = *classes ? TASK_CLASSES : TASK_SCORE;
    *primary = members[member].primary;
    *secondary = members[member].secondary;
}

/* path := DIR/CoLA/dev.tsv, or DIR/dev.tsv where that is the file. */
static void find_file(const struct task_env *env, enum split split, char *path, size_t size)
{
    const struct glue *g = env->opts;
    const char *folder = members[g->member].folder, *dev = g->dev ? "dev_mismatched.tsv" : "dev_matched.tsv";
    const char *name = split == SPLIT_TRAIN || (g->eval == TRAIN && split == SPLIT_VALID) ? "train.tsv"
                       : g->member == MNLI                                                ? dev
                                                                                          : "dev.tsv";
    if (!g->data[0])
        die(EXIT_USAGE, "task=glue needs data=DIR, the folder with %s/%s", folder, name);
    for (int inside = 1; inside >= 0; inside--) {
        snprintf(path, size, "%s/%s%s%s", g->data, inside ? folder : "", inside ? "/" : "", name);
        FILE *f = fopen(path, "r");
        if (f) {
            fclose(f);
            return;
        }
    }
    die(EXIT_DATA, "neither %.120s/%s/%s nor %.120s/%s can be read: is data=DIR the GLUE folder?", g->data, folder,
        name, g->data, name);
}

static void load(struct task_env *env, enum split split, struct dataset *out)
{
    const struct glue *g = env->opts;
    char path[2 * OPTION_TEXT];
    find_file(env, split, path, sizeof path);
    labels_of(g->member, &env->names);
    /* The share of the file's rows, by their hash, that are this split. */
    static const struct labelled_split whole = {.parts = 1},
                                       halves[SPLITS] = {{.parts = 1},
                                                         {.parts = 2},
                                                         {.parts = 2, .first = 1, .last = 1}},
                                       tenth[SPLITS] = {
                                           {.parts = 10, .first = 1, .last = 9}, {.parts = 10}, {.parts = 1}};
    struct labelled_file table = {.path = path,
                                  .format = FORMAT_TSV,
                                  .header = g->member != COLA,
                                  .text = members[g->member].text,
                                  .pair = members[g->member].pair,
                                  .label = members[g->member].label,
                                  .quiet = split == SPLIT_VALID};
    static const char *const names[SPLITS] = {"training", "validation", "test"};
    struct labelled_split rows = g->eval == DEV ? whole : g->eval == TRAIN ? tenth[split] : halves[split];
    rows.name = names[split];
    rows.labels = env->names.n ? &env->names : NULL;
    rows.max = 5;
    rows.max_len = g->max_len;
    env->classes = env->names.n;
    labelled_load(&table, &rows, env, out);
}

const struct task task_glue = {
    .name = "glue",
    .title = "GLUE's own files: cola sst2 mrpc stsb qqp mnli qnli rte wnli",
    .cite = "Wang et al. 2019, arXiv:1804.07461",
    .options = options,
    .options_size = sizeof(struct glue),
    .kind = TASK_CLASSES,
    .primary = METRIC_ACCURACY,
    .load = load,
    .file = find_file,
    .describe = describe,
};

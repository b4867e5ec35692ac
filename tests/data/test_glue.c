/* GLUE's files and other labelled tables: columns, odd rows, splits and labels, on small folders made here; GLUE itself
 * if there. */
/* precision: float */
#include "data/labelled.h"
#include "data/tokenizer_files.h"
#include "tests/scratch.h"

#include <zlib.h>

extern const struct task task_glue, task_table;

static struct tokenizer *tokenizer;
static const struct task_common common;

static int setup(void **state)
{
    if (scratch_open(state))
        return 1;
    char words[4000];
    int n = snprintf(words, sizeof words, "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\n\"\nx\n");
    for (int i = 0; i < 200; i++)
        n += snprintf(words + n, sizeof words - (size_t)n, "%d\n", i); /* the number i is token 7 + i */
    tokenizer = tokenizer_open(scratch_text("vocab.txt", words));
    return 0;
}

static int teardown(void **state)
{
    tokenizer_free(tokenizer);
    return scratch_close(state);
}

enum { OPTS = 4096, NUMBER = 7, QUOTE = 5 };

/* A task with its options, from "key=value" texts ended by NULL; `{}` in a value is the scratch folder. */
struct made {
    const struct task *task;
    struct task_env env;
    char opts[OPTS];
    struct dataset split[SPLITS];
};

static void prepare(struct made *m, const struct task *t, const char *const *settings)
{
    assert_true(t->options_size <= OPTS);
    memset(m, 0, sizeof *m);
    m->task = t;
    m->env = (struct task_env){.common = &common, .opts = m->opts, .max_len = 64, .tokenizer = tokenizer};
    option_defaults(t->options, m->opts);
    for (; *settings; settings++) {
        char key[32], value[OPTION_TEXT];
        size_t n = strcspn(*settings, "=");
        const char *from = *settings + n + 1;
        snprintf(key, sizeof key, "%.*s", (int)n, *settings);
        snprintf(value, sizeof value, "%s%s", *from == '/' ? scratch : "", from);
        option_set(option_find(t->options, key), m->opts, value);
    }
}
#define make(m, t, ...) prepare(m, t, (const char *const[]){__VA_ARGS__, NULL})

static void load(struct made *m)
{
    for (int s = 0; s < SPLITS; s++)
        m->task->load(&m->env, (enum split)s, &m->split[s]);
}

static void refuse(struct made *m, enum exit_code code, const char *words)
{
    refused(load(m), code, words);
}

static void discard(struct made *m)
{
    for (int s = 0; s < SPLITS; s++)
        dataset_free(&m->split[s]);
}

/* Example i has the label and, after [CLS], the first token. */
static void row(const struct dataset *d, int i, double label, int token)
{
    assert_true(d->label[i] == label);
    assert_int_equal(d->ids[d->start[i] + 1], token);
}

/* n CoLA rows "s<TAB>label<TAB><TAB>number". */
static char *cola(int from, int n)
{
    static char text[8000];
    int used = 0;
    for (int i = from; i < from + n; i++)
        used += snprintf(text + used, sizeof text - (size_t)used, "s\t%d\t\t%d\n", i % 2, i);
    return text;
}

/* No header, literal quotes, an empty column, a dev file without a final line end: nothing is lost. */
static void cola_layout(void **state)
{
    (void)state;
    struct made m;
    scratch_text("g/CoLA/train.tsv", "gj04\t1\t\t\"0 \"1\ngj04\t0\t*\t 1 \r\ngj04\t1\t\t2");
    char *dev = cola(0, 60);
    dev[strlen(dev) - 1] = '\0';
    scratch_text("g/CoLA/dev.tsv", dev);
    scratch_text("g/CoLA/test.tsv", "index\tsentence\n0\tno label here\n");
    make(&m, &task_glue, "member=cola", "data=/g");
    load(&m);
    assert_int_equal(m.split[SPLIT_TRAIN].n, 3);
    row(&m.split[SPLIT_TRAIN], 0, 1, QUOTE);
    row(&m.split[SPLIT_TRAIN], 1, 0, NUMBER + 1);
    row(&m.split[SPLIT_TRAIN], 2, 1, NUMBER + 2);
    int nv = m.split[SPLIT_VALID].n, nt = m.split[SPLIT_TEST].n;
    assert_int_equal(nv + nt, 60);
    assert_in_range(nv, 15, 45);
    bool seen[60] = {false};
    for (int s = SPLIT_VALID; s <= SPLIT_TEST; s++)
        for (int i = 0; i < m.split[s].n; i++) {
            int number = m.split[s].ids[m.split[s].start[i] + 1] - NUMBER;
            assert_false(seen[number]);
            seen[number] = true;
        }
    assert_non_null(strstr(m.env.report, "training 3 rows (0: 1, 1: 2)"));
    assert_int_equal(m.env.classes, 2);
    discard(&m);
    make(&m, &task_glue, "member=cola", "data=/g/CoLA", "eval=dev");
    load(&m);
    assert_int_equal(m.split[SPLIT_VALID].n, 60);
    assert_int_equal(m.split[SPLIT_TEST].n, 60);
    assert_true(dataset_same(&m.split[SPLIT_VALID], &m.split[SPLIT_TEST])); /* so a run looks at them once */
    m.split[SPLIT_TEST].label[59] = 1 - m.split[SPLIT_TEST].label[59];
    assert_false(dataset_same(&m.split[SPLIT_VALID], &m.split[SPLIT_TEST]));
    m.split[SPLIT_TEST].label[59] = m.split[SPLIT_VALID].label[59];
    m.split[SPLIT_TEST].ids[m.split[SPLIT_TEST].tokens - 2]++;
    assert_false(dataset_same(&m.split[SPLIT_VALID], &m.split[SPLIT_TEST]));
    assert_false(dataset_same(&m.split[SPLIT_TRAIN], &m.split[SPLIT_TEST]));
    discard(&m);
    scratch_text("t/CoLA/train.tsv", cola(0, 150));
    scratch_text("t/CoLA/dev.tsv", cola(150, 40));
    make(&m, &task_glue, "member=cola", "data=/t",
         "eval=train"); /* selection never sees dev, the report sees all of it */
    load(&m);
    assert_int_equal(m.split[SPLIT_TRAIN].n + m.split[SPLIT_VALID].n, 150);
    assert_in_range(m.split[SPLIT_VALID].n, 5, 30);
    assert_int_equal(m.split[SPLIT_TEST].n, 40);
    for (int i = 0; i < m.split[SPLIT_VALID].n; i++)
        assert_in_range(m.split[SPLIT_VALID].ids[m.split[SPLIT_VALID].start[i] + 1], NUMBER, NUMBER + 149);
    discard(&m);
}

/* The half a row falls into depends on its texts, not on its place or label: a shuffled file gives the same halves. */
static void halves_are_stable(void **state)
{
    (void)state;
    struct made m;
    bool test[60] = {false};
    char text[4000] = "";
    scratch_text("g/CoLA/train.tsv", cola(0, 4));
    scratch_text("g/CoLA/dev.tsv", cola(0, 60));
    make(&m, &task_glue, "data=/g");
    load(&m);
    for (int i = 0; i < m.split[SPLIT_TEST].n; i++)
        test[m.split[SPLIT_TEST].ids[m.split[SPLIT_TEST].start[i] + 1] - NUMBER] = true;
    discard(&m);
    for (int i = 59, n = 0; i >= 0; i--)
        n += snprintf(text + n, sizeof text - (size_t)n, "other\t%d\t*\t%d\n", (i + 1) % 2, i);
    scratch_text("g/CoLA/dev.tsv", text);
    make(&m, &task_glue, "data=/g");
    load(&m);
    for (int s = SPLIT_VALID; s <= SPLIT_TEST; s++)
        for (int i = 0; i < m.split[s].n; i++)
            assert_int_equal(test[m.split[s].ids[m.split[s].start[i] + 1] - NUMBER], s == SPLIT_TEST);
    discard(&m);
}

/* Every member: columns by the official header (wherever they stand), classes by name, kind and metrics. */
static void members(void **state)
{
    (void)state;
    static const struct {
        const char *member, *folder, *dev, *header, *row;
        double label;
        int pair, classes;
        enum metric primary;
    } all[] = {
        {"sst2", "SST-2", "dev", "sentence\tlabel", "7 x\t1", 1, 0, 2, METRIC_ACCURACY},
        {"mrpc", "MRPC", "dev", "\xEF\xBB\xBFQuality\t#1 ID\t#2 ID\t#1 String\t#2 String", "1\t3\t4\t7\t8", 1, 1, 2,
         METRIC_ACCURACY},
        {"stsb", "STS-B", "dev",
         "index\tgenre\tfilename\tyear\told_index\tsource1\tsource2\tsentence1\tsentence2\tscore",
         "0\ta\tb\tc\td\te\tf\t7\t8\t3.25", 3.25, 1, 0, METRIC_PEARSON},
        {"qqp", "QQP", "dev", "id\tqid1\tqid2\tquestion1\tquestion2\tis_duplicate", "1\t2\t3\t7\t8\t0", 0, 1, 2,
         METRIC_ACCURACY},
        {"mnli", "MNLI", "dev_matched", "index\tsentence1\tsentence2\tlabel1\tgold_label",
         "0\t7\t8\tneutral\tcontradiction", 2, 1, 3, METRIC_ACCURACY},
        {"qnli", "QNLI", "dev", "index\tquestion\tsentence\tlabel", "0\t7\t8\tnot_entailment", 1, 1, 2,
         METRIC_ACCURACY},
        {"rte", "RTE", "dev", "index\tsentence1\tsentence2\tlabel", "0\t7\t8\tentailment", 0, 1, 2, METRIC_ACCURACY},
        {"wnli", "WNLI", "dev", "index\tsentence1\tsentence2\tlabel", "0\t7\t8\t1", 1, 1, 2, METRIC_ACCURACY}};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        char name[80], text[400], setting[40];
        struct made m;
        snprintf(text, sizeof text, "%s\n%s\n", all[i].header, all[i].row);
        snprintf(name, sizeof name, "all/%s/train.tsv", all[i].folder);
        scratch_text(name, text);
        snprintf(name, sizeof name, "all/%s/%s.tsv", all[i].folder, all[i].dev);
        scratch_text(name, text);
        snprintf(setting, sizeof setting, "member=%s", all[i].member);
        make(&m, &task_glue, setting, "data=/all", "eval=dev");
        load(&m);
        for (int s = 0; s < SPLITS; s++) {
            assert_int_equal(m.split[s].n, 1);
            row(&m.split[s], 0, all[i].label, NUMBER + 7);
            assert_int_equal(m.split[s].types[m.split[s].start[1] - 1], all[i].pair);
        }
        enum task_kind kind;
        enum metric primary, secondary;
        int classes;
        task_glue.describe(m.opts, &kind, &classes, &primary, &secondary);
        assert_int_equal(kind, all[i].classes ? TASK_CLASSES : TASK_SCORE);
        assert_int_equal(classes, all[i].classes);
        assert_int_equal(m.env.names.n, all[i].classes);
        assert_int_equal(primary, all[i].primary);
        discard(&m);
    }
}

/* Three bad rows, or one in a thousand, are left out and counted, more are an error; the line is named. */
static void bad_rows(void **state)
{
    (void)state;
    static char text[80000];
    struct made m;
    int n = 0;
    for (int i = 0; i < 999; i++)
        n += snprintf(text + n, sizeof text - (size_t)n, "s\t%d\t\t%d\n", i % 2, i);
    scratch_text("bad/dev.tsv", cola(0, 60));
    snprintf(text + n, sizeof text - (size_t)n, "short\n");
    scratch_text("bad/train.tsv", text);
    make(&m, &task_glue, "data=/bad");
    load(&m);
    assert_int_equal(m.split[SPLIT_TRAIN].n, 999);
    assert_non_null(strstr(m.env.report, "1 bad left out"));
    discard(&m);
    static const char *const worse[][2] = {{"s\t1\t\t1\textra\n", "line 1000: 5 fields, 4 are wanted"},
                                           {"s\t2\t\t1\n", "unknown label"},
                                           {"\n\n\ns\t1\t\t1\n", "line 1000: the line is empty"},
                                           {"s\tgood\t\t1\n", "unknown label"}};
    for (size_t i = 0; i < sizeof worse / sizeof worse[0]; i++) {
        snprintf(text + n, sizeof text - (size_t)n, "%s%s%s%s", worse[i][0], worse[i][0], worse[i][0], worse[i][0]);
        scratch_text("bad/train.tsv", text);
        make(&m, &task_glue, "data=/bad");
        refuse(&m, EXIT_DATA, worse[i][1]);
        discard(&m);
    }
    snprintf(text + n, sizeof text - (size_t)n, "\n\n\n\n"); /* empty lines at the end are no rows */
    scratch_text("bad/train.tsv", text);
    make(&m, &task_glue, "data=/bad");
    load(&m);
    assert_int_equal(m.split[SPLIT_TRAIN].n, 999);
    discard(&m);
}

static void refusals(void **state)
{
    (void)state;
    struct made m;
    make(&m, &task_glue, "member=cola");
    refuse(&m, EXIT_USAGE, "data=DIR");
    make(&m, &task_glue, "data=/nowhere");
    refuse(&m, EXIT_DATA, "CoLA/train.tsv");
    scratch_text("h/STS-B/train.tsv", "sentence1\tsentence2\tpoints\n1\t2\t3\n");
    make(&m, &task_glue, "member=stsb", "data=/h");
    refuse(&m, EXIT_DATA, "no column \"score\" for the label among the 3: sentence1, sentence2, points");
    static const char *const scores[] = {"5.1", "-2", "nan", "inf", "1e", "3 4"};
    for (size_t i = 0; i < sizeof scores / sizeof scores[0]; i++) {
        char text[80];
        snprintf(text, sizeof text, "sentence1\tsentence2\tscore\n1\t2\t%s\n", scores[i]);
        scratch_text("h/STS-B/train.tsv", text);
        make(&m, &task_glue, "member=stsb", "data=/h");
        refuse(&m, EXIT_DATA, "out of range");
    }
    scratch_text("h/CoLA/train.tsv", "");
    make(&m, &task_glue, "data=/h");
    refuse(&m, EXIT_DATA, "the first line is empty");
    scratch_text("h/CoLA/train.tsv", cola(0, 2));
    make(&m, &task_glue, "data=/h");
    m.env.tokenizer = NULL;
    refuse(&m, EXIT_USAGE, "base=DIR");
}

/* 80:10:10 by hash from one file, classes in numeric or byte order, quoted CSV with a text column by index. */
static void one_table(void **state)
{
    (void)state;
    struct made m;
    char text[4000] = "label,words\n";
    int n = (int)strlen(text), counts[SPLITS] = {0};
    for (int i = 0; i < 200; i++)
        n += snprintf(text + n, sizeof text - (size_t)n, "%s,\"%d, \"\"x\"\"\"\n", i % 3 ? "10" : "9", i);
    scratch_text("t.csv", text);
    make(&m, &task_table, "file=/t.csv", "text=1");
    load(&m);
    for (int s = 0; s < SPLITS; s++)
        counts[s] = m.split[s].n;
    assert_int_equal(counts[0] + counts[1] + counts[2], 200);
    assert_in_range(counts[SPLIT_TRAIN], 140, 180);
    assert_in_range(counts[SPLIT_VALID], 8, 35);
    assert_int_equal(m.env.classes, 2);
    assert_int_equal(m.env.names.n, 2);
    assert_string_equal(m.env.names.name[0], "9");
    assert_string_equal(m.env.names.name[1], "10");
    for (int i = 0; i < counts[0]; i++) {
        int number = m.split[0].ids[m.split[0].start[i] + 1] - NUMBER;
        assert_true(m.split[0].label[i] == (number % 3 ? 1 : 0)); /* 9 before 10 */
    }
    discard(&m);
    scratch_text("s.tsv", "a\tb\tscore\n1\t2\t-3.5\n");
    make(&m, &task_table, "file=/s.tsv", "valid=/s.tsv", "test=/s.tsv", "text=a", "pair=b", "label=score",
         "labels=score");
    load(&m);
    row(&m.split[SPLIT_TEST], 0, -3.5, NUMBER + 1);
    discard(&m);
    make(&m, &task_table, "file=/s.tsv", "valid=/s.tsv", "text=a", "label=score");
    refuse(&m, EXIT_USAGE, "together");
    make(&m, &task_table, "file=/s.tsv", "text=a", "label=score");
    refuse(&m, EXIT_DATA, "1 different label");
    make(&m, &task_table, "file=/s.tsv", "text=a", "label=a");
    refuse(&m, EXIT_DATA, "two of them are one column");
    scratch_text("u.tsv", "x\t1\nx\t2\n");
    make(&m, &task_table, "file=/u.tsv", "header=0", "text=0", "label=2");
    refuse(&m, EXIT_DATA, "no column \"2\" for the label among the 2");
}

/* What German Excel writes: a column of another name, labels and texts in Windows-1252, are those of UTF-8. */
static void windows(void **state)
{
    (void)state;
    struct made m;
    scratch_text("w.csv", "Text;Gr\xF6\xDF"
                          "e\n1;gro\xDF\n2;gro\xC3\x9F\n3;\x80\n4; GROSS\n"); /* whose capitals have no such letter */
    make(&m, &task_table, "file=/w.csv", "valid=/w.csv", "test=/w.csv",
         ("label=Gr\xC3\xB6\xC3\x9F"
          "e"));
    load(&m);
    assert_int_equal(m.env.classes, 2);
    assert_string_equal(m.env.names.name[0], "gro\xC3\x9F");
    assert_string_equal(m.env.names.name[1], "\xE2\x82\xAC");
    assert_non_null(strstr(m.env.report, "; 3 fields not UTF-8, read as Windows-1252"));
    assert_int_equal(m.split[SPLIT_TEST].line[2], 4);
    assert_true(m.split[SPLIT_TEST].label[3] == m.split[SPLIT_TEST].label[0]);
    discard(&m);
}

/* Scores of any unit become labels of mean 0 and deviation 1 over the training split. */
static void score_units(void **state)
{
    (void)state;
    struct made m;
    scratch_text("train.tsv", "text\tlabel\n1\t100\n2\t140\n");
    scratch_text("test.tsv", "text\tlabel\n1\t160\n");
    make(&m, &task_table, "file=/train.tsv", "valid=/test.tsv", "test=/test.tsv", "labels=score");
    m.env.common =
        &(struct task_common){.difficulty = 1, .ntrain = 3000, .nvalid = 1000, .ntest = 1000, .task_seed = 11};
    task_make(&task_table, &m.env, m.split);
    row(&m.split[SPLIT_TRAIN], 0, -1, NUMBER + 1);
    row(&m.split[SPLIT_TEST], 0, 2, NUMBER + 1);
    assert_true(m.env.scale.mean == 120 && m.env.scale.sd == 20);
    discard(&m);
    scratch_text("train.tsv", "text\tlabel\n1\t7\n2\t7\n");
    refused(task_make(&task_table, &m.env, m.split), EXIT_DATA, "all training scores are 7");
    discard(&m);
}

/* Labels as people mean them: blanks, case and 1.0 make no other class; rows without a label are counted, not a class. */
static void odd_labels(void **state)
{
    (void)state;
    struct made m;
    scratch_text("l.tsv",
                 "\xEF\xBB\xBF Text \t LABEL\n1\tgood\n2\t good \n3\tGood\n4\tbad\xC2\xA0\n5\t-\n6\t\n7\tbad\n");
    make(&m, &task_table, "file=/l.tsv", "valid=/l.tsv", "test=/l.tsv");
    load(&m);
    assert_int_equal(m.env.classes, 2);
    assert_string_equal(m.env.names.name[0], "bad");
    assert_int_equal(m.split[SPLIT_TRAIN].n, 5);
    assert_non_null(strstr(m.env.report, "training 5 rows (bad: 2, good: 3); 2 without a label left out"));
    discard(&m);
    scratch_text("n.tsv", "text\tlabel\n1\t0\n2\t1.0\n3\t-1\n4\t+1\n5\t0.0\n");
    make(&m, &task_table, "file=/n.tsv", "valid=/n.tsv", "test=/n.tsv");
    load(&m);
    assert_int_equal(m.env.classes, 2);
    assert_int_equal(m.split[SPLIT_TRAIN].n, 4);
    row(&m.split[SPLIT_TRAIN], 1, 1, NUMBER + 2);
    discard(&m);
    scratch_text("m.tsv", "text\tlabel\n1\t0.0\n2\t1.0\n3\t-1.0\n4\tNaN\n5\t0.0\n6\tN/A\n,\t\n");
    make(&m, &task_table, "file=/m.tsv", "valid=/m.tsv", "test=/m.tsv");
    load(&m); /* as pandas writes them */
    assert_int_equal(m.env.classes, 2);
    assert_non_null(strstr(m.env.report, "training 3 rows (0: 2, 1: 1); 4 without a label left out"));
    discard(&m);
    scratch_text("w.tsv", "text\tlabel\n1\tnone\n2\tgood\n"); /* a word among words is a class */
    make(&m, &task_table, "file=/w.tsv", "valid=/w.tsv", "test=/w.tsv");
    load(&m);
    assert_int_equal(m.env.classes, 2);
    discard(&m);
    scratch_text("comma.csv", "text;label\n1;1,5\n2;2,5\n3;nan\n");
    make(&m, &task_table, "file=/comma.csv", "valid=/comma.csv", "test=/comma.csv", "labels=score");
    load(&m);
    assert_int_equal(m.split[SPLIT_TRAIN].n, 2);
    row(&m.split[SPLIT_TRAIN], 0, 1.5, NUMBER + 1);
    discard(&m);
    scratch_text("two.csv", "text,label,Label\n1,a,b\n2,b,a\n");
    make(&m, &task_table, "file=/two.csv", "label=LABEL");
    refuse(&m, EXIT_DATA, "two columns are called \"LABEL\"");
    scratch_text("blank.csv", "text,label\n1,a\n2,b\n  ,a\n3,a\n");
    make(&m, &task_table, "file=/blank.csv", "valid=/blank.csv", "test=/blank.csv");
    load(&m);
    assert_int_equal(m.split[SPLIT_TRAIN].n, 3);
    discard(&m);
    scratch_text("p.tsv", "text\tlabel\n1\t1\n2\t-1\n"); /* two signs are two classes */
    make(&m, &task_table, "file=/p.tsv", "valid=/p.tsv", "test=/p.tsv");
    load(&m);
    assert_int_equal(m.env.classes, 2);
    discard(&m);
    scratch_text("none.tsv", "text\tlabel\n1\t-1\n2\t-\n");
    make(&m, &task_table, "file=/n.tsv", "valid=/n.tsv", "test=/none.tsv");
    m.env.classes = 0;
    refuse(&m, EXIT_DATA, "no row for the test split");
    discard(&m);
    char text[8000] = "text\tlabel\n";
    int n = (int)strlen(text);
    for (int i = 0; i < 150; i++)
        n += snprintf(text + n, sizeof text - (size_t)n, "%d\tc%d\n", i, i);
    scratch_text("many.tsv", text);
    make(&m, &task_table, "file=/many.tsv", "valid=/many.tsv", "test=/many.tsv", "max_len=8");
    load(&m);
    assert_int_equal(m.env.classes, 150);
    assert_non_null(strstr(m.env.report, "150 classes of 1 to 1 rows"));
    discard(&m);
    for (int i = 150; i < 300; i++)
        n += snprintf(text + n, sizeof text - (size_t)n, "%d\tc%d\n", i, i);
    scratch_text("many.tsv", text);
    make(&m, &task_table, "file=/many.tsv");
    refuse(&m, EXIT_DATA, "many.tsv:258: more than 256 different labels");
}

/* One table in every spelling of spreadsheets and pandas gives the same examples, and format=auto finds it. */
static void spellings(void **state)
{
    (void)state;
    static const char *const text[] = {"text,label\n\"1, 2\",a\n3,b\n\"\"\"4\"\"\",a\n",
                                       "text;label\r\n1, 2;a\r\n3;b\r\n\"\"\"4\"\"\";a\r\n",
                                       "text\tlabel\n\"1, 2\"\ta\n3\tb\n\"\"\"4\"\"\"\ta\n",
                                       "\xEF\xBB\xBF\"text\"\t\"label\"\n\"1, 2\"\ta\n3\tb\n\"\"\"4\"\"\"\ta\n",
                                       "text\tlabel\n1, 2\ta\n3\tb\n\"4\"\"\ta\n",
                                       "text\tlabel\r1, 2\ta\r3\tb\r\"4\"\"\ta",
                                       "text\tlabel\r1, 2\ta\r3\tb\r\"4\"\"\ta\r",
                                       "\"text\"|\"label, of;all\"\n1, 2|a\n3|b\n\"\"\"4\"\"\"|a\n",
                                       "sep=;\r\ntext, all;label\r\n1, 2;a\r\n3;b\r\n\"\"\"4\"\"\";a\r\n",
                                       "text\tlabel\n\"1,\n2\"\ta\n3\tb\n\"\"\"4\t\"\"\"\ta\n",
                                       ("{\"text\": \"1, 2\", \"label\": \"a\"}\n{\"label\": \"b\", \"text\": "
                                        "3}\n{\"text\": \"\\\"4\\\"\", \"label\": \"a\"}\n"),
                                       ("{\"text\": \"1, 2\", \"label\": \"a\", \"also\": {}}\n{\"label\": \"b\", "
                                        "\"text\": 3, \"late\": [1]}\n{\"text\": \"\\\"4\\\"\", \"label\": \"a\"}\n"),
                                       NULL};
    for (size_t i = 0; i < sizeof text / sizeof *text; i++) {
        struct made m;
        if (text[i]) {
            scratch_text("spelling", text[i]);
        } else {
            gzFile f = gzopen(scratch_path("spelling"), "wb");
            assert_true(gzputs(f, text[1]) > 0);
            gzclose(f);
        }
        make(&m, &task_table, "file=/spelling", "valid=/spelling", "test=/spelling", "text=0", "label=1");
        load(&m);
        const struct dataset *d = &m.split[SPLIT_TRAIN];
        assert_int_equal(d->n, 3);
        row(d, 0, 0, NUMBER + 1);
        row(d, 1, 1, NUMBER + 3);
        row(d, 2, 0, QUOTE);
        assert_int_equal(d->ids[d->start[2] + 2], NUMBER + 4);
        discard(&m);
    }
    struct made m;
    scratch_text("array.json", " [ {\"text\": \"1\", \"label\": \"a\"}]\n");
    make(&m, &task_table, "file=/array.json");
    refuse(&m, EXIT_DATA, "one JSON array; write an object a line");
    scratch_text("blank.jsonl", "{\"text \": \"1\", \"label \": \"a\"}\n{\"text \": \"3\", \"label \": \"b\"}\n");
    make(&m, &task_table, "file=/blank.jsonl", "valid=/blank.jsonl", "test=/blank.jsonl", "text=text", "label=label");
    load(&m);
    assert_int_equal(m.split[SPLIT_TRAIN].n, 2);
    discard(&m);
    scratch_text("list.jsonl", "{\"text\": \"1\", \"label\": \"a\"}\n{\"text\": [2], \"label\": \"b\"}\n"
                               "{\"text\": 3, \"label\": \"b\"}\n");
    make(&m, &task_table, "file=/list.jsonl", "valid=/list.jsonl", "test=/list.jsonl");
    load(&m);
    assert_int_equal(m.split[SPLIT_TRAIN].n, 2);
    discard(&m);
    scratch_text("bad.jsonl", "{\"text\": \"1\", \"label\": \"a\"}\n{\"text\": \n");
    make(&m, &task_table, "file=/bad.jsonl");
    refuse(&m, EXIT_DATA, "bad.jsonl, line 2:");
    scratch_bytes("short.gz", "\x1F\x8B\x08\0\0\0\0\0\0\3\x2B", 11);
    make(&m, &task_table, "file=/short.gz");
    refuse(&m, EXIT_DATA, "short.gz");
}

/* Catches: rows of plain TSV that vanish between a quotation's begin and its end; labels of JSON that are one as doubles; a text of blanks
 * that only the split it falls into would miss. */
static void what_vanished(void **state)
{
    (void)state;
    struct made m;
    scratch_text("spoken.tsv", "text\tlabel\n\"1 2\ta\n3\tb\n4\"\ta\n5\tb\n");
    make(&m, &task_table, "file=/spoken.tsv", "valid=/spoken.tsv", "test=/spoken.tsv");
    load(&m);
    assert_int_equal(m.split[SPLIT_TRAIN].n, 4);
    row(&m.split[SPLIT_TRAIN], 0, 0, QUOTE);
    discard(&m);
    scratch_text("big.jsonl", "{\"text\": \"1\", \"label\": 12345678901234567890}\n{\"text\": \"2\", \"label\": 7}\n"
                              "{\"text\": \"3\", \"label\": 8}\n{\"text\": \"4\", \"label\": 12345678901234567891}\n");
    make(&m, &task_table, "file=/big.jsonl", "valid=/big.jsonl", "test=/big.jsonl");
    load(&m);
    assert_int_equal(m.env.classes, 2);
    assert_non_null(strstr(m.env.report, "training 2 rows (7: 1, 8: 1); 2 bad left out"));
    discard(&m);
    char text[1 << 12] = "text,label\n";
    int n = (int)strlen(text);
    for (int i = 0; i < 100; i++)
        n += snprintf(text + n, sizeof text - (size_t)n, "%d %d,%s\n", i, i / 7, i % 2 ? "a" : "b");
    for (int blanks = 1; blanks <= 3; blanks++)
        n += snprintf(text + n, sizeof text - (size_t)n, "%*s,a\n", blanks, "");
    scratch_text("holes.csv", text);
    make(&m, &task_table, "file=/holes.csv");
    load(&m);
    assert_int_equal(m.split[SPLIT_TRAIN].n + m.split[SPLIT_VALID].n + m.split[SPLIT_TEST].n, 100);
    assert_non_null(strstr(m.env.report, "; 3 bad left out"));
    discard(&m);
}

/* What is cut is said; options of made-up tasks are refused; a part of the training rows is a part of a larger part. */
static void said(void **state)
{
    (void)state;
    struct made m;
    scratch_text("c.tsv", "text\tlabel\n1 2 3 4 5 6 7 8 9\t0\n1\t1\n2\t1\n3\t0\n");
    make(&m, &task_table, "file=/c.tsv", "valid=/c.tsv", "test=/c.tsv", "max_len=8");
    load(&m);
    assert_non_null(strstr(m.env.report, "1 cut at 8 tokens, the longest has 11"));
    discard(&m);
    struct task_common some;
    option_defaults(task_common_options, &some);
    m.env.common = &some;
    some.ntrain = 2;
    task_make(&task_table, &m.env, m.split);
    assert_int_equal(m.split[SPLIT_TRAIN].n, 2);
    assert_non_null(strstr(m.env.report, "ntrain keeps 2 of the 4 training rows"));
    int first = m.split[SPLIT_TRAIN].ids[1];
    discard(&m);
    some.ntrain = 3;
    task_make(&task_table, &m.env, m.split);
    assert_int_equal(m.split[SPLIT_TRAIN].n, 3);
    assert_true(m.split[SPLIT_TRAIN].ids[1] == first ||
                m.split[SPLIT_TRAIN].ids[m.split[SPLIT_TRAIN].start[1] + 1] == first);
    discard(&m);
    some.ntest = 5;
    refused(task_make(&task_table, &m.env, m.split), EXIT_USAGE, "ntest changes nothing");
    option_defaults(task_common_options, &some);
    refused(task_make(task_find("cola"), &m.env, m.split), EXIT_USAGE, "task=cola is made of the synthetic language");
}

/* The real files, by their known numbers of rows. */
static void official(void **state)
{
    (void)state;
    const char *shared = getenv("PEFTLAB_SHARED");
    static const struct {
        const char *member;
        int train, dev;
    } known[] = {{"member=cola", 8551, 1043}, {"member=mrpc", 3668, 408}, {"member=stsb", 5749, 1500}};
    if (!shared)
        skip();
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        struct made m;
        make(&m, &task_glue, known[i].member);
        char folder[OPTION_TEXT];
        snprintf(folder, sizeof folder, "%s/glue", shared);
        option_set(option_find(task_glue.options, "data"), m.opts, folder);
        load(&m);
        print_message("[          ] %s: %s\n", known[i].member, m.env.report);
        assert_int_equal(m.split[SPLIT_TRAIN].n, known[i].train);
        assert_int_equal(m.split[SPLIT_VALID].n + m.split[SPLIT_TEST].n, known[i].dev);
        discard(&m);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(cola_layout), cmocka_unit_test(halves_are_stable),
                                       cmocka_unit_test(members),     cmocka_unit_test(bad_rows),
                                       cmocka_unit_test(refusals),    cmocka_unit_test(one_table),
                                       cmocka_unit_test(windows),     cmocka_unit_test(score_units),
                                       cmocka_unit_test(odd_labels),  cmocka_unit_test(what_vanished),
                                       cmocka_unit_test(said),        cmocka_unit_test(spellings),
                                       cmocka_unit_test(official)};
    return cmocka_run_group_tests(tests, setup, teardown);
}

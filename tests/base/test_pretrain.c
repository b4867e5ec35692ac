/* Pretraining on a user's text: how a file falls into sentences, what is drawn and masked, and a base made, resumed and
 * used. */
/* precision: float */
#include "core/file.h"
#include "core/h5.h"
#include "data/corpus.h"
#include "data/tokenizer_files.h"
#include "language/language.h"
#include "tests/process.h"
#include "tests/scratch.h"

#include <glob.h>
#include <math.h>

static struct tokenizer *tokenizer;

static int setup(void **state)
{
    if (scratch_open(state))
        return 1;
    FILE *f = fopen(scratch_path("vocab.txt"), "w");
    for (int i = 0; f && i < lang_vocab_size(); i++)
        fprintf(f, "%s\n", lang_word(i));
    if (!f || fclose(f))
        return 1;
    tokenizer = tokenizer_open(scratch_path("vocab.txt"));
    return 0;
}

static int teardown(void **state)
{
    tokenizer_free(tokenizer);
    return scratch_close(state);
}

/* The words separated by blanks, cut to fit. */
static void put_words(const int *ids, int n, char *text, size_t size)
{
    size_t used = 0;
    for (int i = 0; i < n && used < size; i++)
        used += (size_t)snprintf(text + used, size - used, "%s%s", i ? " " : "", lang_word(ids[i]));
}

/* n documents of the synthetic language: a sentence, or two, a line each, then a blank line. */
static const char *made_text(const char *name, int n)
{
    const char *path = scratch_path(name);
    FILE *f = fopen(path, "w");
    struct rng r = rng_stream(5, RNG_TEST, 0, 0);
    assert_non_null(f);
    for (int i = 0; i < n; i++) {
        struct document d;
        char text[1024];
        lang_document(&r, &d);
        for (int k = 1, from = 1; k < d.n; k++)
            if (strcmp(lang_word(d.ids[k]), "[SEP]") == 0) {
                put_words(d.ids + from, k - from, text, sizeof text);
                fprintf(f, "%s\n", text);
                from = k + 1;
            }
        fprintf(f, "\n");
    }
    assert_int_equal(fclose(f), 0);
    return path;
}

/* Blank lines part documents where there are any between lines; at the end or the beginning they say nothing. */
static void forms(void **state)
{
    static const struct {
        const char *text;
        enum corpus_form form;
        int documents, sentences;
        bool blocks;
    } cases[] = {
        {"a\nb\nc\nd", CORPUS_AUTO, 4, 4, false},
        {"\n\na\nb\nc\n\n \n", CORPUS_AUTO, 3, 3, false},
        {"a\nb\n\nc\n \t\r\n\nd\ne\n", CORPUS_AUTO, 3, 5, true},
        {"a\nb\n\nc\nd\n", CORPUS_LINES, 4, 4, false},
        {"a\r\n\r\nb", CORPUS_BLOCKS, 2, 2, true},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct corpus *c = corpus_open(scratch_text("forms.txt", cases[i].text), cases[i].form, tokenizer);
        const struct corpus_facts *f = corpus_facts(c);
        assert_int_equal(f->documents, cases[i].documents);
        assert_int_equal(f->sentences, cases[i].sentences);
        assert_int_equal(f->blocks, cases[i].blocks);
        assert_int_equal(f->bytes, strlen(cases[i].text));
        assert_int_equal(f->held_documents, 1);
        corpus_close(c);
    }
}

/* Equal documents stay on one side, and neither side draws from the other. */
static void held_out(void **state)
{
    (void)state;
    const char *path = scratch_path("twice.txt");
    int n = lang_vocab_size(), side[1024] = {0};
    FILE *f = fopen(path, "w");
    for (int copy = 0; copy < 3; copy++)
        for (int i = 5; i < n; i++)
            if (strspn(lang_word(i), "abcdefghijklmnopqrstuvwxyz") == strlen(lang_word(i)))
                fprintf(f, "%s\n", lang_word(i));
    assert_int_equal(fclose(f), 0);
    struct corpus *c = corpus_open(path, CORPUS_AUTO, tokenizer);
    struct rng r = rng_stream(1, RNG_TEST, 1, 0);
    double share = (double)corpus_facts(c)->held_documents / corpus_facts(c)->documents;
    assert_true(share > 0.04 && share < 0.07);
    for (int k = 0; k < 20000; k++) {
        struct example e;
        int held = k % 2;
        corpus_draw(c, &r, held, 16, &e);
        assert_int_equal(e.n, 3);
        assert_true(e.label == -1);
        side[e.ids[1]] |= 1 << held;
    }
    for (int i = 0; i < n; i++)
        assert_int_not_equal(side[i], 3);
    corpus_close(c);
}

/* Half of the pairs follow each other in the file; of the words .15 are asked for, .8 : .1 : .1. */
static void pairs_and_masks(void **state)
{
    (void)state;
    struct corpus *c = corpus_open(made_text("pairs.txt", 300), CORPUS_AUTO, tokenizer);
    struct rng r = rng_stream(1, RNG_TEST, 2, 0);
    int count[3] = {0}, words = 0, asked = 0, masked = 0, same = 0;
    for (int k = 0; k < 4000; k++) {
        struct example e, before;
        int position[EXAMPLE_TOKENS], target[EXAMPLE_TOKENS];
        corpus_draw(c, &r, false, 32, &e);
        before = e;
        count[(int)e.label + 1]++;
        int n = corpus_mask(c, &r, &e, position, target);
        assert_in_range(n, 1, e.n);
        for (int i = 0; i < n; i++) {
            assert_int_equal(before.ids[position[i]], target[i]);
            masked += strcmp(lang_word(e.ids[position[i]]), "[MASK]") == 0;
            same += e.ids[position[i]] == target[i];
            before.ids[position[i]] = e.ids[position[i]];
        }
        assert_memory_equal(before.ids, e.ids, (size_t)e.n * sizeof *e.ids); /* nothing else was touched */
        asked += n;
        words += e.n - (e.label < 0 ? 2 : 3);
    }
    assert_true(abs(count[1] - count[2]) < 200 && count[0] > 500);
    assert_true(fabs((double)asked / words - 0.155) < 0.02); /* at least one, in short sentences */
    assert_true(fabs((double)masked / asked - 0.8) < 0.02);
    assert_true(fabs((double)same / asked - 0.1) < 0.02);
    corpus_close(c);
}

/* A line longer than an example is entered anywhere, and costs no more memory than it shows. */
static void long_lines(void **state)
{
    (void)state;
    const char *path = scratch_path("long.txt");
    FILE *f = fopen(path, "w");
    for (int i = 0; i < 40000; i++)
        fprintf(f, "%s%s", i ? i == 20000 ? "\n" : " " : "", lang_word(i < 20000 ? 20 : i < 39000 ? 30 : 31));
    assert_int_equal(fclose(f), 0);
    struct corpus *c = corpus_open(path, CORPUS_AUTO, tokenizer);
    struct rng r = rng_stream(1, RNG_TEST, 3, 0);
    int seen[2] = {0};
    for (int k = 0; k < 400; k++) {
        struct example e;
        corpus_draw(c, &r, k % 2, 16, &e);
        seen[0] |= e.ids[8] == 30;
        seen[1] |= e.ids[8] == 31;
        assert_int_equal(e.n, 16);
    }
    assert_true(seen[0] && seen[1]);
    corpus_close(c);
}

static void hostile(void **state)
{
    (void)state;
#define OPEN(text) corpus_close(corpus_open(scratch_text("hostile.txt", text), CORPUS_AUTO, tokenizer))
    refused(OPEN(""), EXIT_DATA, "no text");
    refused(OPEN("\n \n\t\r\n"), EXIT_DATA, "no text");
    refused(OPEN("one line alone"), EXIT_DATA, "nothing is left to train on");
    refused(OPEN("a\na\na\n"), EXIT_DATA, "all alike");
    refused(corpus_open(scratch_path("absent"), CORPUS_AUTO, tokenizer), EXIT_DATA, "absent");
    refused(corpus_open(scratch, CORPUS_AUTO, tokenizer), EXIT_DATA, "not a regular file");
    refused(corpus_open("/dev/zero", CORPUS_AUTO, tokenizer), EXIT_DATA, "not a regular file");
    refused(corpus_open(scratch_bytes("nul.txt", "a\nb\0c\n", 6), CORPUS_AUTO, tokenizer), EXIT_DATA,
            "NUL byte in line 2");
}

/* Bytes that are no text are counted; a file that changes while it is drawn from is noticed. */
static void odd_bytes(void **state)
{
    (void)state;
    struct corpus *volatile c =
        corpus_open(scratch_text("bytes.txt", "caf\xe9 a\n\xff\xff b\n\xe2\x82\nc"), CORPUS_AUTO, tokenizer);
    assert_int_equal(corpus_facts(c)->invalid, 5);
    corpus_close(c);
    c = corpus_open(scratch_text("changed.txt", "good word\nother word\n"), CORPUS_AUTO, tokenizer);
    scratch_text("changed.txt", "x\n");
    struct rng r = rng_stream(1, RNG_TEST, 4, 0);
    struct example e;
    refused(corpus_draw(c, &r, true, 16, &e), EXIT_DATA, "has changed");
    refused(corpus_draw(c, &r, false, 16, &e), EXIT_DATA, "has changed");
    corpus_close(c);
    c = corpus_open(scratch_text("signs.txt", "\xe2\x80\x8b\xe2\x80\x8b\n\xe2\x80\x8c\n"), CORPUS_AUTO, tokenizer);
    refused(corpus_draw(c, &r, false, 16, &e), EXIT_DATA, "no word");
    corpus_close(c);
}

/* Runs $PEFTLAB behind `before`, `%s` in words being the scratch folder. Returns the exit code. */
static int peftlab(const char *before, const char *words, char *text, size_t size)
{
    char command[4096], filled[2048];
    const char *program = getenv("PEFTLAB");
    size_t used = 0;
    for (const char *w = words; *w; w++)
        used += (size_t)(*w == '@' ? snprintf(filled + used, sizeof filled - used, "%s", scratch)
                                   : snprintf(filled + used, sizeof filled - used, "%c", *w));
    snprintf(command, sizeof command, "%s '%s' %s 2>&1", before, program ? program : "./peftlab", filled);
    return process_shell(command, text, size);
}

#define TRAINING                                                                                               \
    "pretrain corpus=@/corpus.txt vocab=@/vocab.txt name=own layers=1 d=32 heads=2 ffn=64 length=32 batch=16 " \
    "steps=1500 warmup=100 lr=4e-3 "

static void base_of(const char *results, char path[SCRATCH_PATH])
{
    glob_t found;
    assert_int_equal(glob(scratch_path(results), 0, NULL, &found), 0);
    assert_int_equal(found.gl_pathc, 1);
    snprintf(path, SCRATCH_PATH, "%s", found.gl_pathv[0]);
    globfree(&found);
}

/* The base learns more than how frequent words are; stopped any number of times it comes to the same bits. */
static void trains_and_resumes(void **state)
{
    char text[8192], path[SCRATCH_PATH], hash[2][80];
    int stops = 0, code = 75;
    (void)state;
    made_text("corpus.txt", 2000);
    code = peftlab("", TRAINING "results=@/whole", text, sizeof text);
    if (code != 0)
        fail_msg("exit %d: %s", code, text);
    assert_non_null(strstr(text, "use it as base="));
    base_of("whole/bases/own-*.h5", path);
    struct h5 *h = h5_open_sealed(path);
    double loss = h5_attr_f64(h, "/acceptance", "mlm_loss"), entropy = h5_attr_f64(h, "/acceptance", "word_entropy");
    h5_attr_text(h, "/", "weights_hash", hash[0], sizeof hash[0]);
    assert_true(entropy > 3 && entropy < log(lang_vocab_size()));
    if (!(loss < entropy - 0.3))
        fail_msg("held-out loss %g, the words' entropy is %g", loss, entropy);
    assert_true(h5_attr_f64(h, "/acceptance", "unknown_words") == 0);
    h5_close(h);
    for (double seconds = 0.05; (code = -1, seconds < 200); seconds *= 1.3) {
        char timeout[64];
        snprintf(timeout, sizeof timeout, "timeout --preserve-status -s INT %g", seconds);
        code = peftlab(timeout, TRAINING "results=@/parts", text, sizeof text);
        if (code != 75 && code != 130)
            break;
        stops += code == 75;
    }
    assert_int_equal(code, 0);
    assert_true(stops > 0);
    base_of("parts/bases/own-*.h5", path);
    h = h5_open_sealed(path);
    h5_attr_text(h, "/", "weights_hash", hash[1], sizeof hash[1]);
    h5_close(h);
    assert_string_equal(hash[0], hash[1]);
}

/* The last line without its key and times: what a run of one base and one of its export must share. */
static void score_of(const char *text, char score[64])
{
    const char *at = strstr(text, "accuracy");
    if (!at)
        fail_msg("no accuracy: %s", text);
    snprintf(score, 64, "%.20s", at);
}

static void fine_tunes_and_exports(void **state)
{
    char text[8192], command[2048], path[SCRATCH_PATH], score[2][64];
    struct rng r = rng_stream(6, RNG_TEST, 0, 0);
    FILE *f = fopen(scratch_path("table.tsv"), "w");
    (void)state;
    fprintf(f, "text\tlabel\n");
    for (int i = 0; i < 600; i++) {
        struct document d;
        lang_document(&r, &d);
        put_words(d.ids + 1, d.n - 2, text, sizeof text);
        fprintf(f, "%s\t%s\n", text, d.kind == DOCUMENT_QUESTION ? "question" : "other");
    }
    assert_int_equal(fclose(f), 0);
    base_of("whole/bases/own-*.h5", path);
#define RUN "run method=lora task=table file=@/table.tsv steps=40 batch=16 lr=1e-2 seed=0 results=@/runs base="
    snprintf(command, sizeof command, RUN "%s", path);
    int code = peftlab("", command, text, sizeof text);
    if (code != 0)
        fail_msg("exit %d: %s", code, text);
    score_of(text, score[0]);
    const char *key = strrchr(text, ' ');
    snprintf(command, sizeof command, "export %.*s @/adapter results=@/runs", (int)strcspn(key + 1, "\n"), key + 1);
    assert_int_equal(peftlab("", command, text, sizeof text), 0);
    assert_true(file_exists(scratch_path("adapter/adapter_model.safetensors")));
    assert_true(file_exists(scratch_path("adapter/base/model.safetensors")));
    snprintf(command, sizeof command, "export base=%s @/exported results=@/runs", path);
    assert_int_equal(peftlab("", command, text, sizeof text), 0);
    assert_int_equal(peftlab("", RUN "@/exported", text, sizeof text), 0);
    score_of(text, score[1]);
    assert_string_equal(score[0], score[1]);
}

/* A table names the members of a family as tasks, and not how many steps an epoch of each has. */
static void members_are_tasks(void **state)
{
    char text[8192], command[1024], path[SCRATCH_PATH];
    (void)state;
    for (int dev = 0; dev < 2; dev++) {
        FILE *cola = fopen(scratch_path(dev ? "glue/CoLA/dev.tsv" : "glue/CoLA/train.tsv"), "w");
        FILE *mrpc = fopen(scratch_path(dev ? "glue/MRPC/dev.tsv" : "glue/MRPC/train.tsv"), "w");
        fprintf(mrpc, "Quality\t#1 ID\t#2 ID\t#1 String\t#2 String\n");
        for (int i = 0; i < 60; i++)
            fprintf(cola, "a\t%d\t\t%s %s\n", i % 2, lang_word(40 + i), lang_word(5 + i % 7));
        for (int i = 0; i < 30; i++)
            fprintf(mrpc, "%d\t1\t2\t%s\t%s\n", i % 2, lang_word(40 + i), lang_word(50 + i % 9));
        assert_int_equal(fclose(cola) | fclose(mrpc), 0);
    }
    scratch_text("family.ini", "[experiment]\ntitle = A family\n[grid g]\nmethod = head lora\ntask = glue\n"
                               "member = cola mrpc\nepochs = 1\nbatch = 8\nrank = 2\nlr = 1e-2\nevals = 1\nprobes = 0\n"
                               "seeds = 0..1\n[table score]\nkind = score\n");
    base_of("whole/bases/own-*.h5", path);
    for (int report = 0; report < 2; report++) {
        snprintf(command, sizeof command, "%s @/family.ini data=@/glue base=%s results=@/family",
                 report ? "report" : "sweep", path);
        int code = peftlab("", command, text, sizeof text);
        if (code != 0)
            fail_msg("%s: exit %d: %s", command, code, text);
    }
    char *table = file_read(scratch_path("family/tables/family-score.md"), 1 << 20, NULL);
    assert_non_null(strstr(table, "| cola |"));
    assert_non_null(strstr(table, "| mrpc |"));
    assert_null(strstr(table, "member="));
    assert_null(strstr(table, "steps="));
    free(table);
}

static void wrong_words(void **state)
{
    static const struct {
        const char *words, *says;
        int code;
    } cases[] = {
        {"pretrain corpus=@/corpus.txt", "vocab=FILE", 2},
        {TRAINING "name=../x", "name=", 2},
        {TRAINING "heads=5", "not a multiple", 2},
        {TRAINING "stepz=3", "stepz=3", 2},
        {TRAINING "steps=0", "steps=0", 2},
        {TRAINING "vocab=@/corpus.txt", "corpus.txt", 3},
        {TRAINING "corpus=@/absent", "absent", 3},
        {"run method=lora task=sst base=@/cut.h5", "cut.h5", 4},
        {"run method=lora task=sst base=@/absent.h5", "absent.h5", 3},
    };
    char text[4096], path[SCRATCH_PATH], bytes[3000];
    (void)state;
    base_of("whole/bases/own-*.h5", path);
    FILE *f = fopen(path, "rb");
    assert_int_equal(fread(bytes, sizeof bytes, 1, f), 1);
    fclose(f);
    scratch_bytes("cut.h5", bytes, sizeof bytes);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int code = peftlab("", cases[i].words, text, sizeof text);
        if (code != cases[i].code || !strstr(text, cases[i].says) || strchr(text, '\n') != text + strlen(text) - 1)
            fail_msg("%s: exit %d (%d was wanted): %s", cases[i].words, code, cases[i].code, text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(forms),
        cmocka_unit_test(held_out),
        cmocka_unit_test(pairs_and_masks),
        cmocka_unit_test(long_lines),
        cmocka_unit_test(hostile),
        cmocka_unit_test(odd_bytes),
        cmocka_unit_test(trains_and_resumes),
        cmocka_unit_test(fine_tunes_and_exports),
        cmocka_unit_test(members_are_tasks),
        cmocka_unit_test(wrong_words),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}

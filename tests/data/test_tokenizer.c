/* The tokenizer: hand-worked cases over a vocabulary of our own, and rows of the real libraries and the golden text vectors when these are
 * there. */
/* precision: float */
#include "core/arena.h"
#include "core/csv.h"
#include "core/file.h"
#include "core/h5.h"
#include "core/json.h"
#include "data/tokenizer_files.h"
#include "tests/scratch.h"

/* Ids in this order; the last five need accents, case or pieces to be right. */
static const char words[] = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nthe\ncat\n##s\nun\n##want\n##ed\n,\n.\n!\ncafe\n"
                            "\xE4\xB8\xAD\n\xE6\x96\x87\nThe\n##\xC3\xA9\ncaf\na\n##a\n'\nn\nt\n\xCF\x83\n";
enum {
    THE = 5,
    CAT,
    S,
    UN,
    WANT,
    ED,
    COMMA,
    DOT,
    BANG,
    CAFE,
    ZHONG,
    WEN,
    CAPITAL,
    E_ACUTE,
    CAF,
    A,
    AA,
    QUOTE,
    N,
    T,
    SIGMA
};

static struct tokenizer *uncased, *cased;

static int setup(void **state)
{
    if (scratch_open(state))
        return 1;
    uncased = tokenizer_open(scratch_text("vocab.txt", words));
    scratch_text("cased/vocab.txt", words);
    scratch_text("cased/tokenizer_config.json", "{\"do_lower_case\": false}");
    cased = tokenizer_open(scratch_path("cased"));
    return 0;
}

static int teardown(void **state)
{
    tokenizer_free(uncased);
    tokenizer_free(cased);
    return scratch_close(state);
}

/* text -> [CLS], the n ids, [SEP]. */
static void expect_ids(const struct tokenizer *t, const char *text, int n, const int *ids)
{
    static struct example e;
    tokenizer_encode(t, text, NULL, 128, &e);
    assert_int_equal(e.n, n + 2);
    assert_int_equal(e.ids[0], 2);
    assert_int_equal(e.ids[n + 1], 3);
    for (int i = 0; i < n; i++)
        if (e.ids[i + 1] != ids[i])
            fail_msg("\"%s\": id %d is %d, not %d", text, i, e.ids[i + 1], ids[i]);
}
#define ids(t, text, ...) expect_ids(t, text, (int)(sizeof((int[]){__VA_ARGS__}) / sizeof(int)), (int[]){__VA_ARGS__})

static void pieces(void **state)
{
    (void)state;
    ids(uncased, "the cats", THE, CAT, S);
    ids(uncased, "unwanted, unwanted.", UN, WANT, ED, COMMA, UN, WANT, ED, DOT);
    ids(uncased, "unwants", UN, WANT, S);
    ids(uncased, "unwantedx cat", 1, CAT); /* one part without a piece: the whole word is unknown */
    ids(uncased, "want", 1);               /* only known as a continuation */
    ids(uncased, "cat##s", CAT, 1, 1, 1);  /* '#' is punctuation, "##" in text is no prefix */
    ids(uncased, "[SEP] the", 3, THE);     /* a special word in a text is that word */
    ids(uncased, "cat[MASK]s[mask]", CAT, 4, 1, 1, 1, 1);
}

static void empty(void **state)
{
    (void)state;
    static struct example e;
    static const char *const nothing[] = {"", " \t\r\n ", "\xCC\x81", "\x01\xE2\x80\x8B", "\xEF\xBF\xBD"};
    for (size_t i = 0; i < sizeof nothing / sizeof nothing[0]; i++) {
        assert_int_equal(tokenizer_encode(uncased, nothing[i], NULL, 16, &e), 0);
        assert_int_equal(e.n, 2);
    }
    tokenizer_encode(uncased, "", "", 16, &e);
    assert_int_equal(e.n, 3);
}

static void unicode(void **state)
{
    (void)state;
    ids(uncased, "CAF\xC3\x89 cafe\xCC\x81", CAFE, CAFE);        /* composed and decomposed accents go */
    ids(cased, "caf\xC3\xA9 CAT The", CAF, E_ACUTE, 1, CAPITAL); /* and stay in a cased tokenizer */
    ids(uncased,
        "the\xE4\xB8\xAD\xE6\x96\x87"
        "cat",
        THE, ZHONG, WEN, CAT); /* ideographs stand alone */
    ids(uncased,
        "the\xC2\xA0"
        "cat\xE2\x80\xA8"
        "cat",
        THE, CAT, CAT); /* no-break space, line separator */
    ids(uncased,
        "c\xC2\xAD"
        "a\x07t",
        CAT); /* soft hyphen and bell are dropped, not blanks */
    ids(uncased,
        "the\xE2\x80\x94"
        "cat",
        THE, 1, CAT); /* em dash is punctuation */
    ids(uncased,
        "A\xCC\x80"
        "A",
        A, AA); /* the accent between two letters */
    ids(uncased, "\xCE\xA3", SIGMA);
    ids(uncased, "\xCD\xBE", 1); /* Greek question mark: NFD makes it ';' */
    ids(uncased, "n't", N, QUOTE, T);
}

/* Overlong, surrogate, stray and cut-off bytes are dropped one by one and counted. */
static void invalid(void **state)
{
    (void)state;
    static struct example e;
    static const struct {
        const char *text;
        long bytes;
    } bad[] = {{"c\xFF"
                "at",
                1},
               {"ca\xC0\xAFt", 2},
               {"cat\xED\xA0\x80", 3},
               {"\x80"
                "cat",
                1},
               {"cat\xF0\x9F\x98", 3}};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(tokenizer_encode(uncased, bad[i].text, NULL, 16, &e), bad[i].bytes);
        assert_int_equal(e.n, 3);
        assert_int_equal(e.ids[1], CAT);
    }
}

static void hundred(void **state)
{
    (void)state;
    static struct example e;
    char text[2 * 101 + 1];
    memset(text, 'a', sizeof text);
    text[100] = '\0';
    tokenizer_encode(uncased, text, NULL, 512, &e);
    assert_int_equal(e.n, 102); /* a + 99 times ##a */
    assert_int_equal(e.ids[1], A);
    assert_int_equal(e.ids[100], AA);
    text[100] = 'a';
    text[101] = '\0';
    ids(uncased, text, 1); /* 101 code points are too many */
    for (int i = 0; i < 100; i++)
        memcpy(text + 2 * i, "\xC3\xA1", 2);
    text[200] = '\0';
    tokenizer_encode(uncased, text, NULL, 512, &e);
    assert_int_equal(e.n, 102); /* the limit counts code points, not bytes */
}

/* The longer is cut, then both; an odd token is left to the longer, on a tie to the second. */
static void pairs(void **state)
{
    (void)state;
    static const struct {
        const char *a, *b;
        int max, na, nb;
    } cases[] = {{"the cat", "the", 8, 2, 1},
                 {"the the the the", "cat", 7, 3, 1},
                 {"the", "cat cat cat cat", 7, 1, 3},
                 {"the the the", "cat cat cat", 8, 2, 3},
                 {"the the", "cat cat", 6, 1, 2},
                 {"the the the the the the the the the", "cat cat cat cat cat", 10, 4, 3},
                 {"the the the", "cat cat cat cat", 8, 2, 3},
                 {"the the", "cat", 3, 0, 0},
                 {"the the the", "cat", 5, 1, 1}};
    static struct example e;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        tokenizer_encode(uncased, cases[i].a, cases[i].b, cases[i].max, &e);
        int first = 0;
        while (first < e.n && e.types[first] == 0)
            first++;
        assert_int_equal(first, cases[i].na + 2); /* [CLS] a [SEP] */
        assert_int_equal(e.n - first, cases[i].nb + 1);
        assert_int_equal(e.ids[first - 1], 3);
        assert_int_equal(e.ids[e.n - 1], 3);
        for (int j = first; j < e.n; j++)
            assert_int_equal(e.types[j], 1);
    }
    ids(uncased, "the cat", THE, CAT);
    tokenizer_encode(uncased, "the unwanted cat", NULL, 5, &e); /* a single text keeps its first max_len - 2 */
    assert_int_equal(e.n, 5);
    assert_int_equal(e.ids[3], WANT);
}

#define SPECIALS     "\"[PAD]\":0,\"[UNK]\":1,\"[CLS]\":2,\"[SEP]\":3,\"[MASK]\":4"
#define BERT_SPLIT   "\"pre_tokenizer\":{\"type\":\"BertPreTokenizer\"},"
#define BERT_ENDS    "\"post_processor\":{\"type\":\"BertProcessing\",\"cls\":[\"[CLS]\",2],\"sep\":[\"[SEP]\",3]},"
#define NORMAL(more) "\"normalizer\":{\"type\":\"BertNormalizer\"" more "},"

/* The same vocabulary as tokenizer.json, with case and accents stated. */
static void json(void **state)
{
    (void)state;
    const char *good = scratch_text("t.json", "{\"added_tokens\":[{\"id\":4,\"content\":\"[MASK]\"}]," NORMAL(
                                                  ",\"lowercase\":true,\"strip_accents\":false") BERT_SPLIT BERT_ENDS
                                    "\"model\":{\"type\":\"WordPiece\",\"vocab\":{\"[PAD]\":0,\"[UNK]\":1,\"[CLS]\":2,"
                                    "\"[SEP]\":3,\"caf\":5,\"##\xC3\xA9\":6}}}");
    struct tokenizer *t = tokenizer_open(good);
    ids(t, "CAF\xC3\x89 cafe", 5, 6, 1);
    tokenizer_free(t);
#define MODEL(type, vocab) \
    "{\"normalizer\":null,\"pre_tokenizer\":null,\"model\":{\"type\":\"" type "\",\"vocab\":{" vocab "}}}"
#define WITH(part) "{" part "\"model\":{\"type\":\"WordPiece\",\"vocab\":{" SPECIALS "}}}"
    static const struct {
        const char *text, *words;
    } bad[] = {{MODEL("WordLevel", SPECIALS), "WordLevel"},
               {MODEL("BPE", SPECIALS), "without the pre_tokenizer ByteLevel"},
               {MODEL("WordPiece", SPECIALS ",\"a\":6"), "no word has the id 5"},
               {MODEL("WordPiece", SPECIALS ",\"a\":4"), "two words"},
               {MODEL("WordPiece", SPECIALS ",\"a\":5,\"a\":6"), "duplicate"},
               {MODEL("WordPiece", SPECIALS ",\"a\":\"5\"}"), "not valid JSON"},
               {MODEL("WordPiece", SPECIALS ",\"a\":\"5\""), "must be an integer"},
               {MODEL("WordPiece", SPECIALS ",\"a\":-1"), "must be an integer"},
               {MODEL("WordPiece", SPECIALS ",\"\":5"), "no word"},
               {MODEL("WordPiece", "\"[PAD]\":0"), "[UNK] is missing"},
               {MODEL("WordPiece", ""), "0 words"},
               {"{\"normalizer\":{}}", "model is missing"},
               {"[]", "not an object"},
               {WITH("\"normalizer\":{\"type\":\"Prepend\",\"prepend\":\"_\"},"), "Prepend"},
               {WITH("\"normalizer\":{\"type\":\"Replace\",\"pattern\":{\"Regex\":\"a+\"},\"content\":\"b\"},"), "a+"},
               {WITH("\"pre_tokenizer\":{\"type\":\"Digits\"},"), "Digits"},
               {WITH("\"post_processor\":{\"type\":\"Other\"},"), "Other"},
               {WITH("\"post_processor\":{\"type\":\"BertProcessing\",\"cls\":[\"[CLS]\",3],\"sep\":[\"[SEP]\",3]},"),
                "the vocabulary 2"},
               {WITH("\"added_tokens\":[{\"id\":5,\"content\":\"\"}],"), "no word"},
               {WITH("\"added_tokens\":[{\"id\":7,\"content\":\"x\"}],"), "no word has the id 5"}};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        refused(tokenizer_open(scratch_text("bad.json", bad[i].text)), EXIT_DATA, bad[i].words);
}

/* vocab.txt as Hugging Face reads it: white space at a word's end goes, of equal words the last counts, an empty line
 * has an id, a byte order mark is none of the first word. */
static void lines(void **state)
{
    (void)state;
    struct tokenizer *t =
        tokenizer_open(scratch_text("odd.txt", "\xEF\xBB\xBF[PAD]\r\n[UNK]\r\n[CLS]\n[SEP]\n[MASK]\nred \r\n"
                                               "cat\xC2\xA0\n\n dog\ncat\xE3\x80\x80\nre\rd\n\n"));
    static const int cat = 9, red = 5;
    assert_int_equal(vocab_size(t->vocab), 12);
    assert_int_equal(vocab_used(t->vocab), 11);
    ids(t, "red cat dog", red, cat, 1);
    tokenizer_free(t);
}

/* The flags of added tokens, over the vocabulary of a folder. */
static void added(void **state)
{
    (void)state;
    scratch_text("added/vocab.txt", words);
    scratch_text("added/added_tokens.json", "{\"<two>\": 27, \"<One>\": 26}");
    struct tokenizer *t = tokenizer_open(scratch_path("added"));
    enum { ONE = 26, TWO };
    ids(t, "the <ONE>cat<two>", THE, ONE, CAT, TWO); /* both are looked for in the lower-cased text */
    tokenizer_free(t);
    scratch_text("added/added_tokens.json", "{\"<two>\": 28}");
    refused(tokenizer_open(scratch_path("added")), EXIT_DATA, "which vocab.txt does not give it");
    scratch_text("added/added_tokens.json", "{}");
#define TOKEN(id, content, more) "\"" #id "\":{\"content\":\"" content "\",\"special\":false" more "}"
    scratch_text(
        "added/tokenizer_config.json",
        "{\"added_tokens_decoder\":{" TOKEN(6, "cat", ",\"single_word\":true,\"normalized\":false") "," TOKEN(
            26, "<l>",
            ",\"lstrip\":true,\"normalized\":true") "," TOKEN(27, "<r>",
                                                              ",\"rstrip\":true,\"normalized\":"
                                                              "true") "," TOKEN(28, "<A>",
                                                                                ",\"normalized\":"
                                                                                "false") "," TOKEN(29, "<A><A>",
                                                                                                   ",\"normalized\":"
                                                                                                   "false") "},"
                                                                                                            "\"model_"
                                                                                                            "max_"
                                                                                                            "length\": "
                                                                                                            "77}");
    t = tokenizer_open(scratch_path("added"));
    assert_int_equal(t->limit, 77);
    ids(t, "cats cat", CAT, S, CAT);
    ids(t, "the \t <l> cat<r>  cat", THE, 26, CAT, 27, CAT);
    ids(t, "<A><A><A> <a>", 29, 28, 1, A, 1); /* leftmost, longest; in the text as it stands */
    ids(t, "a <l>", A, 26);
    tokenizer_free(t);
    scratch_text("added/tokenizer_config.json", "{\"split_special_tokens\": true}");
    t = tokenizer_open(scratch_path("added"));
    ids(t, "[SEP]the", 1, 1, 1, THE);
    tokenizer_free(t);
}

/* tokenizer_config.json beside tokenizer.json, as transformers 5 treats it: its BERT class takes case and accents from
 * there, a general class from tokenizer.json; what neither way can be meant is refused. */
static void settings(void **state)
{
    (void)state;
#define CASED(normal, ends, words)                                                                                     \
    "{" normal BERT_SPLIT ends "\"model\":{\"type\":\"WordPiece\",\"vocab\":{" SPECIALS words ",\"Red\":5,\"red\":6}}" \
    "}"
#define LOWER NORMAL(",\"lowercase\":true")
#define UPPER NORMAL(",\"lowercase\":false")
    static const struct {
        const char *json, *config, *refusal;
        int id;
    } cases[] = {{CASED(LOWER, BERT_ENDS, ""), "{}", NULL, 6},
                 {CASED(LOWER, BERT_ENDS, ""), "{\"do_lower_case\": false}", NULL, 5},
                 {CASED(UPPER, BERT_ENDS, ""), "{\"do_lower_case\": true}", NULL, 6},
                 {CASED(UPPER, BERT_ENDS, ""), "{}", "do_lower_case", 0},
                 {CASED(NORMAL(",\"strip_accents\":false"), BERT_ENDS, ""), "{}", "strip_accents", 0},
                 {CASED(UPPER, BERT_ENDS, ""), "{\"tokenizer_class\": \"PreTrainedTokenizerFast\"}", NULL, 5},
                 {CASED(LOWER, BERT_ENDS, ""),
                  "{\"tokenizer_class\": \"PreTrainedTokenizerFast\", \"do_lower_case\": false}", NULL, 6},
                 {CASED(LOWER, "", ""), "{}", "post_processor", 0},
                 {CASED(LOWER, BERT_ENDS, ""), "{\"cls_token\": \"red\"}", "post_processor", 0},
                 {CASED(LOWER, BERT_ENDS, ""), "{\"truncation_side\": \"left\"}", "truncation_side", 0},
                 {CASED(LOWER, BERT_ENDS, ""), "{\"never_split\": [\"red\"]}", "never_split", 0},
                 {CASED("", BERT_ENDS, ""), "{}", "not BERT's", 0},
                 {CASED(LOWER, BERT_ENDS, ""), "{\"added_tokens_decoder\": {\"5\": {\"content\": \"red\"}}}",
                  "stands twice", 0}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        scratch_text("both/tokenizer.json", cases[i].json);
        scratch_text("both/tokenizer_config.json", cases[i].config);
        if (cases[i].refusal) {
            refused(tokenizer_open(scratch_path("both")), EXIT_DATA, cases[i].refusal);
            continue;
        }
        struct tokenizer *t = tokenizer_open(scratch_path("both"));
        ids(t, "Red", cases[i].id);
        tokenizer_free(t);
    }
}

/* tests/golden/tokenizers/NAME/FILE, for free(). */
static char *golden_file(const char *name, const char *file)
{
    char *path = mem_text("tests/golden/tokenizers/%s/%s", name, file), *text = file_read(path, 1 << 20, NULL);
    free(path);
    return text;
}

/* The folder `golden` with the tokenizer as it is published today. */
static void write_today(const char *name)
{
    char *text = golden_file(name, "tokenizer.json"), *map = golden_file("", "charsmap.txt"),
         *config = golden_file(name, "tokenizer_config.json");
    char *at = strstr(text, "CHARSMAP"),
         *whole = at ? mem_text("%.*s%s%s", (int)(at - text), text, map, at + 8) : mem_text("%s", text);
    scratch_text("golden/tokenizer.json", whole);
    scratch_text("golden/tokenizer_config.json", config);
    free(text);
    free(map);
    free(config);
    free(whole);
}

/* Rows of the real libraries: tests/golden/tokenizers/NAME/rows.json, by the tokenizer of a folder. */
static void expect_rows(const char *name, const char *folder)
{
    static struct example e;
    struct tokenizer *t = tokenizer_open(scratch_path(folder));
    char *path = mem_text("tests/golden/tokenizers/%s/rows.json", name);
    struct json *doc = json_load(path, 1 << 20);
    struct json_view rows = json_root(doc);
    size_t n = json_array_length(rows);
    for (size_t i = 0; i < n; i++) {
        struct json_view row = json_element(rows, i), b = json_find(row, "b"), want = json_get(row, "ids");
        struct json_view types = json_find(row, "types");
        const char *a = json_text(json_get(row, "a"));
        tokenizer_encode(t, a, b.node ? json_text(b) : NULL, (int)json_int(json_get(row, "max_len"), 3, 512), &e);
        bool equal = (size_t)e.n == json_array_length(want);
        for (int k = 0; equal && k < e.n; k++)
            equal = e.ids[k] == json_int(json_element(want, (size_t)k), 0, 1000) &&
                    (!types.node || e.types[k] == json_int(json_element(types, (size_t)k), 0, 1));
        if (!equal)
            fail_msg("%s, row %zu: \"%s\" has other ids", folder, i, a);
    }
    print_message("[          ] %s: %zu rows\n", name, n);
    free(path);
    json_free(doc);
    tokenizer_free(t);
}

static void kinds(void **state)
{
    (void)state;
    static const char *const names[] = {"distilbert", "electra",    "mpnet",  "roberta",
                                        "gpt2",       "modernbert", "albert", "deberta-v3"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        write_today(names[i]);
        expect_rows(names[i], "golden");
    }
    struct tokenizer *t = tokenizer_open("tests/golden/tokenizers/electra/tokenizer.json");
    assert_true(t->plain && t->settings.lower && t->role[SPECIAL_CLS] == vocab_id(t->vocab, "[CLS]"));
    tokenizer_free(t); /* BERT's, though no folder says so: a base can be pretrained with the file alone */
    t = tokenizer_open("tests/golden/tokenizers/mpnet/tokenizer.json");
    assert_false(t->plain);
    tokenizer_free(t);
}

/* vocab.json and merges.txt of an older folder, taken from its tokenizer.json. */
static void write_older(const char *name, const char *folder)
{
    char *text = golden_file(name, "tokenizer.json"), *file = mem_text("%s/vocab.json", folder), *merges = NULL;
    struct json *doc = json_parse(text, strlen(text), name), *vocab = json_new();
    struct json_view root = json_root(doc), m = {0}, model = json_get(root, "model"), list = json_get(model, "merges");
    struct json_view added = json_get(root, "added_tokens"), own = json_get(model, "vocab");
    while (json_next(own, &m))
        json_put_int(json_root(vocab), m.key, json_int(m, 0, 1000));
    for (size_t i = 0; i < json_array_length(added); i++) {
        struct json_view a = json_element(added, i);
        const char *content = json_text(json_get(a, "content"));
        if (!json_find(json_root(vocab), content).node)
            json_put_int(json_root(vocab), content, json_int(json_get(a, "id"), 0, 1000));
    }
    merges = mem_text("#version: 0.2\n");
    for (size_t i = 0; i < json_array_length(list); i++) {
        struct json_view v = json_element(list, i);
        bool one = json_has_text(v);
        char *more = mem_text("%s%s%s%s\n", merges, json_text(one ? v : json_element(v, 0)), one ? "" : " ",
                              one ? "" : json_text(json_element(v, 1)));
        free(merges);
        merges = more;
    }
    char *line = json_line(vocab), *other = mem_text("%s/merges.txt", folder);
    scratch_text(file, line);
    scratch_text(other, merges);
    free(text);
    free(file);
    free(merges);
    free(line);
    free(other);
    json_free(doc);
    json_free(vocab);
}

/* Folders of GPT-2 and RoBERTa from before tokenizer.json: the same ids, with tokenizer_config.json and without, where the
 * class's own words count: then a blank before <mask> stays, as transformers 5 has it. */
static void merges(void **state)
{
    (void)state;
    static const char *const names[] = {"roberta", "gpt2"};
    for (int i = 0; i < 2; i++) {
        char *config = golden_file(names[i], "tokenizer_config.json"), *folder = mem_text("older-%s", names[i]),
             *file = mem_text("%s/tokenizer_config.json", folder), *type = mem_text("%s/config.json", folder);
        write_older(names[i], folder);
        scratch_text(file, config);
        expect_rows(names[i], folder);
        remove(scratch_path(file));
        scratch_text(type, i ? "{\"model_type\": \"gpt2\"}" : "{\"model_type\": \"roberta\"}");
        struct tokenizer *t = tokenizer_open(scratch_path(folder));
        static struct example e;
        tokenizer_encode(t, i ? "<|endoftext|>" : "</s> <mask>", NULL, 64, &e);
        int n = i ? 1 : 5, want[2][5] = {{0, 2, vocab_id(t->vocab, "\xC4\xA0"), vocab_id(t->vocab, "<mask>"), 2},
                                         {vocab_id(t->vocab, "<|endoftext|>")}};
        assert_int_equal(e.n, n);
        for (int k = 0; k < n; k++)
            assert_int_equal(e.ids[k], want[i][k]);
        tokenizer_free(t);
        free(config);
        free(folder);
        free(file);
        free(type);
    }
}

static void refuse_merges(const char *lines, const char *because)
{
    scratch_text("older-roberta/merges.txt", lines);
    refused(tokenizer_open(scratch_path("older-roberta")), EXIT_DATA, because);
}

/* What transformers' class would leave out of such a folder, or cannot read, is refused. */
static void merges_refused(void **state)
{
    (void)state;
    refuse_merges("a b c\n", "merge 0 speaks of");
    refuse_merges("\n", "merge 0 is not a pair");
    refuse_merges("a \xC4\n", "line 1 of merges.txt");
    remove(scratch_path("older-roberta/merges.txt"));
    refused(tokenizer_open(scratch_path("older-roberta")), EXIT_DATA, "vocab.json with merges.txt");
    scratch_text("older-gpt2/config.json", "{\"model_type\": \"deberta-v2\"}");
    refused(tokenizer_open(scratch_path("older-gpt2")), EXIT_DATA, "only a tokenizer.json says");
    write_today("modernbert"); /* BPE that first normalizes */
    scratch_text("golden/tokenizer_config.json", "{\"tokenizer_class\": \"RobertaTokenizer\"}");
    refused(tokenizer_open(scratch_path("golden")), EXIT_DATA, "not the byte-level BPE of RoBERTa");
    write_today("gpt2"); /* texts without ends */
    scratch_text("golden/tokenizer_config.json",
                 "{\"tokenizer_class\": \"RobertaTokenizer\", \"cls_token\": \"a\", \"sep_token\": \"b\"}");
    refused(tokenizer_open(scratch_path("golden")), EXIT_DATA, "the post_processor is not RoBERTa's");
}

/* Every golden row is found among the rows of its dev file, in order, by its ids and types alone. */
static void golden_task(const char *shared, const char *task, int text, int pair)
{
    char path[SCRATCH_PATH];
    snprintf(path, sizeof path, "%s/models/minilm", shared);
    struct tokenizer *t = tokenizer_open(path);
    snprintf(path, sizeof path, "%s/golden/text/%s.h5", shared, task);
    struct h5 *h = h5_open(path);
    size_t n, tokens, same;
    double *start = h5_read_f64(h, "start", &n), *id = h5_read_f64(h, "input_ids", &tokens);
    double *type = h5_read_f64(h, "token_type_ids", &same);
    h5_close(h);
    snprintf(path, sizeof path, "%s/glue/%s/dev.tsv", shared, task);
    struct csv_reader *csv = csv_open(path, FORMAT_TSV);
    struct csv_row row;
    static struct example e;
    size_t found = 0;
    while (found + 1 < n && csv_next(csv, &row)) {
        tokenizer_encode(t, row.field[text], pair ? row.field[pair] : NULL, 128, &e);
        const double *want = id + (size_t)start[found], *want_type = type + (size_t)start[found];
        bool equal = e.n == start[found + 1] - start[found];
        for (int i = 0; equal && i < e.n; i++)
            equal = e.ids[i] == want[i] && e.types[i] == want_type[i];
        found += equal;
    }
    print_message("[          ] %s: %zu of %zu rows, %zu ids\n", task, found, n - 1, tokens);
    assert_int_equal(found, n - 1);
    csv_close(csv);
    free(start);
    free(id);
    free(type);
    tokenizer_free(t);
}

static void golden(void **state)
{
    (void)state;
    const char *shared = getenv("PEFTLAB_SHARED");
    if (!shared)
        skip();
    golden_task(shared, "CoLA", 3, 0);
    golden_task(shared, "MRPC", 3, 4);
    golden_task(shared, "STS-B", 7, 8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces),         cmocka_unit_test(empty),   cmocka_unit_test(unicode),
        cmocka_unit_test(invalid),        cmocka_unit_test(hundred), cmocka_unit_test(pairs),
        cmocka_unit_test(json),           cmocka_unit_test(lines),   cmocka_unit_test(added),
        cmocka_unit_test(settings),       cmocka_unit_test(kinds),   cmocka_unit_test(merges),
        cmocka_unit_test(merges_refused), cmocka_unit_test(golden)};
    return cmocka_run_group_tests(tests, setup, teardown);
}

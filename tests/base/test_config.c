/* Every field of a config.json, of every architecture: one that computes gives another hash, which is in every run's key, or
 * the folder is refused; one that does not is named here, and gives the same. Catches: a field that is read into nothing. */
/* precision: float */
#include "base/base.h"
#include "core/file.h"
#include "core/json.h"
#include "tests/scratch.h"

#include <fcntl.h>
#include <glob.h>

/* What changes no number of a training here. Dropout is a run's option, a classifier's start the program's own. */
static const char *const idle[] = {"attention_dropout",
                                   "attention_probs_dropout_prob",
                                   "attn_pdrop",
                                   "bos_token_id",
                                   "classifier_dropout",
                                   "classifier_dropout_prob",
                                   "cls_token_id",
                                   "decoder_bias",
                                   "deterministic_flash_attn",
                                   "dropout",
                                   "dtype",
                                   "embd_pdrop",
                                   "embedding_dropout",
                                   "eos_token_id",
                                   "hidden_dropout_prob",
                                   "initializer_cutoff_factor",
                                   "initializer_range",
                                   "legacy",
                                   "mlp_dropout",
                                   "pooler_dropout",
                                   "qa_dropout",
                                   "resid_pdrop",
                                   "sep_token_id",
                                   "seq_classif_dropout",
                                   "sinusoidal_pos_embds",
                                   "sparse_pred_ignore_index",
                                   "sparse_prediction",
                                   "summary_activation",
                                   "summary_first_dropout",
                                   "summary_last_dropout",
                                   "summary_proj_to_labels",
                                   "summary_type",
                                   "summary_use_proj",
                                   "tie_word_embeddings",
                                   "transformers_version",
                                   "use_cache"};

/* These compute in some architectures: so for the others, and "global_attn_every_n_layers" yields to layer_types. */
static const struct {
    const char *base, *key;
} idle_there[] = {{"distilbert", "pad_token_id"},
                  {"electra", "pad_token_id"},
                  {"mpnet", "pad_token_id"},
                  {"albert", "pad_token_id"},
                  {"modernbert", "pad_token_id"},
                  {"deberta-v3", "pad_token_id"},
                  {"modernbert", "global_attn_every_n_layers"}};

static bool is_idle(const char *base, const char *key)
{
    for (size_t i = 0; i < sizeof idle / sizeof *idle; i++)
        if (strcmp(key, idle[i]) == 0)
            return true;
    for (size_t i = 0; i < sizeof idle_there / sizeof *idle_there; i++)
        if (strcmp(base, idle_there[i].base) == 0 && strcmp(key, idle_there[i].key) == 0)
            return true;
    return false;
}

/* The hash of the folder `base` as it lies there; "" when it is refused. Says nothing: the folder brings a classifier, which
 * would be said each time. */
static void hash_now(char hex[HASH_HEX])
{
    struct base b;
    struct trap t;
    int said = dup(STDERR_FILENO), nowhere = open("/dev/null", O_WRONLY);
    dup2(nowhere, STDERR_FILENO);
    *hex = '\0';
    if (trap_set(&t)) {
        dup2(said, STDERR_FILENO);
        assert_int_equal(t.code, EXIT_DATA);
    } else {
        base_open(&b, scratch_path("base"), 1);
        base_find(&b, scratch_path("results"));
        trap_end(&t);
        dup2(said, STDERR_FILENO);
        memcpy(hex, b.hash, HASH_HEX);
        base_close(&b);
    }
    close(said);
    close(nowhere);
}

/* Puts another value in the place of a scalar; false where there is none left to try. */
static bool put_other(struct json_view at, const char *key, struct json_view v, int turn)
{
    char number[64], *end;
    if (json_has_text(v)) {
        static const char *const words[] = {"relu", "cls", "other"};
        json_put_string(at, key, words[turn % 3]);
        return turn < 3;
    }
    if (!json_scalar(v, number, sizeof number) || !*number)
        return false;
    if (strcmp(number, "true") == 0 || strcmp(number, "false") == 0) {
        json_put_bool(at, key, *number == 'f');
        return turn < 1;
    }
    long n = strtol(number, &end, 10);
    if (*end)
        json_put_real(at, key, strtod(number, NULL) * 8);
    else
        json_put_int(at, key, turn == 0 ? 1 : turn == 1 ? 2 * n + 2 : n - 1);
    return turn < (*end ? 1 : 3);
}

/* What becomes of a field of config.json, or of one within it: some other value gives another hash, or is refused. */
struct outcome {
    bool other, refused;
};

static struct outcome try_field(const char *text, const char *const in[2], const char *key, const char *before)
{
    struct outcome o = {false, false};
    for (int turn = 0;; turn++) {
        struct json *doc = json_parse(text, strlen(text), "config.json");
        struct json_view at = json_root(doc);
        for (int i = 0; i < 2 && in[i]; i++)
            at = json_get(at, in[i]);
        bool more = put_other(at, key, json_find(at, key), turn);
        char after[HASH_HEX];
        if (more)
            json_write(doc, scratch_path("base/config.json"));
        json_free(doc);
        if (!more)
            return o;
        hash_now(after);
        o.refused |= !*after;
        o.other |= *after && strcmp(after, before) != 0;
    }
}

/* The tokenizer of 40 words that the golden weights have rows for. */
static void write_tokenizer(void)
{
    static const char frame[] = "{\"model\": {\"type\": \"WordPiece\"}}";
    struct json *doc = json_parse(frame, sizeof frame - 1, "tokenizer.json");
    struct json_view vocab = json_put_object(json_get(json_root(doc), "model"), "vocab");
    for (int i = 0; i < 40; i++) {
        char word[8];
        snprintf(word, sizeof word, i ? "w%d" : "[UNK]", i);
        json_put_int(vocab, word, i);
    }
    json_write(doc, scratch_path("base/tokenizer.json"));
    json_free(doc);
    scratch_text("base/tokenizer_config.json", "{\"tokenizer_class\": \"PreTrainedTokenizerFast\"}");
}

static char *take_base(const char *folder)
{
    char *weights = mem_text("%s/model.safetensors", folder), *config = mem_text("%s/config.json", folder);
    size_t size;
    char *bytes = file_read(weights, 1 << 26, &size), *text = file_read(config, 1 << 20, NULL);
    scratch_bytes("base/model.safetensors", bytes, size);
    scratch_text("base/config.json", text);
    free(bytes);
    free(weights);
    free(config);
    return text;
}

static void fields(void **state)
{
    (void)state;
    glob_t folders;
    assert_int_equal(glob("tests/golden/bases/*", 0, NULL, &folders), 0);
    assert_true(folders.gl_pathc >= 8);
    write_tokenizer();
    for (size_t i = 0; i < folders.gl_pathc; i++) {
        const char *name = strrchr(folders.gl_pathv[i], '/') + 1;
        char before[HASH_HEX], *text = take_base(folders.gl_pathv[i]);
        struct json *doc = json_parse(text, strlen(text), name);
        struct json_view m = {0};
        int others = 0;
        hash_now(before);
        assert_true(*before);
        while (json_next(json_root(doc), &m)) {
            struct outcome o = try_field(text, (const char *const[2]){NULL, NULL}, m.key, before);
            bool scalar =
                json_has_text(m) || (json_scalar(m, (char[64]){""}, 64) && json_find(json_root(doc), m.key).node);
            if (scalar && (o.other || o.refused) == is_idle(name, m.key))
                fail_msg("%s: %s %s", name, m.key,
                         o.other     ? "gives another hash"
                         : o.refused ? "is refused"
                                     : "is idle");
            others += o.other;
        }
        assert_true(others >= 2); /* heads and activation at least; DistilBERT's eps is fixed */
        print_message("[          ] %s: %d fields in the hash\n", name, others);
        json_free(doc);
        free(text);
    }
    globfree(&folders);
}

/* What stands deeper than one level. */
static void nested(void **state)
{
    (void)state;
    static const char *const rope[][2] = {{"rope_parameters", "full_attention"},
                                          {"rope_parameters", "sliding_attention"}};
    char before[HASH_HEX], after[HASH_HEX], *text = take_base("tests/golden/bases/modernbert");
    hash_now(before);
    for (int i = 0; i < 2; i++) {
        struct outcome o = try_field(text, rope[i], "rope_theta", before);
        assert_true(o.other && !o.refused);
        o = try_field(text, rope[i], "rope_type", before);
        assert_true(o.refused && !o.other);
    }
    char *kinds = strstr(text, "\"sliding_attention\",\n"); /* of layer 1: all layers global */
    assert_non_null(kinds);
    char *global =
        mem_text("%.*s\"full_attention\",%s", (int)(kinds - text), text, kinds + strlen("\"sliding_attention\","));
    scratch_text("base/config.json", global);
    hash_now(after);
    assert_true(*after && strcmp(after, before) != 0);
    free(global);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(fields), cmocka_unit_test(nested)};
    return cmocka_run_group_tests(tests, scratch_open, scratch_close);
}

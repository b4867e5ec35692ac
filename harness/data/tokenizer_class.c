/* What BERT's, MPNet's, RoBERTa's and GPT-2's classes of transformers 5 do. */
#include "data/tokenizer_class.h"

#include "core/die.h"
#include "data/bpe.h"
#include "data/wordpiece.h"

#include <string.h>

const struct tokenizer_own tokenizer_own[] = {
    [BERT] = {{"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"}, {NULL}},
    [ROBERTA] = {{"<pad>", "<unk>", "<s>", "</s>", "<mask>"}, {"<s>", "</s>"}},
    [GPT2] = {{NULL, "<|endoftext|>", NULL, NULL, NULL}, {"<|endoftext|>", "<|endoftext|>"}},
    [GENERIC] = {{NULL}, {NULL}}};

static bool begins(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

enum family tokenizer_family(const struct tokenizer_opening *o)
{
    static const struct {
        const char *class, *type;
        enum family family;
    } known[] = {{"BertTokenizer", "bert", BERT},          {"DistilBertTokenizer", "distilbert", BERT},
                 {"ElectraTokenizer", "electra", BERT},    {"MPNetTokenizer", "mpnet", MPNET},
                 {"RobertaTokenizer", "roberta", ROBERTA}, {"GPT2Tokenizer", "gpt2", GPT2}};
    struct json_view class = {.doc = NULL}, type = {.doc = NULL};
    if (!o->folder)
        return o->json ? GENERIC : BERT;
    if (o->config)
        class = json_find(json_root(o->config), "tokenizer_class");
    if (o->model) {
        type = json_find(json_root(o->model), "model_type");
        class = class.node ? class : json_find(json_root(o->model), "tokenizer_class");
    }
    if (!class.node && !type.node)
        return BERT;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (class.node ? begins(json_text(class), known[i].class) : strcmp(json_text(type), known[i].type) == 0)
            return known[i].family;
    if (!o->json && class.node)
        die(EXIT_DATA, "%s: tokenizer_class is %.60s, which is read from a tokenizer.json alone", o->path,
            json_text(class));
    return GENERIC;
}

/* A setting of BERT's normalizer: what tokenizer_config.json states wins over tokenizer.json, as in transformers. What
 * it does not state transformers sets to `class`; where tokenizer.json says otherwise nobody can know what is meant. */
static bool settle(const struct tokenizer_opening *o, const char *key, bool said, bool json, bool class)
{
    struct json_view v = {.doc = NULL};
    if (o->config)
        v = json_find(json_root(o->config), key);
    if (v.node)
        return json_bool(v);
    if (said && json != class)
        die(EXIT_DATA,
            "%s: tokenizer.json says %s=%s, and transformers takes %s since tokenizer_config.json does not say it: "
            "write "
            "\"%s\": %s into tokenizer_config.json, or \"tokenizer_class\": \"PreTrainedTokenizerFast\"",
            o->path, key, json ? "true" : "false", class ? "true" : "false", key, json ? "true" : "false");
    return class;
}

struct wordpiece_settings tokenizer_settle(const struct tokenizer_opening *o, const struct normal_step *json)
{
    struct wordpiece_settings s = {.longest = TOKENIZER_WORD};
    s.lower = settle(o, "do_lower_case", json, json && json->lower, true);
    s.strip = settle(o, "strip_accents", json && json->strip_said, json && json->strip, s.lower);
    s.cjk = settle(o, "tokenize_chinese_chars", json, json && json->cjk, true);
    return s;
}

/* What the class puts around texts must be what tokenizer.json says, for the class wins. */
static void expect_ends(const struct tokenizer_opening *o, const struct sequence *single, const struct sequence *pair,
                        const char *ends)
{
    if (!sequence_equal(single, &o->t->single) || !sequence_equal(pair, &o->t->pair))
        die(EXIT_DATA,
            "%s: the post_processor is not %s, which transformers puts in its place: write "
            "\"tokenizer_class\": \"PreTrainedTokenizerFast\" into tokenizer_config.json to have it as it stands",
            o->of, ends);
}

static void expect_class(const struct tokenizer_opening *o, bool same, const char *whose)
{
    if (!same)
        die(EXIT_DATA,
            "%s: tokenizer.json is not %s, and transformers opens it by that class, which leaves the difference out: "
            "write \"tokenizer_class\": \"PreTrainedTokenizerFast\" into tokenizer_config.json to have it as it stands",
            o->of, whose);
}

/* transformers' classes for BERT and its kin take the words of tokenizer.json and bring the rest with them. */
static void overrule_bert(struct tokenizer_opening *o, enum family family, struct json_view model)
{
    struct tokenizer *t = o->t;
    struct json_view longest = json_find(model, "max_input_chars_per_word");
    struct sequence single, pair;
    expect_class(o,
                 t->kind == &piece_wordpiece && t->splitter.bert && t->normalizer.n == 1 &&
                     t->normalizer.step[0].kind == NORMAL_BERT && t->normalizer.step[0].clean &&
                     (!longest.node || json_int(longest, 1, VOCAB_WORD_BYTES) == TOKENIZER_WORD),
                 "BERT's");
    struct wordpiece_settings settings = tokenizer_settle(o, &t->normalizer.step[0]);
    normalizer_bert(&t->normalizer, settings.lower, settings.strip, settings.cjk);
    if (family == MPNET)
        return;
    for (int r = 0; r < SPECIAL_WORDS; r++)
        if (t->role[r] < 0 && r != SPECIAL_MASK && r != SPECIAL_PAD)
            die(EXIT_DATA, "%s: the word %s is missing: is this a BERT vocabulary?", o->of,
                tokenizer_own[BERT].role[r]);
    sequence_bert(&single, &pair, t->role[SPECIAL_CLS], t->role[SPECIAL_SEP]);
    expect_ends(o, &single, &pair, "BERT's [CLS] A [SEP] B [SEP]");
}

/* Those of RoBERTa and GPT-2 take words and merges; RoBERTa's ends texts in its own way. */
static void overrule_bpe(struct tokenizer_opening *o, enum family family, struct json_view model)
{
    struct tokenizer *t = o->t;
    struct json_view whole = json_find(model, "ignore_merges");
    const struct splitter *s = &t->splitter;
    struct sequence single, pair;
    expect_class(o,
                 t->kind == &piece_bpe && t->normalizer.n == 0 && s->bytes && !s->whole && !s->bert && !s->white &&
                     !s->meta && !(whole.node && json_bool(whole)),
                 "the byte-level BPE of RoBERTa and GPT-2");
    t->splitter.prefix_blank = settle(o, "add_prefix_space", true, s->prefix_blank, false);
    if (family == GPT2)
        return;
    for (int r = SPECIAL_CLS; r <= SPECIAL_SEP; r++)
        if (t->role[r] < 0)
            die(EXIT_DATA, "%s: the word %s is missing: is this a RoBERTa vocabulary?", o->of,
                tokenizer_own[ROBERTA].role[r]);
    sequence_roberta(&single, &pair, t->role[SPECIAL_CLS], t->role[SPECIAL_SEP]);
    if (t->files && strcmp(t->file[0].name, "tokenizer.json") == 0)
        expect_ends(o, &single, &pair, "RoBERTa's <s> A </s> </s> B </s>");
    t->single = single;
    t->pair = pair;
}

/* Marks BERT's own WordPiece with its five special words and no other: a vocabulary and four settings are all of it. */
static void mark_plain(struct tokenizer *t, struct json_view model)
{
    struct json_view longest = json_find(model, "max_input_chars_per_word"), unknown = json_find(model, "unk_token");
    const struct normal_step *s = t->normalizer.step;
    struct sequence single, pair;
    int most = longest.node ? (int)json_int(longest, 1, VOCAB_WORD_BYTES) : TOKENIZER_WORD;
    if (t->kind != &piece_wordpiece || t->normalizer.n != 1 || s->kind != NORMAL_BERT || !s->clean ||
        !t->splitter.bert || t->added.n != SPECIAL_WORDS || most > TOKENIZER_WORD ||
        (unknown.node && strcmp(json_text(unknown), tokenizer_own[BERT].role[SPECIAL_UNK]) != 0))
        return;
    for (int r = 0; r < SPECIAL_WORDS; r++) {
        const struct added_token *a = added_find(&t->added, tokenizer_own[BERT].role[r]);
        if (!a || !a->special || a->lstrip || a->rstrip || a->normalized || a->single_word)
            return;
        t->role[r] = a->id;
    }
    sequence_bert(&single, &pair, t->role[SPECIAL_CLS], t->role[SPECIAL_SEP]);
    t->settings = (struct wordpiece_settings){s->lower, s->strip, s->cjk, most};
    t->plain = sequence_equal(&single, &t->single) && sequence_equal(&pair, &t->pair);
}

void tokenizer_obey(struct tokenizer_opening *o, enum family family, struct json_view model)
{
    if (family == BERT || family == MPNET)
        overrule_bert(o, family, model);
    else if (family == ROBERTA || family == GPT2)
        overrule_bpe(o, family, model);
    mark_plain(o->t, model);
}

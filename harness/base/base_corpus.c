/* Bases made from a user's text: how they are asked for, what their file keeps, and how it is opened. */
#include "base/base_corpus.h"

#include "base/masked.h"
#include "base/pretrain.h"
#include "core/arena.h"
#include "core/build.h"
#include "core/die.h"
#include "core/h5.h"
#include "core/option.h"
#include "data/corpus.h"
#include "data/tokenizer_files.h"
#include "model/layers.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct asked {
    char corpus[OPTION_TEXT], vocab[OPTION_TEXT], name[OPTION_TEXT];
    int documents, layers, d, heads, ffn, length, steps, batch, warmup, seed;
    double lr;
};

static const struct option options[] = {
    OPTION_T(asked, corpus, "", "file of plain UTF-8 text to pretrain on"),
    OPTION_T(asked, vocab, "", "vocab.txt, tokenizer.json, or the folder of either"),
    OPTION_T(asked, name, "corpus", "what the base's file is called"),
    OPTION_C(asked, documents, CORPUS_AUTO, "auto|lines|blocks", "what parts documents; auto: blank lines where any"),
    OPTION_I(asked, layers, 4, 1, MODEL_LAYERS_MAX, "layers"),
    OPTION_I(asked, d, 256, 1, 4096, "width"),
    OPTION_I(asked, heads, 4, 1, 256, "attention heads"),
    OPTION_I(asked, ffn, 1024, 1, 16384, "width of the feed-forward layers"),
    OPTION_I(asked, length, 128, 8, EXAMPLE_TOKENS, "tokens of an example"),
    OPTION_I(asked, steps, 10000, 1, 100000000, "optimizer steps"),
    OPTION_I(asked, batch, 32, 1, 1024, "examples of a step"),
    OPTION_I(asked, warmup, 400, 0, 100000000, "steps to the full rate"),
    OPTION_R(asked, lr, 1e-3, 1e-9, 1, "learning rate after the warm-up; falls to 0"),
    OPTION_I(asked, seed, 1, 0, 2147483647, "seed of initialisation, order and masks"),
    OPTION_END};

static void parse(struct asked *a, int n, char **assignments)
{
    option_defaults(options, a);
    for (int i = 0; i < n; i++) {
        char key[32], known[256] = "";
        size_t size = strcspn(assignments[i], "=");
        snprintf(key, sizeof key, "%.*s", (int)size, assignments[i]);
        const struct option *o = assignments[i][size] ? option_find(options, key) : NULL;
        for (const struct option *k = options; k->name; k++)
            snprintf(known + strlen(known), sizeof known - strlen(known), " %s", k->name);
        if (!o)
            die(EXIT_USAGE, "pretrain corpus=FILE does not take \"%.60s\", but%s", assignments[i], known);
        option_set(o, a, assignments[i] + size + 1);
    }
    if (!*a->corpus || !*a->vocab)
        die(EXIT_USAGE, "pretraining on a text needs corpus=FILE and vocab=FILE (vocab.txt or tokenizer.json)");
    for (const char *c = a->name; *c || c == a->name; c++)
        if (!isalnum((unsigned char)*c) && (!strchr("-_", *c) || !*c))
            die(EXIT_USAGE, "name=%.60s: a base's name is letters, digits, - and _", a->name);
    if (a->d % a->heads)
        die(EXIT_USAGE, "d=%d is not a multiple of heads=%d", a->d, a->heads);
}

/* Words and settings: what turns text into ids. */
static void tokenizer_hash(const struct tokenizer *t, char hex[HASH_HEX])
{
    struct hash h;
    int flags[4] = {t->settings.lower, t->settings.strip, t->settings.cjk, t->settings.longest};
    hash_open(&h);
    hash_add(&h, flags, sizeof flags);
    for (int i = 0; i < vocab_size(t->vocab); i++)
        hash_add(&h, vocab_word(t->vocab, i), strlen(vocab_word(t->vocab, i)) + 1);
    hash_close(&h, hex);
}

static void corpus_key(struct base *b, const struct corpus_facts *f)
{
    char vocab[HASH_HEX], text[1024];
    const struct recipe *r = b->recipe;
    const struct model_config *c = &b->config;
    tokenizer_hash(b->tokenizer, vocab);
    snprintf(text, sizeof text,
             "corpus=%s documents=%s vocab=%s seed=%d d=%d layers=%d heads=%d ffn=%d length=%d steps=%d batch=%d "
             "warmup=%d lr=%.17g abi=%d %s",
             f->hash, f->blocks ? "blocks" : "lines", vocab, b->seed, c->d, c->layers, c->heads, c->ffn, c->positions,
             r->steps, r->batch, r->warmup, r->lr, PEFTLAB_ABI, REAL_NAME);
    hash_bytes(text, strlen(text), b->key);
}

void base_open_corpus(struct base *b, int n, char **assignments)
{
    struct asked a;
    parse(&a, n, assignments);
    *b = (struct base){.image = -1, .seed = a.seed, .own = mem_alloc(sizeof *b->own)};
    snprintf(b->name, sizeof b->name, "%s", a.name);
    b->tokenizer = tokenizer_open(a.vocab);
    if (!b->tokenizer->plain || b->tokenizer->settings.longest != TOKENIZER_WORD)
        die(EXIT_DATA, "%s: pretraining takes BERT's own WordPiece, without added tokens or other settings", a.vocab);
    if (vocab_size(b->tokenizer->vocab) > CLASSES_MOST)
        die(EXIT_DATA, "%s: %d words; pretraining takes at most %d", a.vocab, vocab_size(b->tokenizer->vocab),
            CLASSES_MOST);
    for (int i = 0; i < vocab_size(b->tokenizer->vocab); i++)
        if (strpbrk(vocab_word(b->tokenizer->vocab, i), "\r\n"))
            die(EXIT_DATA, "%s: the word with id %d holds a line break; it cannot be stored with a base", a.vocab, i);
    b->corpus = corpus_open(a.corpus, (enum corpus_form)a.documents, b->tokenizer);
    *b->own = (struct recipe){
        .name = b->name, .steps = a.steps, .batch = a.batch, .warmup = a.warmup, .lr = a.lr, .decay = RECIPE_DECAY};
    b->config = (struct model_config){.vocab = vocab_size(b->tokenizer->vocab),
                                      .d = a.d,
                                      .layers = a.layers,
                                      .heads = a.heads,
                                      .ffn = a.ffn,
                                      .positions = a.length,
                                      .types = 2,
                                      .eps = 1e-12,
                                      .mlm = true};
    b->own->config = b->config;
    b->recipe = b->own;
    corpus_key(b, corpus_facts(b->corpus));
}

/* Of the masked words that the held-out score asks for: their entropy, which no guess by frequency alone goes below,
 * and the share of words that the vocabulary does not know. */
static void describe_words(const struct base *b, const struct masked_source *from, double *entropy, double *unknown)
{
    struct masked_batch m = {0};
    double *count = mem_alloc((size_t)b->config.vocab * sizeof *count), n = 0;
    for (int left = HELD_OUT_DOCUMENTS, step = 0; left > 0; left -= m.B, step++) {
        masked_draw(&m, from, left < from->batch ? left : from->batch, HELD_OUT_SEED, MASKED_HELD_OUT, (uint32_t)step);
        for (int i = 0; i < m.n; i++)
            count[m.label[i]]++;
        n += m.n;
    }
    *entropy = 0;
    for (int i = 0; i < b->config.vocab; i++)
        *entropy -= count[i] > 0 ? count[i] / n * log(count[i] / n) : 0;
    *unknown = count[b->tokenizer->role[SPECIAL_UNK]] / n;
    free(count);
    masked_free(&m);
}

static void write_vocab(struct h5 *h, const struct tokenizer *t)
{
    size_t size[1] = {0};
    char *text = NULL;
    for (int i = 0; i < vocab_size(t->vocab); i++) {
        const char *word = vocab_word(t->vocab, i);
        size_t n = strlen(word);
        text = mem_grow(text, size[0] + n + 1);
        memcpy(text + size[0], word, n);
        text[size[0] + n] = '\n';
        size[0] += n + 1;
    }
    h5_write(h, "/vocab/words", H5_U8, 1, size, text, NULL);
    free(text);
    h5_set_i64(h, "/vocab", "lower", t->settings.lower);
    h5_set_i64(h, "/vocab", "strip", t->settings.strip);
    h5_set_i64(h, "/vocab", "cjk", t->settings.cjk);
    h5_set_i64(h, "/vocab", "longest", t->settings.longest);
}

void base_accept_corpus(struct h5 *h, const struct base *b, struct model *m)
{
    const struct corpus_facts *f = corpus_facts(b->corpus);
    const struct model_config *c = &b->config;
    struct masked_source from = {b->corpus, c->positions, b->recipe->batch};
    double entropy, unknown;
    write_vocab(h, b->tokenizer);
    h5_set_text(h, "/corpus", "sha256", f->hash);
    h5_set_i64(h, "/corpus", "bytes", f->bytes);
    h5_set_i64(h, "/corpus", "documents", f->documents);
    h5_set_i64(h, "/corpus", "held_out_documents", f->held_documents);
    h5_set_i64(h, "/corpus", "sentences", f->sentences);
    h5_set_i64(h, "/config", "d", c->d);
    h5_set_i64(h, "/config", "layers", c->layers);
    h5_set_i64(h, "/config", "heads", c->heads);
    h5_set_i64(h, "/config", "ffn", c->ffn);
    h5_set_i64(h, "/config", "positions", c->positions);
    h5_set_f64(h, "/config", "eps", c->eps);
    struct mlm_score s = pretrain_score(m, &from, HELD_OUT_DOCUMENTS);
    describe_words(b, &from, &entropy, &unknown);
    h5_set_f64(h, "/acceptance", "mlm_loss", s.loss);
    h5_set_f64(h, "/acceptance", "mlm_accuracy", s.accuracy);
    h5_set_f64(h, "/acceptance", "coherence", s.coherence);
    h5_set_f64(h, "/acceptance", "word_entropy", entropy);
    h5_set_f64(h, "/acceptance", "unknown_words", unknown);
}

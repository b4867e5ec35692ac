/* tokenizer.json is the truth; tokenizer_config.json may overrule it where transformers' class for the folder does. */
#include "data/tokenizer_files.h"

#include "core/arena.h"
#include "core/die.h"
#include "core/file.h"
#include "data/bpe.h"
#include "data/tokenizer_class.h"
#include "data/tokenizer_keys.h"
#include "data/tokenizer_merges.h"
#include "data/unigram.h"
#include "data/wordpiece.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const tokenizer_file_names[] = {"tokenizer.json",
                                            "vocab.txt",
                                            "tokenizer_config.json",
                                            "added_tokens.json",
                                            "special_tokens_map.json",
                                            "vocab.json",
                                            "merges.txt",
                                            NULL};

static const char *const role_key[SPECIAL_WORDS] = {"pad_token", "unk_token", "cls_token", "sep_token", "mask_token"};

static char *path_in(const struct tokenizer_opening *o, const char *file)
{
    return o->folder ? mem_text("%s/%s", o->path, file) : mem_text("%s", o->path);
}

/* Keeps a file's bytes and returns them, or NULL where it is not there. */
static const struct tokenizer_file *keep(struct tokenizer_opening *o, const char *file)
{
    char *path = path_in(o, file);
    DEFER(free, path);
    if (!file_exists(path))
        return NULL;
    struct tokenizer_file *f = &o->t->file[o->t->files];
    f->bytes = file_read(path, VOCAB_FILE_BYTES, &f->size);
    f->name = mem_text("%s", file);
    o->t->files++;
    return f;
}

static struct json *read_json(struct tokenizer_opening *o, const char *file)
{
    const struct tokenizer_file *f = keep(o, file);
    if (!f)
        return NULL;
    char *name = path_in(o, file);
    DEFER(free, name);
    return json_parse(f->bytes, f->size, name);
}

/* ---- Added tokens, from all the places where they can stand. */

/* "[SEP]", or an object with its content. */
static const char *content_of(struct json_view v)
{
    return json_text(json_has_text(v) ? v : json_get(v, "content"));
}

static struct added_token flags_of(struct json_view v, bool special)
{
    struct added_token t = {.special = special};
    if (json_has_text(v))
        return t;
    t.single_word = json_flag(v, "single_word", false);
    t.lstrip = json_flag(v, "lstrip", false);
    t.rstrip = json_flag(v, "rstrip", false);
    t.special = json_flag(v, "special", special);
    t.normalized = json_flag(v, "normalized", !t.special);
    return t;
}

/* One of them, with its id; two files may name it, if they agree. */
static void add(struct tokenizer_opening *o, struct json_view v, long long id)
{
    const char *content = content_of(v);
    struct added_token flags = flags_of(v, false);
    const struct added_token *old = added_find(&o->t->added, content);
    if (old && (old->single_word != flags.single_word || old->lstrip != flags.lstrip || old->rstrip != flags.rstrip ||
                old->normalized != flags.normalized || old->id != id))
        die(EXIT_DATA, "%s: the added token \"%.60s\" is another in tokenizer.json than in tokenizer_config.json",
            o->path, content);
    added_put(&o->t->added, content, (int)id, &flags);
}

static long long id_of(struct json_view v)
{
    return json_int(v, 0, VOCAB_WORDS - 1);
}

static void collect_added(struct tokenizer_opening *o)
{
    static const struct added_token word = {.normalized = true};
    struct json_view list = o->json ? json_find(json_root(o->json), "added_tokens") : (struct json_view){.doc = NULL};
    struct json_view decoder = {.doc = NULL}, m = {0};
    for (size_t i = 0; list.node && i < json_array_length(list); i++)
        add(o, json_element(list, i), id_of(json_get(json_element(list, i), "id")));
    if (o->config)
        decoder = json_find(json_root(o->config), "added_tokens_decoder");
    while (decoder.node && json_next(decoder, &m)) {
        char *end;
        long long id = strtoll(m.key, &end, 10);
        if (!*m.key || *end || id < 0 || id >= VOCAB_WORDS)
            die(EXIT_DATA, "%s/tokenizer_config.json: \"%.40s\" in added_tokens_decoder is no id", o->path, m.key);
        add(o, m, id);
    }
    m = (struct json_view){0};
    while (o->added && json_next(json_root(o->added), &m)) {
        const struct added_token *old = added_find(&o->t->added, m.key);
        if (old && old->id != id_of(m))
            die(EXIT_DATA, "%s/added_tokens.json: \"%.60s\" has another id elsewhere", o->path, m.key);
        added_put(&o->t->added, m.key, (int)id_of(m), &word);
    }
}

/* The word that plays a role: tokenizer_config.json and special_tokens_map.json may name it. */
static struct json_view named(const struct tokenizer_opening *o, const char *key)
{
    struct json_view v = {.doc = NULL};
    if (o->config)
        v = json_find(json_root(o->config), key);
    if (!v.node && o->specials)
        v = json_find(json_root(o->specials), key);
    return v;
}

static void add_special(struct tokenizer_opening *o, struct json_view v)
{
    const char *content = content_of(v);
    struct added_token flags = flags_of(v, true);
    int id = vocab_id(o->t->vocab, content);
    if (added_find(&o->t->added, content))
        return;
    flags.special = true;
    if (id < 0)
        vocab_set_apart(o->t->vocab, id = vocab_append(o->t->vocab, content));
    added_put(&o->t->added, content, id, &flags);
}

/* A word that the class names and no file: an added token where the vocabulary has it. Returns its id or -1. */
static int add_own(struct tokenizer *t, const char *word)
{
    static const struct added_token special = {.special = true};
    int id = word ? vocab_id(t->vocab, word) : -1;
    if (id >= 0)
        added_put(&t->added, word, id, &special);
    return id;
}

/* Special words are added tokens, wherever they are named; and those of the class are without being named. */
static void add_specials(struct tokenizer_opening *o, enum family family)
{
    static const char *const ends[] = {"bos_token", "eos_token"}, *const lists[] = {"additional_special_tokens",
                                                                                    "extra_special_tokens"};
    for (int i = 0; i < 2; i++) {
        struct json_view v = named(o, ends[i]), list = named(o, lists[i]);
        if (v.node)
            add_special(o, v);
        else
            add_own(o->t, tokenizer_own[family].ends[i]);
        for (size_t k = 0; list.node && json_has_array(list) && k < json_array_length(list); k++)
            add_special(o, json_element(list, k));
        for (struct json_view m = {0};
             list.node && json_has_object(list) && json_next(list, &m);) /* as transformers 4 has it */
            add_special(o, m);
    }
    for (int r = 0; r < SPECIAL_WORDS; r++) {
        struct json_view v = named(o, role_key[r]);
        if (v.node)
            add_special(o, v);
        o->t->role[r] = v.node ? vocab_id(o->t->vocab, content_of(v)) : add_own(o->t, tokenizer_own[family].role[r]);
    }
}

/* ---- Vocabulary. */

static void widen(void *data, const char *word, long long id)
{
    long long *last = data;
    (void)word;
    *last = id > *last ? id : *last;
}

static void set_word(void *data, const char *word, long long id)
{
    vocab_set(data, id, word);
}

/* Words of the model and added ones; ids 0 to the largest must all have one. */
static void make_vocab(struct tokenizer_opening *o, struct json_view model)
{
    struct tokenizer *t = o->t;
    long long last = -1;
    t->kind->words(model, widen, &last);
    for (int i = 0; i < t->added.n; i++)
        widen(&last, NULL, t->added.token[i].id);
    t->vocab = vocab_new((int)last + 1, o->of);
    t->kind->words(model, set_word, t->vocab);
    for (int i = 0; i < t->added.n; i++) {
        const struct added_token *a = &t->added.token[i];
        bool apart = vocab_id(t->vocab, a->content) < 0;
        vocab_set(t->vocab, a->id, a->content);
        if (apart)
            vocab_set_apart(t->vocab, a->id);
    }
    vocab_finish(t->vocab);
}

static void read_limit(struct tokenizer_opening *o)
{
    struct json_view v = {.doc = NULL};
    if (o->config)
        v = json_find(json_root(o->config), "model_max_length");
    double n = v.node ? json_number(v, 1, 1e40) : INT_MAX;
    o->t->limit = n < INT_MAX ? (int)n : INT_MAX;
}

/* ---- The three kinds of files. */

static void read_tokenizer_json(struct tokenizer_opening *o, enum family family)
{
    static const struct piece_model *const kinds[] = {&piece_wordpiece, &piece_bpe, &piece_unigram};
    struct tokenizer *t = o->t;
    struct json_view root = json_root(o->json), model = json_get(root, "model"), type = json_find(model, "type");
    struct json_view merges = json_find(model, "merges"), words = json_find(model, "vocab");
    const char *name = type.node                             ? json_text(type) /* older files do not say it */
                       : merges.node                         ? "BPE"
                       : words.node && json_has_array(words) ? "Unigram"
                                                             : "WordPiece";
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        t->kind = strcmp(kinds[i]->type, name) == 0 ? kinds[i] : t->kind;
    if (!t->kind)
        die(EXIT_DATA, "%s: the model is \"%.60s\"; WordPiece, BPE and Unigram are read", o->of, name);
    normalizer_read(&t->normalizer, json_find(root, "normalizer"), o->of);
    splitter_read(&t->splitter, json_find(root, "pre_tokenizer"), o->of);
    if (t->kind == &piece_bpe && !t->splitter.bytes)
        die(EXIT_DATA, "%s: BPE without the pre_tokenizer ByteLevel is not read", o->of);
    collect_added(o);
    make_vocab(o, model);
    add_specials(o, family);
    sequence_read(&t->single, &t->pair, json_find(root, "post_processor"), t->vocab, o->of);
    t->model = t->kind->open(model, t->vocab, o->of);
    tokenizer_obey(o, family, model);
}

/* The tokenizer.json that vocab.json and merges.txt stand for. */
static struct json *read_merges(struct tokenizer_opening *o)
{
    struct json *vocab = read_json(o, "vocab.json");
    DEFER(json_free, vocab);
    const struct tokenizer_file *f = vocab ? keep(o, "merges.txt") : NULL;
    if (!f)
        die(EXIT_DATA, "%s: neither tokenizer.json nor vocab.json with merges.txt is there", o->path);
    char *merges = mem_alloc(f->size + 1);
    DEFER(free, merges);
    memcpy(merges, f->bytes, f->size);
    return tokenizer_of_merges(json_root(vocab), merges, f->size, o->of);
}

/* Added tokens whose ids follow those of vocab.txt, in any order; the others must be its words. */
static void append_added(struct tokenizer_opening *o)
{
    struct tokenizer *t = o->t;
    for (int i = 0; i < t->added.n; i++)
        if (t->added.token[i].id == vocab_size(t->vocab)) {
            vocab_set_apart(t->vocab, vocab_append(t->vocab, t->added.token[i].content));
            i = -1; /* from the first again, for the next id */
        }
    for (int i = 0; i < t->added.n; i++)
        if (vocab_id(t->vocab, t->added.token[i].content) != t->added.token[i].id)
            die(EXIT_DATA, "%s: the added token \"%.60s\" has id %d, which vocab.txt does not give it", o->path,
                t->added.token[i].content, t->added.token[i].id);
}

/* vocab.txt has words alone: the rest is BERT's. */
static void read_vocab_txt(struct tokenizer_opening *o, enum family family)
{
    struct tokenizer *t = o->t;
    if (family != BERT)
        die(EXIT_DATA,
            "%s: only a tokenizer.json says how this tokenizer works: open it once in Python with AutoTokenizer and "
            "save_pretrained, which writes it",
            o->path);
    const struct tokenizer_file *f = keep(o, "vocab.txt");
    if (!f)
        die(EXIT_DATA, "%s: %s", o->path,
            o->folder ? "neither tokenizer.json nor vocab.txt is there" : strerror(errno));
    char *text = mem_alloc(f->size + 1);
    memcpy(text, f->bytes, f->size);
    DEFER(free, text);
    t->vocab = vocab_parse(text, f->size, o->of);
    collect_added(o);
    append_added(o);
    tokenizer_set_plain(t, tokenizer_settle(o, NULL), o->of);
    add_specials(o, BERT);
    sequence_bert(&t->single, &t->pair, t->role[SPECIAL_CLS], t->role[SPECIAL_SEP]);
    t->plain = t->added.n == SPECIAL_WORDS;
    vocab_remark(t->vocab);
}

static void read_files(struct tokenizer_opening *o)
{
    size_t size = strlen(o->path);
    if (o->folder || (size > 5 && strcmp(o->path + size - 5, ".json") == 0))
        o->json = read_json(o, "tokenizer.json");
    if (o->folder) {
        char *config = path_in(o, "config.json");
        o->config = read_json(o, "tokenizer_config.json");
        o->specials = read_json(o, "special_tokens_map.json");
        o->added = read_json(o, "added_tokens.json");
        if (file_exists(config))
            o->model = json_load(config, VOCAB_FILE_BYTES);
        free(config);
    }
    enum family family = tokenizer_family(o);
    bool merges = o->folder && !o->json && (family == ROBERTA || family == GPT2);
    snprintf(o->of, sizeof o->of, "%s%s", o->path,
             !o->folder ? ""
             : o->json  ? "/tokenizer.json"
             : merges   ? "/vocab.json"
                        : "/vocab.txt");
    if (o->config)
        tokenizer_check_keys(json_root(o->config), o->path);
    read_limit(o);
    if (merges)
        o->json = read_merges(o);
    if (o->json)
        read_tokenizer_json(o, family);
    else
        read_vocab_txt(o, family);
    struct json_view split = {.doc = NULL};
    if (o->config)
        split = json_find(json_root(o->config), "split_special_tokens");
    o->t->added.split_special = split.node && json_bool(split);
    added_finish(&o->t->added, &o->t->normalizer, o->of);
}

static void free_documents(const struct tokenizer_opening *o)
{
    struct json *const docs[] = {o->json, o->config, o->specials, o->added, o->model};
    for (size_t i = 0; i < sizeof docs / sizeof *docs; i++)
        json_free(docs[i]);
}

struct tokenizer *tokenizer_open(const char *path)
{
    struct tokenizer *t = mem_alloc(sizeof *t);
    struct tokenizer_opening o = {.t = t, .path = path, .folder = file_is_folder(path)};
    DEFER(free_documents, &o);
    struct guard guard;
    GUARD(&guard, tokenizer_free, t);
    read_files(&o);
    guard_end(&guard);
    return t;
}

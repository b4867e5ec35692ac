/* One pass over the text: code points are cleaned and folded into a word, a finished word is cut into pieces. */
#include "data/tokenizer.h"

#include "core/arena.h"
#include "core/die.h"
#include "core/file.h"
#include "core/json.h"
#include "core/unicode.h"

#include <assert.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WORD_BYTES = TOKENIZER_WORD * UNICODE_BYTES, PREFIX = 2 };

/* The ids of one text while it is read. */
struct pieces {
    const struct tokenizer *t;
    int n, max;
    int id[EXAMPLE_TOKENS];
    char word[WORD_BYTES + UNICODE_BYTES];
    size_t bytes;
    int points; /* code points; bytes stops growing with the limit, points does not */
};

/* The longest piece of the vocabulary that begins at `at`; pieces after the first carry "##". Returns its end, 0: none.
 */
static size_t longest_piece(const struct pieces *p, size_t at, int *id)
{
    char piece[PREFIX + WORD_BYTES] = "##";
    size_t prefix = at ? PREFIX : 0, size = p->bytes - at, most = vocab_longest(p->t->vocab);
    memcpy(piece + prefix, p->word + at, size);
    if (size + prefix > most)
        size = most > prefix ? most - prefix : 0;
    for (; size > 0; size--)
        if ((*id = vocab_find(p->t->vocab, piece, prefix + size)) >= 0)
            return at + size;
    return 0;
}

/* WordPiece, greedy from the left; a word with a part that no piece covers is one [UNK]. */
static void end_word(struct pieces *p)
{
    if (p->points == 0)
        return;
    int first = p->n, id = -1;
    size_t at = 0;
    bool known = p->points <= p->t->longest;
    while (known && at < p->bytes) {
        at = longest_piece(p, at, &id);
        known = at > 0;
        if (known && p->n < p->max)
            p->id[p->n++] = id;
    }
    if (!known && first < p->max) {
        p->n = first;
        p->id[p->n++] = vocab_special(p->t->vocab, VOCAB_UNK);
    }
    p->bytes = 0;
    p->points = 0;
}

static void add_point(struct pieces *p, int32_t c)
{
    if (p->points++ < TOKENIZER_WORD)
        p->bytes += (size_t)unicode_put(c, p->word + p->bytes);
}

/* p := the first p->max ids of the text. */
static void cut(struct pieces *p, const char *text, long *invalid)
{
    const char *end = text + strlen(text);
    while (text < end && p->n < p->max) {
        int32_t c = unicode_next(&text, end, invalid), folded[UNICODE_FOLD];
        if (c == UNICODE_INVALID || unicode_is_control(c))
            continue;
        if (unicode_is_space(c)) {
            end_word(p);
            continue;
        }
        bool alone = p->t->cjk && unicode_is_cjk(c);
        if (alone)
            end_word(p);
        int n = unicode_fold(c, p->t->lower, p->t->strip, folded);
        for (int i = 0; i < n; i++) {
            bool sign = unicode_is_punctuation(folded[i]);
            if (sign)
                end_word(p);
            add_point(p, folded[i]);
            if (sign)
                end_word(p);
        }
        if (alone)
            end_word(p);
    }
    end_word(p);
}

static void append(struct example *out, const int *id, int n, int type)
{
    for (int i = 0; i < n; i++) {
        out->ids[out->n] = id[i];
        out->types[out->n++] = (unsigned char)type;
    }
}

/* Knowing only the first max ids of each text changes nothing: neither can keep more. */
long tokenizer_encode(const struct tokenizer *t, const char *a, const char *b, int max_len, struct example *out)
{
    assert(max_len >= 3 && max_len <= EXAMPLE_TOKENS);
    long invalid = 0;
    int room = max_len - (b ? 3 : 2);
    struct pieces p = {.t = t, .max = room}, q = {.t = t, .max = room};
    cut(&p, a, &invalid);
    if (b)
        cut(&q, b, &invalid);
    while (p.n + q.n > room)
        --*(p.n > q.n ? &p.n : &q.n);
    int cls = vocab_special(t->vocab, VOCAB_CLS), sep = vocab_special(t->vocab, VOCAB_SEP);
    out->n = 0;
    out->note[0] = '\0';
    append(out, &cls, 1, 0);
    append(out, p.id, p.n, 0);
    append(out, &sep, 1, 0);
    if (b) {
        append(out, q.id, q.n, 1);
        append(out, &sep, 1, 1);
    }
    return invalid;
}

static bool flag(struct json_view object, const char *key, bool otherwise)
{
    struct json_view v = json_find(object, key);
    return v.node ? json_bool(v) : otherwise;
}

static void expect(struct json_view object, const char *key, const char *wanted, const char *path)
{
    struct json_view v = json_find(object, key);
    if (v.node && strcmp(json_text(v), wanted) != 0)
        die(EXIT_DATA, "%s: %s is \"%.60s\", only \"%s\" is read: this is not BERT's tokenizer", path, key,
            json_text(v), wanted);
}

static long long id_of(struct json_view v)
{
    return json_int(v, 0, VOCAB_WORDS - 1);
}

/* The vocabulary of tokenizer.json: model.vocab and what added_tokens adds to it. */
static void read_words(struct tokenizer *t, struct json_view words, struct json_view added, const char *path)
{
    size_t n = json_object_length(words), extra = added.node ? json_array_length(added) : 0;
    long long last = -1, id;
    for (struct json_view w = {0}; json_next(words, &w);)
        last = (id = id_of(w)) > last ? id : last;
    for (size_t i = 0; i < extra; i++)
        last = (id = id_of(json_get(json_element(added, i), "id"))) > last ? id : last;
    if ((size_t)(last + 1) > n + extra)
        die(EXIT_DATA, "%s: %zu words cannot fill the ids 0 to %lld: the vocabulary has holes", path, n + extra, last);
    t->vocab = vocab_new((int)last + 1, path);
    struct json_view m = {0};
    while (json_next(words, &m))
        vocab_set(t->vocab, id_of(m), m.key);
    for (size_t i = 0; i < extra; i++) {
        struct json_view e = json_element(added, i);
        vocab_set(t->vocab, id_of(json_get(e, "id")), json_text(json_get(e, "content")));
    }
    vocab_finish(t->vocab);
}

static void read_json(struct tokenizer *t, const struct json *doc, const char *path)
{
    struct json_view root = json_root(doc), model = json_get(root, "model");
    struct json_view normal = json_get(root, "normalizer"), split = json_get(root, "pre_tokenizer");
    expect(model, "type", "WordPiece", path);
    expect(model, "continuing_subword_prefix", "##", path);
    expect(model, "unk_token", "[UNK]", path);
    expect(normal, "type", "BertNormalizer", path);
    expect(split, "type", "BertPreTokenizer", path);
    if (!flag(normal, "clean_text", true))
        die(EXIT_DATA, "%s: clean_text is off, only BERT's cleaning is read", path);
    t->lower = flag(normal, "lowercase", true);
    t->strip = flag(normal, "strip_accents", t->lower);
    t->cjk = flag(normal, "handle_chinese_chars", true);
    struct json_view longest = json_find(model, "max_input_chars_per_word");
    if (longest.node)
        t->longest = (int)json_int(longest, 1, TOKENIZER_WORD);
    read_words(t, json_get(model, "vocab"), json_find(root, "added_tokens"), path);
}

static void read_config(struct tokenizer *t, const struct json *doc, const char *path)
{
    (void)path;
    struct json_view root = json_root(doc);
    t->lower = flag(root, "do_lower_case", true);
    t->strip = flag(root, "strip_accents", t->lower);
    t->cjk = flag(root, "tokenize_chinese_chars", true);
}

/* Hands a JSON file to a reader of it; the document is freed also when the reader dies. */
static void with_json(struct tokenizer *t, const char *path,
                      void (*reader)(struct tokenizer *, const struct json *, const char *))
{
    struct json *doc = json_load(path, VOCAB_FILE_BYTES);
    struct trap trap;
    if (trap_set(&trap)) {
        json_free(doc);
        die(trap.code, "%s", trap.text);
    }
    reader(t, doc, path);
    trap_end(&trap);
    json_free(doc);
}

static void path_in(char out[PATH_MAX], const char *folder, const char *file)
{
    if (snprintf(out, PATH_MAX, "%s/%s", folder, file) >= PATH_MAX)
        die(EXIT_DATA, "%.80s...: the path is too long", folder);
}

static void open_path(struct tokenizer *t, const char *path)
{
    char file[PATH_MAX];
    size_t size = strlen(path);
    if (!file_is_folder(path)) {
        if (size > 5 && strcmp(path + size - 5, ".json") == 0)
            with_json(t, path, read_json);
        else
            t->vocab = vocab_read(path);
        return;
    }
    path_in(file, path, "tokenizer.json");
    if (file_exists(file)) {
        with_json(t, file, read_json);
        return;
    }
    path_in(file, path, "tokenizer_config.json");
    if (file_exists(file))
        with_json(t, file, read_config);
    path_in(file, path, "vocab.txt");
    t->vocab = vocab_read(file);
}

struct tokenizer *tokenizer_open(const char *path)
{
    struct tokenizer *t = mem_alloc(sizeof *t);
    *t = (struct tokenizer){.lower = true, .strip = true, .cjk = true, .longest = TOKENIZER_WORD};
    struct trap trap;
    if (trap_set(&trap)) {
        tokenizer_free(t);
        die(trap.code, "%s", trap.text);
    }
    open_path(t, path);
    trap_end(&trap);
    return t;
}

void tokenizer_free(struct tokenizer *t)
{
    if (!t)
        return;
    vocab_free(t->vocab);
    free(t);
}

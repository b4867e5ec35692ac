/* BERT's, GPT-2's and SentencePiece's words; GPT-2's expression is matched by hand, there being seven cases. */
#include "data/splitter.h"

#include "core/die.h"

#include <string.h>

enum { META = 0x2581 };

static void read_meta(struct splitter *s, struct json_view v, const char *path)
{
    struct json_view scheme = json_find(v, "prepend_scheme"), mark = json_find(v, "replacement");
    const char *when = scheme.node ? json_text(scheme) : json_flag(v, "add_prefix_space", true) ? "always" : "never";
    s->meta = true;
    s->prepend_always = strcmp(when, "always") == 0;
    s->unsplit = !json_flag(v, "split", true);
    if (mark.node && strcmp(json_text(mark), "\xE2\x96\x81") != 0)
        die(EXIT_DATA, "%s: Metaspace puts \"%.20s\" for a blank, only U+2581 is known", path, json_text(mark));
    if (!s->prepend_always && strcmp(when, "never") != 0)
        die(EXIT_DATA, "%s: the prepend_scheme \"%.40s\" is not known, only always and never", path, when);
}

void splitter_read(struct splitter *s, struct json_view v, const char *path)
{
    if (!v.node)
        return;
    const char *type = json_text(json_get(v, "type"));
    bool first = !s->bert && !s->white && !s->bytes && !s->meta;
    if (strcmp(type, "Sequence") == 0) {
        struct json_view list = json_get(v, "pretokenizers");
        for (size_t i = 0; i < json_array_length(list); i++)
            splitter_read(s, json_element(list, i), path);
    } else if (strcmp(type, "BertPreTokenizer") == 0 && first) {
        s->bert = true;
    } else if (strcmp(type, "WhitespaceSplit") == 0 && first) {
        s->white = true;
    } else if (strcmp(type, "ByteLevel") == 0 && first) {
        s->bytes = true;
        s->prefix_blank = json_flag(v, "add_prefix_space", true);
        s->whole = !json_flag(v, "use_regex", true);
    } else if (strcmp(type, "Metaspace") == 0 && (first || (s->white && !s->meta))) {
        read_meta(s, v, path);
    } else {
        die(EXIT_DATA, "%s: the pre_tokenizer \"%.60s\" is not known%s", path, type, first ? "" : " in this place");
    }
}

int32_t splitter_byte(unsigned char byte)
{
    static const unsigned char hole[][2] = {{0, 32}, {127, 160}, {173, 173}}; /* bytes that are not visible */
    int32_t hidden = 256;
    for (int i = 0; i < 3; i++) {
        if (byte >= hole[i][0] && byte <= hole[i][1])
            return hidden + byte - hole[i][0];
        hidden += hole[i][1] - hole[i][0] + 1;
    }
    return byte;
}

/* Where words go, and how they look there. */
struct words {
    const struct splitter *s;
    void (*word)(void *data, const int32_t *c, int n);
    void *data;
    struct points text; /* of the word, or of the text with its blank in front */
};

static void byte_word(struct words *w, const int32_t *c, int n)
{
    w->text.n = 0;
    for (int i = 0; i < n; i++) {
        char bytes[UNICODE_BYTES];
        int k = unicode_put(c[i], bytes);
        for (int b = 0; b < k; b++)
            points_add(&w->text, splitter_byte((unsigned char)bytes[b]));
    }
    w->word(w->data, w->text.c, w->text.n);
}

/* Letter, number, white space, or anything else. */
static int class_of(int32_t c)
{
    return unicode_is_letter(c) ? 0 : unicode_is_number(c) ? 1 : unicode_is_white(c) ? 2 : 3;
}

/* 's 't 're 've 'm 'll 'd: its length, 0 when there is none. */
static int contraction(const int32_t *c, int n)
{
    int32_t a = n > 1 ? c[1] : 0, b = n > 2 ? c[2] : 0;
    if (c[0] != '\'')
        return 0;
    if (a == 's' || a == 't' || a == 'm' || a == 'd')
        return 2;
    return (a == 'r' && b == 'e') || (a == 'v' && b == 'e') || (a == 'l' && b == 'l') ? 3 : 0;
}

/* The length of the word at c:  's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+  */
static int gpt2_word(const int32_t *c, int n)
{
    int end = contraction(c, n);
    if (end)
        return end;
    int from = c[0] == ' ' && n > 1 && class_of(c[1]) != 2, kind = class_of(c[from]);
    for (end = from + 1; end < n && class_of(c[end]) == kind; end++)
        ;
    return kind == 2 && end < n && end > 1 ? end - 1 : end; /* the last blank goes to the next word */
}

static void run_bytes(struct words *w, const int32_t *c, int n)
{
    struct points longer = {NULL, 0, 0};
    if (w->s->prefix_blank && c[0] != ' ') {
        points_add(&longer, ' ');
        for (int i = 0; i < n; i++)
            points_add(&longer, c[i]);
        c = longer.c;
        n = longer.n;
    }
    for (int at = 0, size; at < n; at += size) {
        size = w->s->whole ? n : gpt2_word(c + at, n - at);
        byte_word(w, c + at, size);
    }
    points_free(&longer);
}

static void run_meta(struct words *w, const int32_t *c, int n)
{
    struct points *t = &w->text;
    t->n = 0;
    if (w->s->prepend_always && c[0] != ' ' && c[0] != META)
        points_add(t, META);
    for (int i = 0; i < n; i++)
        points_add(t, c[i] == ' ' ? META : c[i]);
    for (int at = 0, end; at < t->n; at = end) {
        for (end = at + 1; end < t->n && (w->s->unsplit || t->c[end] != META); end++)
            ;
        w->word(w->data, t->c + at, end - at);
    }
}

static void run_white(struct words *w, const int32_t *c, int n)
{
    for (int at = 0, end; at < n; at = end + 1) {
        for (end = at; end < n && !unicode_is_white(c[end]); end++)
            ;
        if (end > at && w->s->meta)
            run_meta(w, c + at, end - at);
        else if (end > at)
            w->word(w->data, c + at, end - at);
    }
}

static void run_bert(struct words *w, const int32_t *c, int n)
{
    for (int at = 0, end; at < n; at = end) {
        for (end = at; end < n && !unicode_is_white(c[end]) && !unicode_is_punctuation(c[end]); end++)
            ;
        if (end > at)
            w->word(w->data, c + at, end - at);
        if (end < n && !unicode_is_white(c[end]))
            w->word(w->data, c + end, 1);
        end += end < n;
    }
}

void splitter_run(const struct splitter *s, const int32_t *c, int n, void (*word)(void *data, const int32_t *c, int n),
                  void *data)
{
    struct words w = {.s = s, .word = word, .data = data};
    if (n == 0)
        return;
    if (s->bert)
        run_bert(&w, c, n);
    else if (s->bytes)
        run_bytes(&w, c, n);
    else if (s->white)
        run_white(&w, c, n);
    else if (s->meta)
        run_meta(&w, c, n);
    else
        word(data, c, n);
    points_free(&w.text);
}

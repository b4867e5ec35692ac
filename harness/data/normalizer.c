/* Steps over a whole text, one after another, as the tokenizers library does them. */
#include "data/normalizer.h"

#include "core/arena.h"
#include "core/die.h"
#include "data/charsmap.h"

#include <stdlib.h>
#include <string.h>

static void read_short(struct short_text *t, const char *text, const char *path)
{
    long invalid = 0;
    t->n = 0;
    for (const char *end = text + strlen(text); text < end;) {
        if (t->n == NORMALIZER_TEXT)
            die(EXIT_DATA, "%s: a normalizer replaces or inserts more than %d characters", path, NORMALIZER_TEXT);
        t->c[t->n++] = unicode_next(&text, end, &invalid);
    }
}

static void read_replace(struct normal_step *s, struct json_view v, const char *path)
{
    struct json_view pattern = json_get(v, "pattern"), text = json_find(pattern, "String");
    read_short(&s->to, json_text(json_get(v, "content")), path);
    s->kind = NORMAL_REPLACE;
    if (text.node) {
        read_short(&s->from, json_text(text), path);
        if (s->from.n == 0)
            die(EXIT_DATA, "%s: a normalizer replaces the empty text", path);
        return;
    }
    s->kind = NORMAL_BLANKS;
    const char *regex = json_text(json_get(pattern, "Regex"));
    if (strcmp(regex, " {2,}") != 0)
        die(EXIT_DATA, "%s: a normalizer replaces the expression \"%.60s\", only \" {2,}\" is known", path, regex);
}

static void read_step(struct normalizer *n, struct json_view v, const char *path)
{
    static const struct {
        const char *type;
        enum normal kind;
        enum unicode_form form;
    } plain[] = {{"NFC", NORMAL_FORM, UNICODE_NFC},   {"NFD", NORMAL_FORM, UNICODE_NFD},
                 {"NFKC", NORMAL_FORM, UNICODE_NFKC}, {"NFKD", NORMAL_FORM, UNICODE_NFKD},
                 {"Lowercase", NORMAL_LOWER, 0},      {"StripAccents", NORMAL_MARKS, 0}};
    const char *type = json_text(json_get(v, "type"));
    if (strcmp(type, "Sequence") == 0) {
        struct json_view list = json_get(v, "normalizers");
        for (size_t i = 0; i < json_array_length(list); i++)
            read_step(n, json_element(list, i), path);
        return;
    }
    if (n->n == NORMALIZER_STEPS)
        die(EXIT_DATA, "%s: a normalizer of more than %d steps", path, NORMALIZER_STEPS);
    struct normal_step *s = &n->step[n->n++];
    *s = (struct normal_step){.kind = NORMAL_BERT};
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
        if (strcmp(type, plain[i].type) == 0) {
            s->kind = plain[i].kind;
            s->form = plain[i].form;
            return;
        }
    if (strcmp(type, "BertNormalizer") == 0) {
        s->clean = json_flag(v, "clean_text", true);
        s->cjk = json_flag(v, "handle_chinese_chars", true);
        s->lower = json_flag(v, "lowercase", true);
        s->strip = json_flag(v, "strip_accents", s->lower);
        s->strip_said = json_find(v, "strip_accents").node != NULL;
    } else if (strcmp(type, "Strip") == 0) {
        s->kind = NORMAL_STRIP;
        s->left = json_flag(v, "strip_left", true);
        s->right = json_flag(v, "strip_right", true);
    } else if (strcmp(type, "Replace") == 0) {
        read_replace(s, v, path);
    } else if (strcmp(type, "Precompiled") == 0) {
        s->kind = NORMAL_CHARSMAP;
        s->map = charsmap_read(json_text(json_get(v, "precompiled_charsmap")), path);
    } else {
        die(EXIT_DATA, "%s: the normalizer \"%.60s\" is not known", path, type);
    }
}

void normalizer_read(struct normalizer *n, struct json_view v, const char *path)
{
    n->n = 0;
    if (v.node)
        read_step(n, v, path);
}

void normalizer_bert(struct normalizer *n, bool lower, bool strip, bool cjk)
{
    *n = (struct normalizer){.n = 1};
    n->step[0] = (struct normal_step){.kind = NORMAL_BERT, .clean = true, .cjk = cjk, .strip = strip, .lower = lower};
}

/* Every step makes a new text, `out`, from the old one. */

static void lower(const struct points *p, struct points *out)
{
    for (int i = 0; i < p->n; i++) {
        int32_t small[2];
        int n = unicode_lower(p->c[i], small);
        for (int k = 0; k < n; k++)
            points_add(out, small[k]);
    }
}

static void without(const struct points *p, bool (*what)(int32_t), struct points *out)
{
    for (int i = 0; i < p->n; i++)
        if (!what(p->c[i]))
            points_add(out, p->c[i]);
}

static void take(struct points *p, struct points *out)
{
    points_free(p);
    *p = *out;
    *out = (struct points){NULL, 0, 0};
}

static void clean(const struct points *p, struct points *out)
{
    for (int i = 0; i < p->n; i++)
        if (p->c[i] != UNICODE_INVALID && !unicode_is_control(p->c[i]))
            points_add(out, unicode_is_space(p->c[i]) ? ' ' : p->c[i]);
}

static void part_ideographs(const struct points *p, struct points *out)
{
    for (int i = 0; i < p->n; i++) {
        bool alone = unicode_is_cjk(p->c[i]);
        if (alone)
            points_add(out, ' ');
        points_add(out, p->c[i]);
        if (alone)
            points_add(out, ' ');
    }
}

static void bert(const struct normal_step *s, struct points *p, struct points *out)
{
    if (s->clean) {
        clean(p, out);
        take(p, out);
    }
    if (s->cjk) {
        part_ideographs(p, out);
        take(p, out);
    }
    if (s->strip) {
        points_normalize(p, UNICODE_NFD);
        without(p, unicode_is_nonspacing, out);
        take(p, out);
    }
    if (s->lower) {
        lower(p, out);
        take(p, out);
    }
}

static void strip(const struct normal_step *s, const struct points *p, struct points *out)
{
    int from = 0, to = p->n;
    while (s->left && from < to && unicode_is_white(p->c[from]))
        from++;
    while (s->right && to > from && unicode_is_white(p->c[to - 1]))
        to--;
    for (int i = from; i < to; i++)
        points_add(out, p->c[i]);
}

static void put(struct points *out, const struct short_text *t)
{
    for (int k = 0; k < t->n; k++)
        points_add(out, t->c[k]);
}

static void replace(const struct normal_step *s, const struct points *p, struct points *out)
{
    for (int i = 0; i < p->n;) {
        bool here = i + s->from.n <= p->n && memcmp(p->c + i, s->from.c, (size_t)s->from.n * sizeof *s->from.c) == 0;
        if (here)
            put(out, &s->to);
        else
            points_add(out, p->c[i]);
        i += here ? s->from.n : 1;
    }
}

static void join_blanks(const struct normal_step *s, const struct points *p, struct points *out)
{
    for (int i = 0, end; i < p->n; i = end) {
        for (end = i; end < p->n && p->c[end] == ' '; end++)
            ;
        if (end - i > 1) {
            put(out, &s->to);
        } else {
            points_add(out, p->c[i]);
            end = i + 1;
        }
    }
}

void normalizer_run(const struct normalizer *n, struct points *p)
{
    struct points out = {NULL, 0, 0};
    for (int i = 0; i < n->n; i++) {
        const struct normal_step *s = &n->step[i];
        switch (s->kind) {
        case NORMAL_BERT:
            bert(s, p, &out);
            continue;
        case NORMAL_FORM:
            points_normalize(p, s->form);
            continue;
        case NORMAL_LOWER:
            lower(p, &out);
            break;
        case NORMAL_MARKS:
            without(p, unicode_is_mark, &out);
            break;
        case NORMAL_STRIP:
            strip(s, p, &out);
            break;
        case NORMAL_REPLACE:
            replace(s, p, &out);
            break;
        case NORMAL_BLANKS:
            join_blanks(s, p, &out);
            break;
        case NORMAL_CHARSMAP:
            charsmap_run(s->map, p, &out);
            break;
        }
        take(p, &out);
    }
}

void normalizer_free(struct normalizer *n)
{
    for (int i = 0; i < n->n; i++)
        charsmap_free(n->step[i].map);
    n->n = 0;
}

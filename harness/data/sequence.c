/* BertProcessing, RobertaProcessing, TemplateProcessing and ByteLevel are all templates. */
#include "data/sequence.h"

#include "core/die.h"

#include <string.h>

static void put(struct sequence *s, int id, int type, const char *path)
{
    if (s->n == SEQUENCE_ITEMS)
        die(EXIT_DATA, "%s: a post_processor of more than %d parts", path, SEQUENCE_ITEMS);
    s->special += id >= 0;
    s->id[s->n] = id;
    s->type[s->n++] = type;
}

/* cls A sep, and cls A sep [sep] B sep with B of the given segment. */
static void framed(struct sequence *single, struct sequence *pair, int cls, int sep, bool twice, int type)
{
    put(single, cls, 0, "");
    put(single, SEQUENCE_A, 0, "");
    put(single, sep, 0, "");
    *pair = *single;
    if (twice)
        put(pair, sep, 0, "");
    put(pair, SEQUENCE_B, type, "");
    put(pair, sep, type, "");
}

void sequence_bert(struct sequence *single, struct sequence *pair, int cls, int sep)
{
    *single = *pair = (struct sequence){.n = 0};
    framed(single, pair, cls, sep, false, 1);
}

void sequence_roberta(struct sequence *single, struct sequence *pair, int cls, int sep)
{
    *single = *pair = (struct sequence){.n = 0};
    framed(single, pair, cls, sep, true, 0);
}

/* ["[SEP]", 102]: the id, which must be that of the word. */
static int read_pair(struct json_view v, const struct vocab *vocab, const char *path)
{
    const char *word = json_text(json_element(v, 0));
    int id = (int)json_int(json_element(v, 1), 0, vocab_size(vocab) - 1);
    if (vocab_id(vocab, word) != id)
        die(EXIT_DATA, "%s: the post_processor gives \"%.60s\" the id %d, the vocabulary %d", path, word, id,
            vocab_id(vocab, word));
    return id;
}

static void read_special(struct sequence *s, struct json_view item, struct json_view specials,
                         const struct vocab *vocab, const char *path)
{
    const char *name = json_text(json_get(item, "id"));
    int type = (int)json_int(json_get(item, "type_id"), 0, 1);
    struct json_view ids = json_get(json_get(specials, name), "ids");
    for (size_t k = 0; k < json_array_length(ids); k++)
        put(s, (int)json_int(json_element(ids, k), 0, vocab_size(vocab) - 1), type, path);
}

static void read_template(struct sequence *s, int texts, struct json_view list, struct json_view v,
                          const struct vocab *vocab, const char *path)
{
    int seen[2] = {0, 0};
    *s = (struct sequence){.n = 0};
    for (size_t i = 0; i < json_array_length(list); i++) {
        struct json_view item = json_element(list, i), special = json_find(item, "SpecialToken");
        if (special.node) {
            read_special(s, special, json_get(v, "special_tokens"), vocab, path);
            continue;
        }
        struct json_view text = json_get(item, "Sequence");
        bool b = strcmp(json_text(json_get(text, "id")), "B") == 0;
        seen[b]++;
        put(s, b ? SEQUENCE_B : SEQUENCE_A, (int)json_int(json_get(text, "type_id"), 0, 1), path);
    }
    if (seen[0] != 1 || seen[1] != texts - 1)
        die(EXIT_DATA, "%s: the post_processor does not hold each text once", path);
}

static void read_step(struct sequence *single, struct sequence *pair, struct json_view v, const struct vocab *vocab,
                      const char *path)
{
    const char *type = json_text(json_get(v, "type"));
    if (strcmp(type, "ByteLevel") == 0) /* mends places in the text, which nobody asks for */
        return;
    if (single->special || pair->special)
        die(EXIT_DATA, "%s: two post_processors that put special tokens in", path);
    if (strcmp(type, "BertProcessing") == 0 || strcmp(type, "RobertaProcessing") == 0) {
        int cls = read_pair(json_get(v, "cls"), vocab, path), sep = read_pair(json_get(v, "sep"), vocab, path);
        (*type == 'B' ? sequence_bert : sequence_roberta)(single, pair, cls, sep);
    } else if (strcmp(type, "TemplateProcessing") == 0) {
        read_template(single, 1, json_get(v, "single"), v, vocab, path);
        read_template(pair, 2, json_get(v, "pair"), v, vocab, path);
    } else {
        die(EXIT_DATA, "%s: the post_processor \"%.60s\" is not known", path, type);
    }
}

void sequence_read(struct sequence *single, struct sequence *pair, struct json_view v, const struct vocab *vocab,
                   const char *path)
{
    *single = *pair = (struct sequence){.n = 0};
    put(single, SEQUENCE_A, 0, path);
    *pair = *single;
    put(pair, SEQUENCE_B, 0, path);
    if (!v.node)
        return;
    if (strcmp(json_text(json_get(v, "type")), "Sequence") != 0) {
        read_step(single, pair, v, vocab, path);
        return;
    }
    struct json_view list = json_get(v, "processors");
    for (size_t i = 0; i < json_array_length(list); i++)
        read_step(single, pair, json_element(list, i), vocab, path);
}

int sequence_segments(const struct sequence *s)
{
    int most = 0;
    for (int i = 0; i < s->n; i++)
        most = s->type[i] > most ? s->type[i] : most;
    return most + 1;
}

bool sequence_equal(const struct sequence *a, const struct sequence *b)
{
    size_t size = (size_t)a->n * sizeof *a->id;
    return a->n == b->n && memcmp(a->id, b->id, size) == 0 && memcmp(a->type, b->type, size) == 0;
}

/* With s <= l the two lengths and s + l > room:  l := max(s, room - s);  if still s + l > room, s := floor(room / 2) and
 * l := room - s.  On equal lengths a is the shorter. */
static void cut(int *na, int *nb, int room)
{
    int *s = *na > *nb ? nb : na, *l = *na > *nb ? na : nb;
    if (*na + *nb <= room)
        return;
    *l = *s > room ? *s : *s > room - *s ? *s : room - *s;
    if (*s + *l > room) {
        *s = room / 2;
        *l = room - *s;
    }
}

static void append(struct example *out, int max_len, int id, int type)
{
    if (out->n == max_len)
        return;
    out->ids[out->n] = id;
    out->types[out->n++] = (unsigned char)type;
}

void sequence_build(const struct sequence *s, const struct pieces *a, const struct pieces *b, int max_len,
                    struct example *out)
{
    int room = max_len > s->special ? max_len - s->special : 0, na = a->n, nb = b ? b->n : 0;
    cut(&na, &nb, room);
    out->n = 0;
    for (int i = 0; i < s->n; i++) {
        const struct pieces *p = s->id[i] == SEQUENCE_A ? a : b;
        int n = s->id[i] == SEQUENCE_A ? na : nb;
        if (s->id[i] >= 0)
            append(out, max_len, s->id[i], s->type[i]);
        else
            for (int k = 0; p && k < n; k++)
                append(out, max_len, p->id[k], s->type[i]);
    }
}

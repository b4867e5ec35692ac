/* Replays a file of sentences: ids against the tokenizer, [CLS] vectors against the encoder. */
#include "check/golden_text.h"

#include "check/agreement.h"
#include "core/arena.h"
#include "core/h5.h"
#include "data/tokenizer.h"
#include "model/head.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double TOLERANCE = 1e-4;

struct golden_text {
    struct h5 *h;
    const struct base *base;
    FILE *out;
    int rows, max_len, wrong;
    double *start, *ids, *types; /* whole numbers */
    struct dataset text;         /* what the tokenizer makes of the rows */
};

static void read_ids(struct golden_text *g)
{
    size_t starts, n, types;
    double longest = h5_attr_f64(g->h, "/", "max_len");
    g->start = h5_read_f64(g->h, "/start", &starts);
    g->ids = h5_read_f64(g->h, "/input_ids", &n);
    g->types = h5_read_f64(g->h, "/token_type_ids", &types);
    bool whole = starts >= 2 && starts < INT32_MAX && types == n && longest >= 3 && longest <= EXAMPLE_TOKENS &&
                 g->start[0] == 0;
    for (size_t i = 1; whole && i < starts; i++)
        whole = g->start[i] > g->start[i - 1] && g->start[i] <= (double)n;
    if (!whole || g->start[starts - 1] != (double)n)
        die(EXIT_DATA, "%s: /start, /input_ids, /token_type_ids and max_len do not fit together", h5_path(g->h));
    g->rows = (int)starts - 1;
    g->max_len = (int)longest;
}

/* Encodes row i and compares it; the first rows that differ are shown. */
static void check_row(struct golden_text *g, int i, const char *a, const char *b, int *differ)
{
    struct example e = {.label = 0};
    int first = (int)g->start[i], n = (int)g->start[i + 1] - first, at = 0;
    const double *ids = g->ids + first, *types = g->types + first;
    tokenizer_encode(g->base->tokenizer, a, b, g->max_len, &e);
    while (at < n && at < e.n && ids[at] == e.ids[at] && types[at] == e.types[at])
        at++;
    if (at == n && e.n == n)
        return;
    if (++*differ <= 3)
        fprintf(g->out ? g->out : stderr, "BAD  row %d: %d tokens, %d expected; the first difference is at %d: %.60s\n",
                i, e.n, n, at, a);
}

static void check_ids(struct golden_text *g)
{
    size_t n, m = 0;
    int differ = 0;
    char **first = h5_read_texts(g->h, "/sentence1", &n), **second = NULL;
    if (h5_has(g->h, "/sentence2"))
        second = h5_read_texts(g->h, "/sentence2", &m);
    if (n != (size_t)g->rows || (second && m != n))
        die(EXIT_DATA, "%s: %zu sentences, /start has %d rows", h5_path(g->h), n, g->rows);
    for (int i = 0; i < g->rows; i++)
        check_row(g, i, first[i], second ? second[i] : NULL, &differ);
    h5_free_texts(first, n);
    h5_free_texts(second, m);
    if (g->out)
        fprintf(g->out, "%s %-12s %d of %d rows have the expected token and segment ids\n", differ ? "BAD " : "ok  ",
                "input_ids", g->rows - differ, g->rows);
    g->wrong += differ;
}

/* max|a - b| / max|b| against a dataset. */
static double distance(const struct golden_text *g, const char *name, struct mat got)
{
    double *want = agreement_read(g->h, name, mat_size(got));
    struct agreement a = agreement_of(got, want);
    free(want);
    return agreement_error(&a);
}

/* The first n rows, each without its last `cut` tokens, through the encoder. */
struct reading {
    double hidden, pooled;
};
static struct reading read_rows(const struct golden_text *g, struct model *m, int n, int cut)
{
    struct batch b = {0};
    for (int i = 0; i < n; i++) {
        struct example e = {.n = (int)(g->start[i + 1] - g->start[i]) - cut};
        for (int k = 0; k < e.n; k++) {
            e.ids[k] = (int)g->ids[(int)g->start[i] + k];
            e.types[k] = (unsigned char)g->types[(int)g->start[i] + k];
        }
        batch_add(&b, &e);
    }
    struct tokens tokens = {b.B, b.N, b.start, b.ids, b.types};
    struct pass p = {.saved = &m->mem->saved, .scratch = &m->mem->scratch};
    struct activations a;
    struct mat h = encoder_forward(m, &p, &tokens, &a);
    struct reading r = {distance(g, "/cls_hidden", h), distance(g, "/pooled", pooler_forward(m, &p, h))};
    arena_release(p.saved, 0);
    arena_release(p.scratch, 0);
    batch_free(&b);
    return r;
}

static void report(struct golden_text *g, const char *name, double error, const char *how)
{
    bool ok = error <= TOLERANCE;
    FILE *out = g->out ? g->out : ok ? NULL : stderr;
    g->wrong += !ok;
    if (out)
        fprintf(out, "%s %-12s %.2e (allowed %.0e)%s\n", ok ? "ok  " : "BAD ", name, error, TOLERANCE, how);
}

/* The encoder on the rows whose vectors the file has. Files exist whose vectors were computed with an attention mask
 * that hides the final [SEP] of every row: their ids name it, their vectors do not know it. Such a file is recognised
 * by agreeing in that reading and in no other, and the reading is named. */
static void check_vectors(struct golden_text *g)
{
    size_t hidden[H5_RANK], pooled[H5_RANK];
    int d = g->base->config.d;
    if (h5_shape(g->h, "/cls_hidden", hidden) != 2 || h5_shape(g->h, "/pooled", pooled) != 2 || hidden[0] < 1 ||
        hidden[0] > (size_t)g->rows || hidden[1] != (size_t)d || pooled[0] != hidden[0] || pooled[1] != hidden[1])
        die(EXIT_DATA, "%s: /cls_hidden and /pooled are not (rows, %d), the width of %s", h5_path(g->h), d,
            g->base->name);
    struct memory mem;
    struct model m;
    memory_open(&mem);
    model_open(&m, &g->base->config, &mem);
    model_map(&m, g->base->image);
    struct reading whole = read_rows(g, &m, (int)hidden[0], 0), cut = read_rows(g, &m, (int)hidden[0], 1);
    bool hides = whole.hidden > TOLERANCE && cut.hidden <= TOLERANCE && cut.pooled <= TOLERANCE;
    report(g, "cls_hidden", hides ? cut.hidden : whole.hidden, "");
    report(g, "pooled", hides ? cut.pooled : whole.pooled, "");
    if (hides && g->out)
        fprintf(g->out,
                "     as the rows without their final [SEP], which the file's attention mask hid: over whole rows\n"
                "     cls_hidden differs by %.2e, pooled by %.2e\n",
                whole.hidden, whole.pooled);
    model_close(&m);
    memory_close(&mem);
}

int golden_text_check(const char *path, const struct base *base, FILE *out)
{
    if (!base->tokenizer)
        die(EXIT_USAGE, "%s holds sentences: base=DIR must be a folder of real weights with a tokenizer", path);
    struct golden_text g = {.h = h5_open(path), .base = base, .out = out};
    read_ids(&g);
    if (g.max_len > base->config.positions)
        die(EXIT_DATA, "%s: rows of up to %d tokens, %s has %d positions", path, g.max_len, base->name,
            base->config.positions);
    check_ids(&g);
    if (g.wrong) /* vectors of other tokens say nothing */
        fprintf(out ? out : stderr, "     the vectors are not compared: the tokens differ\n");
    else
        check_vectors(&g);
    free(g.start);
    free(g.ids);
    free(g.types);
    h5_close(g.h);
    return g.wrong;
}

/* What a base has learned: for a synthetic one the acceptance tests of docs/tasks.md, stored and printed. */
#include "base/acceptance.h"

#include "base/pretrain.h"
#include "core/arena.h"
#include "core/h5.h"
#include "language/language.h"
#include "math/lapack.h"
#include "math/linalg.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Cosine of two rows. */
static double cosine(struct mat E, int a, int b)
{
    struct mat x = mat_rows(E, a, 1), y = mat_rows(E, b, 1);
    return mat_dot(x, y) / sqrt(mat_dot(x, x) * mat_dot(y, y));
}

/* Share of pairs whose first token has the second as its nearest neighbour among all words. */
static double neighbours(struct mat E, int (*pair)[2], int n)
{
    int right = 0;
    for (int i = 0; i < n; i++) {
        int best = -1;
        double top = -2;
        for (int v = 5; v < E.rows; v++) { /* the five specials are no words */
            double c = v == pair[i][0] ? -2 : cosine(E, pair[i][0], v);
            if (c > top) {
                top = c;
                best = v;
            }
        }
        right += best == pair[i][1];
    }
    return (double)right / n;
}

/* Accuracy of a ridge probe for the polarity of evaluative adjectives, 6-fold: the folds hold out single words, or
 * whole synsets, which is harder since no synonym of a tested word has been seen. w = (X'X + lambda I)^-1 X'y
 * on centred rows, lambda = 10 times the mean square of X. */
static double polarity_probe(struct mat E, bool by_synset)
{
    enum { FOLDS = 6 };
    int token[LANG_EVALUATIVES], polarity[LANG_EVALUATIVES], right = 0, d = E.cols;
    lang_evaluatives(token, polarity);
    struct mat S = mat_of(mem_alloc((size_t)d * (size_t)d * sizeof(real)), d, d);
    struct mat w = mat_of(mem_alloc((size_t)d * sizeof(real)), d, 1);
    double *mean = mem_alloc((size_t)d * sizeof *mean);
    for (int fold = 0; fold < FOLDS; fold++) {
        int n = 0;
        double square = 0, y = 0;
        mat_fill(S, 0);
        mat_fill(w, 0);
        memset(mean, 0, (size_t)d * sizeof *mean);
#define HELD(i) ((by_synset ? (i) / 2 : (i)) % FOLDS == fold)
#define X(i, j) ((double)E.v[(size_t)token[i] * (size_t)E.ld + (size_t)(j)])
        for (int i = 0; i < LANG_EVALUATIVES; i++)
            for (int j = 0; !HELD(i) && j < d; j++) {
                mean[j] += X(i, j);
                n += j == 0;
                y += j == 0 ? polarity[i] : 0;
            }
        for (int i = 0; i < LANG_EVALUATIVES; i++)
            for (int j = 0; !HELD(i) && j < d; j++) {
                double x = X(i, j) - mean[j] / n;
                square += x * x;
                w.v[j] += (real)(x * (polarity[i] - y / n));
                for (int k = 0; k < d; k++)
                    S.v[(size_t)j * S.ld + k] += (real)(x * (X(i, k) - mean[k] / n));
            }
        for (int j = 0; j < d; j++)
            S.v[(size_t)j * S.ld + j] += (real)(10 * square / (n * d));
        if (lapack_cholesky(S))
            continue;
        lapack_cholesky_solve(S, w);
        for (int i = 0; i < LANG_EVALUATIVES; i++) {
            double score = y / n;
            for (int j = 0; j < d; j++)
                score += (double)w.v[j] * (X(i, j) - mean[j] / n);
            right += HELD(i) && score * polarity[i] > 0;
        }
#undef HELD
#undef X
    }
    free(S.v);
    free(w.v);
    free(mean);
    return (double)right / LANG_EVALUATIVES;
}

/* The acceptance tests and the accuracy by category become attributes of /acceptance. */
void base_accept(struct h5 *h, struct model *m)
{
    int nouns[LANG_NOUN_PAIRS][2], adjectives[LANG_ADJECTIVE_PAIRS][2];
    char name[64];
    lang_noun_pairs(nouns);
    lang_adjective_pairs(adjectives);
    h5_set_f64(h, "/acceptance", "noun_synonyms_nearest", neighbours(m->word->w, nouns, LANG_NOUN_PAIRS));
    h5_set_f64(h, "/acceptance", "adjective_synonyms_nearest",
               neighbours(m->word->w, adjectives, LANG_ADJECTIVE_PAIRS));
    h5_set_f64(h, "/acceptance", "polarity_probe", polarity_probe(m->word->w, false));
    h5_set_f64(h, "/acceptance", "polarity_probe_by_synset", polarity_probe(m->word->w, true));
    struct mlm_score s = base_mlm_score(m, HELD_OUT_DOCUMENTS);
    h5_set_f64(h, "/acceptance", "mlm_loss", s.loss);
    h5_set_f64(h, "/acceptance", "mlm_accuracy", s.accuracy);
    h5_set_f64(h, "/acceptance", "coherence", s.coherence);
    for (int c = 0; c < CATEGORIES; c++) {
        snprintf(name, sizeof name, "mlm_accuracy_%s", category_name((enum category)c));
        h5_set_f64(h, "/acceptance", name, s.category_accuracy[c]);
    }
}

static void describe_corpus(struct h5 *h)
{
    double coherence = h5_attr_f64(h, "/acceptance", "coherence");
    printf("  corpus: %.0f documents (%.0f held out), %.0f sentences, %.1f MB, SHA-256 ",
           h5_attr_f64(h, "/corpus", "documents"), h5_attr_f64(h, "/corpus", "held_out_documents"),
           h5_attr_f64(h, "/corpus", "sentences"), h5_attr_f64(h, "/corpus", "bytes") / 1e6);
    char hash[80];
    h5_attr_text(h, "/corpus", "sha256", hash, sizeof hash);
    printf("%.16s\n  held-out masked words: loss %.3f (their entropy by frequency alone: %.3f), accuracy %.3f\n", hash,
           h5_attr_f64(h, "/acceptance", "mlm_loss"), h5_attr_f64(h, "/acceptance", "word_entropy"),
           h5_attr_f64(h, "/acceptance", "mlm_accuracy"));
    printf("  words that the vocabulary does not know: %.2f %%\n",
           100 * h5_attr_f64(h, "/acceptance", "unknown_words"));
    if (isnan(coherence))
        printf("  no sentence pairs: every document is one line\n");
    else
        printf("  next sentence, balanced accuracy: %.3f\n", coherence);
    printf("  use it as base=%s with task=table or task=glue\n", h5_path(h));
}

void base_describe(const struct base *b, const char *results)
{
    static const struct {
        const char *name, *text;
        double ask;
    } tests[] = {{"noun_synonyms_nearest", "nearest word of a noun is its synonym", .90},
                 {"adjective_synonyms_nearest", "nearest word of an adjective is its synonym", .95},
                 {"polarity_probe", "linear probe finds an adjective's polarity", .90},
                 {"polarity_probe_by_synset", "the same, no synonym seen (for information)", 0}};
    char path[1024], name[64];
    base_path(b, results, path, sizeof path);
    struct h5 *h = h5_open_sealed(path);
    DEFER(h5_close, h);
    printf("base %s, %s\n", b->name, path);
    if (h5_has(h, "/corpus")) {
        describe_corpus(h);
        return;
    }
    printf("  held-out masked words: loss %.3f, accuracy %.3f (", h5_attr_f64(h, "/acceptance", "mlm_loss"),
           h5_attr_f64(h, "/acceptance", "mlm_accuracy"));
    for (int c = 0; c < CATEGORIES; c++) {
        snprintf(name, sizeof name, "mlm_accuracy_%s", category_name((enum category)c));
        printf("%s%s %.3f", c ? ", " : "", category_name((enum category)c), h5_attr_f64(h, "/acceptance", name));
    }
    printf(")\n");
    printf("  coherence head, balanced accuracy: %.3f\n", h5_attr_f64(h, "/acceptance", "coherence"));
    if (strncmp(b->name, "synthetic", strlen("synthetic")) != 0) { /* asked of bases that experiments rest on */
        printf("  made in few steps or for depth: of word meanings nothing is asked; planted tasks need none\n");
        return;
    }
    for (size_t i = 0; i < sizeof tests / sizeof *tests; i++) {
        double v = h5_attr_f64(h, "/acceptance", tests[i].name);
        printf("  %s %-46s %.3f (asked: %.2f)\n", v >= tests[i].ask ? "ok  " : "LOW ", tests[i].text, v, tests[i].ask);
    }
}

/* Similarity (after STS-B): a sentence and its paraphrase after k = 0..4 changes of meaning; the score is 1 - k/4, the
 * class 4 - k. */
#include "data/task.h"
#include "language/edit.h"
#include "language/language.h"

#include <stdio.h>

enum { MOST_CHANGES = 4, TRIES = 1000 };

/* Exactly k changes, no two of the same word or negation, each the first that applies in random order. */
static bool change(struct rng *r, int k, struct sentence *s, struct edits *e)
{
    for (int i = 0; i < k; i++) {
        int kinds[] = {CHANGE_SIBLING, CHANGE_ANTONYM, CHANGE_VERB, CHANGE_NEGATION}, j = 0;
        rng_shuffle(r, kinds, 4);
        while (j < 4 && !edit_change(r, (enum change)kinds[j], s, e))
            j++;
        if (j == 4)
            return false;
    }
    return true;
}

struct sts_options {
    int mode;
};
static const struct option options[] = {
    OPTION_C(sts_options, mode, 0, "regression|classes", "a score in 0..1, or five classes"), OPTION_END};

static void describe(const void *opts, enum task_kind *kind, int *classes, enum metric *primary, enum metric *secondary)
{
    bool is_class = ((const struct sts_options *)opts)->mode;
    *kind = is_class ? TASK_CLASSES : TASK_SCORE;
    *classes = is_class ? MOST_CHANGES + 1 : 0;
    *primary = is_class ? METRIC_ACCURACY : METRIC_PEARSON;
    *secondary = METRIC_SPEARMAN;
}

static bool pair(struct rng *r, int k, double p, struct example *out)
{
    struct request style = grammar_style;
    int sentiment = grammar_sentiment(r);
    struct edits e = {{0, 0}, ""};
    struct sentence s = {.n = 2, .conjunction = WORD_AND}, other;
    struct text a, b;
    style.simple = true;
    style.negation = .35; /* so that negations go nearly as often as they come, and counting them tells little */
    for (int i = 0; i < 2; i++)
        grammar_clause(r, &style, sentiment, &s.clause[i]);
    other = s;
    if (!change(r, k, &other, &e))
        return false;
    edit_paraphrase(r, p, p, &other);
    sentence_text(&s, &a);
    sentence_text(&other, &b);
    snprintf(out->note, EXAMPLE_NOTE, "%s", e.note);
    out->n = lang_join(&a, &b, DOCUMENT_TOKENS, out->ids, out->types);
    return out->n > 0 && !text_same(&a, &b);
}

/* k is drawn once and kept until it fits, so that the five scores are equally frequent. */
static bool draw(const struct task_env *env, struct rng *r, struct example *out)
{
    static const double synonyms[] = {.2, .4, .6};
    int k = (int)rng_below(r, MOST_CHANGES + 1);
    bool is_class = ((const struct sts_options *)env->opts)->mode;
    out->label = is_class ? MOST_CHANGES - k : 1 - (double)k / MOST_CHANGES;
    for (int i = 0; i < TRIES; i++)
        if (pair(r, k, synonyms[env->common->difficulty], out))
            return true;
    return false;
}

const struct task task_sts = {.name = "sts",
                              .title = "similarity: 1 (same meaning) down to 0 (four changes)",
                              .cite = "after STS-B (Cer et al. 2017)",
                              .options = options,
                              .options_size = sizeof(struct sts_options),
                              .kind = TASK_SCORE,
                              .primary = METRIC_PEARSON,
                              .secondary = METRIC_SPEARMAN,
                              .draw = draw,
                              .describe = describe};

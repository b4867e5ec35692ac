/* Paraphrase (after MRPC): a sentence and its paraphrase, half of the time with one change of meaning. */
#include "data/task.h"
#include "language/edit.h"
#include "language/language.h"

#include <stdio.h>

/* Half of the time the first change that applies in random order, else one kind, which must apply. `role` counts
 * `weight`. */
static bool change(struct rng *r, int weight, struct sentence *s, struct edits *e)
{
    int kinds[] = {CHANGE_ANTONYM, CHANGE_SIBLING, CHANGE_NEGATION, CHANGE_ROLE, CHANGE_ROLE}, n = 3 + weight;
    int tries = rng_chance(r, .5) ? n : 1;
    rng_shuffle(r, kinds, n);
    for (int i = 0; i < tries; i++)
        if (edit_change(r, (enum change)kinds[i], s, e))
            return true;
    return false;
}

static bool draw(const struct task_env *env, struct rng *r, struct example *out)
{
    static const double synonyms[] = {.3, .5, .6}, second[] = {.1, .3, .6};
    int difficulty = env->common->difficulty;
    double p = synonyms[difficulty];
    struct request style = grammar_style;
    struct sentence s, other;
    struct edits e = {{0, 0}, ""};
    struct text a, b;
    style.second = second[difficulty];
    if (rng_chance(r, .7)) {
        style.animate = true;
        style.transitive = .6;
        style.intransitive = .16;
    }
    grammar_sentence(r, &style, &s);
    other = s;
    out->label = rng_chance(r, .5);
    if (out->label == 0 && !change(r, difficulty == 2 ? 2 : 1, &other, &e))
        return false;
    edit_paraphrase(r, p, p, &other);
    sentence_text(&s, &a);
    sentence_text(&other, &b);
    snprintf(out->note, EXAMPLE_NOTE, "%s", e.note);
    out->n = lang_join(&a, &b, DOCUMENT_TOKENS, out->ids, out->types);
    return out->n > 0 && !text_same(&a, &b);
}

const struct task task_mrpc = {.name = "mrpc",
                               .title = "paraphrase: one thing changed (0), same meaning (1)",
                               .cite = "after MRPC (Dolan and Brockett 2005)",
                               .kind = TASK_CLASSES,
                               .classes = 2,
                               .primary = METRIC_F1,
                               .secondary = METRIC_ACCURACY,
                               .draw = draw};

/* Inference (after MNLI): the hypothesis is the premise weakened, strengthened or contradicted, by natural logic. */
#include "data/task.h"
#include "language/entail.h"
#include "language/language.h"

#include <stdio.h>

enum label { ENTAILED, NEUTRAL, CONTRADICTED };

static enum determiner subject_determiner(struct rng *r)
{
    double u = rng_uniform(r);
    return u < .4 ? DET_THE : u < .6 ? DET_INDEFINITE : u < .9 ? DET_UNIVERSAL : DET_NO;
}

/* No edit touches what another one did, so weakening first keeps "neutral" and "contradicted" true of the premise. */
static bool edit(struct rng *r, enum label label, struct sentence *s, struct edits *e)
{
    bool twice = rng_chance(r, .5);
    switch (label) {
    case ENTAILED:
        return edit_mono(r, false, s, e) && (!twice || edit_mono(r, false, s, e));
    case NEUTRAL:
        return (!twice || edit_mono(r, false, s, e)) && edit_mono(r, true, s, e);
    default:
        return (!twice || edit_mono(r, false, s, e)) && edit_contradict(r, s, e);
    }
}

static bool draw(const struct task_env *env, struct rng *r, struct example *out)
{
    static const double paraphrase[] = {0, .2, .4};
    double p = paraphrase[env->common->difficulty];
    enum label label = (enum label)rng_below(r, 3);
    struct request style = grammar_style;
    struct sentence s, hypothesis;
    struct edits e = {{0, 0}, ""};
    struct text a, b;
    style.second = 0;
    style.simple = true;
    grammar_sentence(r, &style, &s);
    s.clause[0].subject.head.det = subject_determiner(r);
    hypothesis = s;
    if (!edit(r, label, &hypothesis, &e))
        return false;
    edit_paraphrase(r, p, p, &hypothesis);
    sentence_text(&s, &a);
    sentence_text(&hypothesis, &b);
    out->label = label;
    snprintf(out->note, EXAMPLE_NOTE, "%s", e.note);
    out->n = lang_join(&a, &b, DOCUMENT_TOKENS, out->ids, out->types);
    return out->n > 0;
}

const struct task task_mnli = {.name = "mnli",
                               .title = "inference: entailed (0), neutral (1), contradicted (2)",
                               .cite = "after MNLI (Williams et al. 2018); labels by monotonicity (van Benthem 1986)",
                               .kind = TASK_CLASSES,
                               .classes = 3,
                               .primary = METRIC_ACCURACY,
                               .draw = draw};

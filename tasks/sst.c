/* Sentiment (after SST-2): the sign of a sum over clauses in which negation, degree, "but" and stray adjectives take
 * part. */
#include "data/task.h"
#include "language/language.h"

#include <math.h>
#include <stdio.h>

/* A = polarity * strength, times 1.5 after an amplifier and .5 after a diminisher. */
static double intensity(int adjective, int degree)
{
    double a = adjective == NONE ? 0 : adjective_polarity(adjective) * adjective_strength(adjective);
    return degree == NONE ? a : degree < DEGREES_UP ? 1.5 * a : .5 * a;
}

static double phrase(const struct noun_phrase *np)
{
    return np->head.noun == NONE ? 0 : intensity(np->head.adjective, np->head.degree);
}

/* 2 g A + 3 g polarity(verb) + 2 g polarity(adverb) + sum of A over the noun phrases; g = -1 under negation. */
static double clause_score(const struct clause *c)
{
    double predicate = 2 * intensity(c->adjective, c->degree);
    if (c->verb != NONE)
        predicate += 3 * verb_polarity(c->verb);
    if (c->adverb != NONE)
        predicate += 2 * adverb_polarity(c->adverb);
    return (c->negated ? -predicate : predicate) + phrase(&c->subject) + phrase(&c->object);
}

/* With probability p the adjective of a noun phrase contradicts the mood of its clause. */
static void confuse(struct rng *r, double p, struct noun_phrase *np)
{
    int *adjective = &np->head.adjective;
    if (np->head.noun != NONE && *adjective != NONE && adjective_polarity(*adjective) && rng_chance(r, p))
        *adjective ^= 2;
}

static bool draw(const struct task_env *env, struct rng *r, struct example *out)
{
    static const double second[] = {.35, .60, .90}, stray[] = {.2, .5, .5}, margin[] = {2, 1, .5};
    static const struct request style = {.negation = .35, .transitive = .5, .simple = true, .subject = NONE};
    int difficulty = env->common->difficulty;
    struct sentence s = {.n = 1 + rng_chance(r, second[difficulty]), .conjunction = NONE};
    struct text t;
    double z = 0;
    if (s.n == 2)
        s.conjunction = rng_chance(r, .5) ? WORD_AND : WORD_BUT;
    for (int i = 0; i < s.n; i++) {
        struct clause *c = &s.clause[i];
        grammar_clause(r, &style, rng_chance(r, .5) ? 1 : -1, c);
        if (c->subject.head.det == DET_NO || c->subject.head.det == DET_FEW)
            c->subject.head.det = DET_THE; /* "no cake is good" is not praise */
        confuse(r, stray[difficulty], &c->subject);
        confuse(r, stray[difficulty], &c->object);
        c->place.adjective = c->place.degree = NONE; /* it would not count */
        z += (i == 1 && s.conjunction == WORD_BUT ? 2 : 1) * clause_score(c);
    }
    sentence_text(&s, &t);
    out->label = z > 0;
    snprintf(out->note, EXAMPLE_NOTE, "z = %+g", z);
    out->n = lang_join(&t, NULL, DOCUMENT_TOKENS, out->ids, out->types);
    return out->n > 0 && fabs(z) >= margin[difficulty];
}

const struct task task_sst = {.name = "sst",
                              .title = "sentiment with negation, degree and contrast: negative (0), positive (1)",
                              .cite = "after SST-2 (Socher et al. 2013)",
                              .kind = TASK_CLASSES,
                              .classes = 2,
                              .primary = METRIC_ACCURACY,
                              .draw = draw};

/* Acceptability (after CoLA): a sentence of the grammar, or one corrupted in a known way. The grammar decides: in it
 * "some" is plural. */
#include "data/task.h"
#include "language/edit.h"
#include "language/language.h"

#include <stdio.h>
#include <string.h>

enum corruption { AGREEMENT, SELECTION, DETERMINER, SWAP, DROP, CORRUPTIONS };

/* One finite form takes the other number; the base form after "not" has none. */
static int agreement(const struct text *t, int i)
{
    return i > 0 && t->ids[i - 1] == WORD_NOT ? NONE : token_other_number(t->ids[i]);
}

static int determiner(const struct text *t, int i)
{
    static const int pairs[][2] = {{WORD_A, WORD_SOME}, {WORD_EVERY, WORD_ALL}, {WORD_THIS, WORD_THESE}};
    for (int k = 0; k < 6; k++)
        if (t->ids[i] == pairs[k / 2][k % 2])
            return pairs[k / 2][1 - k % 2];
    return NONE;
}

/* Replaces a random token that has a counterpart. */
static bool replace(struct rng *r, struct text *t, int (*counterpart)(const struct text *, int), const char *what,
                    struct edits *e)
{
    int fit[TEXT_TOKENS], n = 0;
    for (int i = 0; i < t->n; i++)
        if (counterpart(t, i) != NONE)
            fit[n++] = i;
    if (n == 0)
        return false;
    int at = fit[rng_below(r, (uint32_t)n)], to = counterpart(t, at);
    edits_note(e, what, t->ids[at], to);
    t->ids[at] = to;
    return true;
}

/* The subject, or half of the time the object, becomes a noun of a class that the verb does not take. */
static bool selection(struct rng *r, struct sentence *s, struct text *t, struct edits *e)
{
    struct clause *c = &s->clause[rng_below(r, (uint32_t)s->n)];
    bool object = rng_chance(r, .5);
    struct nominal *head = object ? &c->object.head : &c->subject.head, other;
    int forbidden[NOUN_CLASSES], n = 0;
    if (c->verb == NONE || head->noun == NONE)
        return false;
    unsigned taken = object ? verb_objects(c->verb / 2) : verb_subjects(c->verb / 2);
    for (int k = 0; k < NOUN_CLASSES; k++)
        if (!(taken >> k & 1))
            forbidden[n++] = k;
    if (n == 0)
        return false;
    draw_nominal(r, forbidden[rng_below(r, (uint32_t)n)], 0, 0, &other);
    edits_note(e, object ? "sel object" : "sel subject", noun_token(head->noun, head->plural),
               noun_token(other.noun, head->plural));
    head->noun = other.noun;
    sentence_text(s, t);
    return true;
}

/* Adverbs stay: "sleeps happily" swapped is English, though not of this grammar. */
static bool swap(struct rng *r, struct text *t, struct edits *e)
{
    int at = (int)rng_below(r, (uint32_t)t->n - 1), first = t->ids[at], second = t->ids[at + 1];
    if (first == second || first >= ADVERB_FIRST || second >= ADVERB_FIRST)
        return false;
    edits_note(e, "swap", first, second);
    t->ids[at] = second;
    t->ids[at + 1] = first;
    return true;
}

/* Would the sentence do without its word i? Modifiers, "not", and the determiner of a plural can go. */
static bool omissible(const struct text *t, int i)
{
    int id = t->ids[i], noun = i + 1;
    if (id >= ADJECTIVE_FIRST || id == WORD_NOT)
        return true;
    if (id < WORD_THE || id > WORD_FEW)
        return false;
    while (t->ids[noun] >= ADJECTIVE_FIRST)
        noun++;
    return (t->ids[noun] - NOUN_FIRST) % 2;
}

static bool drop(struct rng *r, struct text *t, struct edits *e)
{
    int at = (int)rng_below(r, (uint32_t)t->n);
    if (omissible(t, at))
        return false;
    edits_note(e, "drop", t->ids[at], NONE);
    t->n--;
    memmove(t->ids + at, t->ids + at + 1, sizeof *t->ids * (size_t)(t->n - at));
    return true;
}

static bool corrupt(struct rng *r, enum corruption kind, struct sentence *s, struct text *t, struct edits *e)
{
    switch (kind) {
    case AGREEMENT:
        return replace(r, t, agreement, "agr", e);
    case SELECTION:
        return selection(r, s, t, e);
    case DETERMINER:
        return replace(r, t, determiner, "det", e);
    case SWAP:
        return swap(r, t, e);
    default:
        return drop(r, t, e);
    }
}

static bool draw(const struct task_env *env, struct rng *r, struct example *out)
{
    static const double plain[CORRUPTIONS] = {.2, .2, .2, .2, .2}, hard[CORRUPTIONS] = {.5, .25, .25, 0, 0};
    const double *share = env->common->difficulty == 2 ? hard : plain;
    struct request style = grammar_style;
    struct edits e = {{0, 0}, ""};
    struct sentence s;
    struct text t;
    bool done;
    style.second = .15;
    grammar_sentence(r, &style, &s);
    sentence_text(&s, &t);
    out->label = done = rng_chance(r, .5);
    while (!done) { /* a kind that does not apply is redrawn, not the sentence: sentences of both classes are alike */
        double u = rng_uniform(r);
        int kind = 0;
        while (kind < DROP && u >= share[kind])
            u -= share[kind++];
        done = corrupt(r, (enum corruption)kind, &s, &t, &e);
    }
    snprintf(out->note, EXAMPLE_NOTE, "%s", e.note);
    out->n = lang_join(&t, NULL, 18, out->ids, out->types);
    return out->n > 0;
}

const struct task task_cola = {.name = "cola",
                               .title = "acceptability: a sentence of the grammar (1) or a corrupted one (0)",
                               .cite = "after CoLA (Warstadt et al. 2019)",
                               .kind = TASK_CLASSES,
                               .classes = 2,
                               .primary = METRIC_MCC,
                               .secondary = METRIC_ACCURACY,
                               .draw = draw};

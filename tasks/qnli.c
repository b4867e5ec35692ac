/* Question answering (after QNLI): does the sentence of two clauses answer the question? */
#include "data/task.h"
#include "language/edit.h"
#include "language/language.h"

#include <stdio.h>

static bool takes(int verb, const struct clause *c)
{
    return verb_subjects(verb / 2) >> noun_class(c->subject.head.noun) & 1 &&
           (c->type == CLAUSE_INTRANSITIVE || verb_objects(verb / 2) >> noun_class(c->object.head.noun) & 1);
}

/* Takes the adjective, the verb or the object of the other clause, of the same type, if the verb still fits. */
static bool exchange(struct rng *r, const struct clause *other, struct clause *c, struct edits *e)
{
    if (c->type == CLAUSE_COPULAR) {
        edits_note(e, "exchange", ADJECTIVE_FIRST + c->adjective, ADJECTIVE_FIRST + other->adjective);
        c->adjective = other->adjective;
        c->degree = other->degree;
        return true;
    }
    if (c->type == CLAUSE_TRANSITIVE && rng_chance(r, .5)) {
        const struct nominal *was = &c->object.head, *is = &other->object.head;
        edits_note(e, "exchange", noun_token(was->noun, was->plural), noun_token(is->noun, is->plural));
        c->object = other->object;
        return takes(c->verb, c);
    }
    edits_note(e, "exchange", verb_token(c->verb, VERB_BASE), verb_token(other->verb, VERB_BASE));
    c->verb = other->verb;
    return takes(c->verb, c);
}

static bool alter(struct rng *r, const struct clause *other, struct clause *c, struct edits *e)
{
    static const enum change kinds[] = {CHANGE_ROLE, CHANGE_SIBLING, CHANGE_ANTONYM, CHANGE_VERB};
    struct sentence s = {.n = 1, .clause = {*c}};
    if (c->type == other->type && rng_chance(r, .4))
        return exchange(r, other, c, e);
    if (!edit_change(r, kinds[rng_below(r, 4)], &s, e))
        return false;
    *c = s.clause[0];
    return true;
}

static void draw_sentence(struct rng *r, struct sentence *s)
{
    struct request style = grammar_style;
    int sentiment = grammar_sentiment(r);
    style.simple = true;
    s->n = 2;
    s->conjunction = rng_chance(r, .5) ? WORD_AND : WORD_BUT;
    for (int i = 0; i < 2; i++) {
        grammar_clause(r, &style, i && s->conjunction == WORD_BUT ? -sentiment : sentiment, &s->clause[i]);
        if (rng_chance(r, .5))
            s->clause[i].place.noun = NONE;
        if (s->clause[i].subject.head.det == DET_NO)
            s->clause[i].subject.head.det = DET_THE; /* "no dog barks" does not say what barks */
    }
}

static bool draw(const struct task_env *env, struct rng *r, struct example *out)
{
    static const double synonyms[] = {.2, .4, .6};
    struct edits e = {{0, 0}, ""};
    struct sentence s;
    struct text a, b;
    draw_sentence(r, &s);
    int k = (int)rng_below(r, 2);
    const struct clause *other = &s.clause[1 - k];
    struct sentence asked = {.n = 1, .clause = {s.clause[k]}, .conjunction = NONE};
    struct clause *c = &asked.clause[0];
    out->label = rng_chance(r, .5);
    if (out->label == 0 && !alter(r, other, c, &e))
        return false;
    enum question q = question_draw(r, c);
    if (out->label == 0 && (question_same(q, c, &s.clause[k]) || /* the question does not mention what was altered */
                            (question_fits(q, other) && question_same(q, c, other))))
        return false;
    edit_paraphrase(r, synonyms[env->common->difficulty], 0, &asked);
    question_text(q, c, &a);
    sentence_text(&s, &b);
    snprintf(out->note, EXAMPLE_NOTE, "%s", e.note);
    out->n = lang_join(&a, &b, DOCUMENT_TOKENS, out->ids, out->types);
    return out->n > 0;
}

const struct task task_qnli = {.name = "qnli",
                               .title = "question and sentence: not answered (0), answered (1)",
                               .cite = "after QNLI (Rajpurkar et al. 2016; Wang et al. 2019)",
                               .kind = TASK_CLASSES,
                               .classes = 2,
                               .primary = METRIC_ACCURACY,
                               .draw = draw};

/* The sentences under the decision table: which method, at what rate, at what price, how surely. */
#include "table/decision_notes.h"

#include "analysis/words.h"
#include "core/arena.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Whether a row is a method that one could choose at LoRA's size: one whose runs do not fail. */
static bool eligible(const struct standing *r)
{
    return r->part == PART_METHOD && !r->is_lora && !isnan(r->over.here.low) && r->trained <= 1.05 &&
           !standing_fails(r);
}

/* The names of the methods with a verdict, "A; B and C"; "" when there is none. For free(). */
static char *names(const struct standings *s, enum verdict a, enum verdict b)
{
    const struct standing **found = mem_alloc((size_t)(s->n + 1) * sizeof *found);
    char *all = mem_text("%s", "");
    int n = 0;
    for (int i = 0; i < s->n; i++) {
        const struct standing *r = &s->row[i];
        const bool method = r->part == PART_METHOD || r->part == PART_SIZE;
        if (method && !r->is_lora && (r->verdict == a || r->verdict == b))
            found[n++] = r;
    }
    for (int i = 0; i < n; i++) {
        char *name = standing_name(found[i]);
        mem_append(&all, "%s%s", !i ? "" : i + 1 == n ? " and " : "; ", name);
        free(name);
    }
    free(found);
    return all;
}

/* The LoRA that a row is compared with; NULL: none. */
static const struct standing *lora_of(const struct standings *all, const struct standing *r)
{
    for (int i = 0; i < all->n; i++)
        for (int t = 0; t < all->tasks && all->row[i].is_lora; t++)
            if (r->on[t].reference && r->on[t].reference == all->row[i].on[t].group)
                return &all->row[i];
    return NULL;
}

/* " at rate 3e-3", or " at each task's own rate"; valid until the next call. */
static const char *at_rate(const struct standing *r)
{
    static char text[40]; /* one in a sentence */
    if (isnan(r->rate))
        return " at each task’s own rate";
    snprintf(text, sizeof text, " at rate %s", rate_text(r->rate));
    return text;
}

/* Whether a row goes before another as the one to use: better ones first, then by what is surely gained. */
static bool before(const struct standing *a, const struct standing *b)
{
    const bool x = a->verdict == VERDICT_BETTER, y = b->verdict == VERDICT_BETTER;
    return x != y ? x : a->over.here.low > b->over.here.low;
}

/* Which method, at what rate, at what price. */
static void note_choice(struct table *s, const struct standings *all)
{
    const struct standing *best = NULL;
    for (int i = 0; i < all->n; i++)
        if (eligible(&all->row[i]) && (!best || before(&all->row[i], best)))
            best = &all->row[i];
    const struct standing *against = best ? lora_of(all, best) : NULL;
    if (!against)
        return;
    char *name = standing_name(best), *lora = standing_name(against);
    char *like = isnan(best->over.like.low) ? mem_text("%s", "")
                                            : mem_text(" on these tasks, %s over tasks like these",
                                                       range_text(best->over.like.low, best->over.like.high, true));
    if (best->verdict == VERDICT_BETTER)
        table_note(s,
                   "Use %s%s: %s points over %s %s%s; %d of %d runs failed, at %.2f times the %s and %.2f times "
                   "the memory.",
                   name, at_rate(best), points_text(best->over.here.estimate), lora,
                   range_text(best->over.here.low, best->over.here.high, true), like, best->failed, best->runs,
                   standing_price(best), isnan(best->time.estimate) ? "operations" : "training time", best->bytes);
    else
        table_note(s,
                   "Use %s%s: no method of its size is seen to be better; the one of the highest lower bound is "
                   "%s, %s points %s.",
                   lora, at_rate(against), name, points_text(best->over.here.estimate),
                   range_text(best->over.here.low, best->over.here.high, true));
    free(like);
    free(name);
    free(lora);
}

/* What plain LoRA loses. */
static void note_lora(struct table *s, const struct standings *all)
{
    for (int i = 0; i < all->n; i++) {
        const struct standing *r = &all->row[i], *lora = lora_of(all, r);
        if (!lora || r->part != PART_REFERENCE || strcmp(r->series.method->name, "full") != 0 ||
            isnan(r->over.here.low))
            continue;
        char *name = standing_name(lora), *full = standing_name(r);
        char *off = isnan(lora->one_off) ? mem_text("%s", "")
                                         : mem_text("; at the worse neighbour of its rate it loses %s points",
                                                    percent_text(lora->one_off));
        table_note(s,
                   "Plain %s%s differs from %s, which trains %.0f times as many parameters, by %s points %s; "
                   "%d of %d runs failed%s.",
                   name, at_rate(lora), full, r->trained, points_text(-r->over.here.estimate),
                   range_text(-r->over.here.high, -r->over.here.low, true), lora->failed, lora->runs, off);
        free(off);
        free(full);
        free(name);
    }
}

static void note_rest(struct table *s, const struct standings *all)
{
    char *better = names(all, VERDICT_BETTER, VERDICT_BETTER), *same = names(all, VERDICT_EQUIVALENT, NOT_WORSE),
         *worse = names(all, VERDICT_WORSE, NOT_BETTER);
    table_note(s, "Of the other methods, better than %s: %s. Equivalent or not worse: %s. Worse or not better: %s.",
               all->reference, *better ? better : "none", *same ? same : "none", *worse ? worse : "none");
    free(better);
    free(same);
    free(worse);
}

/* Of the rows of the table: a search of another length, which no row shows, does not count. */
static void note_scale(struct table *s, const struct groups *g, const struct standings *all)
{
    char base[OPTION_TEXT], other[OPTION_TEXT], longer[32] = "";
    const struct setup *first = NULL;
    bool one_base = true, files = false;
    double least = INFINITY, most = 0, generated = 0;
    for (int i = 0; i < all->n; i++)
        for (int t = 0; t < all->tasks; t++) {
            if (!all->row[i].on[t].group)
                continue;
            const struct setup *u = all->row[i].on[t].group->setup;
            first = first ? first : u;
            one_base &= strcmp(setup_get(first, "base", base), setup_get(u, "base", other)) == 0;
            least = fmin(least, setup_number(u, "steps"));
            most = fmax(most, setup_number(u, "steps"));
            files |= u->task->load != NULL;
            generated = fmax(generated, u->task->load ? 0 : setup_number(u, "ntest"));
        }
    if (!first)
        return;
    if (most > least)
        snprintf(longer, sizeof longer, " to %.0f", most);
    char *tested = generated ? mem_text("%s generated test examples%s", count_text(generated),
                                        files ? " or a file’s test rows" : "")
                             : mem_text("%s", "a file’s test rows");
    table_note(s,
               "Scale: %s%s, %d task%s, %.0f%s steps, %s, n = %s runs per task and method. What holds here need not "
               "hold for a model of another size.",
               one_base ? "base " : "several bases", one_base ? base : "", all->tasks, all->tasks == 1 ? "" : "s",
               least, longer, tested, runs_words(g));
    free(tested);
}

/* What difference is found on each task: "0.6 (cola), 5.2 (sst)". */
static void note_power(struct table *s, const struct standings *all)
{
    struct contrast *c = mem_alloc((size_t)(all->n + 1) * sizeof *c);
    char *words = mem_text("%s", "");
    for (int t = 0; t < all->tasks; t++) {
        int n = 0;
        for (int i = 0; i < all->n; i++)
            if (all->row[i].on[t].group && all->row[i].on[t].group->budget && all->row[i].on[t].reference)
                c[n++] = all->row[i].on[t].contrast;
        const double found = detectable_median(c, n);
        if (isnan(found))
            continue;
        mem_append(&words, "%s%s (%s)", *words ? ", " : "", percent_text(found), all->task[t]);
    }
    if (*words)
        table_note(s,
                   "On a single task the interval finds a difference with power 0.8 when it is %s points (median over "
                   "methods).",
                   words);
    free(words);
    free(c);
}

static void note_missing(struct table *s, const struct standings *all)
{
    int missing = 0, parts = 0;
    for (int i = 0; i < all->n; i++) {
        missing += all->row[i].missing;
        parts += !all->row[i].whole;
    }
    if (missing && parts)
        table_note(
            s,
            "%s runs have not been made: means are over the others, and %d methods without %d runs on every task "
            "have no difference over tasks.",
            count_text(missing), parts, INTERVAL_LEAST);
    else if (missing)
        table_note(s, "%s runs have not been made: means are over the others.", count_text(missing));
}

/* How often the intervals hold what they should, for normal runs, as few of a method and as many of the reference as the
 * smallest and largest group have. Two tasks say nothing of tasks like them. */
static void note_coverage(struct table *s, const struct standings *all)
{
    enum { TRIALS = 2000 };
    int n = INT_MAX, most = 0;
    for (int i = 0; i < all->n; i++)
        for (int t = 0; t < all->tasks; t++) {
            const struct judgement *j = &all->row[i].on[t];
            if (!j->reference || j->n < INTERVAL_LEAST || j->others < INTERVAL_LEAST)
                continue;
            n = j->n < n ? j->n : n;
            most = j->others > most ? j->others : most;
        }
    if (!most)
        return;
    const enum pooled_kind kind[] = {POOLED_HERE, POOLED_LIKE, POOLED_NEXT};
    const char *const name[] = {"these tasks", "tasks like these", "a new task"};
    char *words = mem_text("%s", "");
    for (int i = 0; i < (all->tasks < INTERVAL_LEAST ? 1 : 3); i++) {
        mem_append(&words, "%s%s %.0f %%", i ? ", " : "", name[i],
                   100 * pooled_coverage(kind[i], all->tasks, n, most, 1, TRIALS));
    }
    table_note(
        s,
        "Simulated coverage with %d task%s, %d normal runs against %d, differences between tasks as large as the "
        "spread of runs: %s. Where a few runs fail, the true coverage is lower.",
        all->tasks, all->tasks == 1 ? "" : "s", n, most, words);
    free(words);
}

void decision_notes(struct table *s, const struct groups *g, const struct standings *all)
{
    note_choice(s, all);
    note_lora(s, all);
    note_rest(s, all);
    note_scale(s, g, all);
    note_power(s, all);
    note_missing(s, all);
    note_coverage(s, all);
}

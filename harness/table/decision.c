/* The decision table: one row per method, and three sentences: which, at what rate, at what price, how surely. */
#include "analysis/standing.h"
#include "table/kind.h"

#include "core/arena.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    C_METHOD,
    C_RATE,
    C_HERE,
    C_HERE_LOW,
    C_HERE_HIGH,
    C_VERDICT,
    C_LIKE,
    C_LIKE_LOW,
    C_LIKE_HIGH,
    C_NEXT,
    C_NEXT_LOW,
    C_NEXT_HIGH,
    C_FAILED,
    C_RUNS,
    C_OFF,
    C_TIME,
    C_TIME_LOW,
    C_TIME_HIGH,
    C_FLOPS,
    C_BYTES,
    C_STORED,
    C_WHEN,
    C_P,
    C_TASKS,
    C_GROUP,
    C_SCORE,
    C_TRAINED,
    C_FORGETTING
};
static const struct column columns[] = {
    {"Method", "method", EVERYONE, false},
    {"Start at rate", "lr", EVERYONE, true},
    {"Δ LoRA on these tasks", "difference", EVERYONE, true},
    {"", "difference_low", PROGRAMS, true},
    {"", "difference_high", PROGRAMS, true},
    {"Verdict", "verdict", EVERYONE, false},
    {"On tasks like these", "like", EVERYONE, true},
    {"", "like_low", PROGRAMS, true},
    {"", "like_high", PROGRAMS, true},
    {"A new task may give", "next", EVERYONE, true},
    {"", "next_low", PROGRAMS, true},
    {"", "next_high", PROGRAMS, true},
    {"Failed runs", "failed", EVERYONE, true},
    {"", "runs", PROGRAMS, true},
    {"Rate off by one step", "one_off", EVERYONE, true},
    {"Training time", "time", EVERYONE, true},
    {"", "time_low", PROGRAMS, true},
    {"", "time_high", PROGRAMS, true},
    {"Operations", "flops", EVERYONE, true},
    {"Memory", "bytes", EVERYONE, true},
    {"Stored", "stored", EVERYONE, true},
    {"When", "when", EVERYONE, false},
    {"", "p_adjusted", PROGRAMS, true},
    {"", "tasks", PROGRAMS, true},
    {"", "group", PROGRAMS, false},
    {"", "score", PROGRAMS, true},
    {"", "trained", PROGRAMS, true},
    {"", "forgetting", PROGRAMS, true},
};

/* What a reader of many rows looks for together. */
static const char *group_of(const struct standing *r)
{
    return r->part == PART_REFERENCE         ? "reference"
           : r->part == PART_CONTROL         ? "control"
           : r->series.method->claim != NULL ? "article"
                                             : "other";
}

static void put_range(struct table *s, int column, struct interval v, bool estimate)
{
    if (isnan(v.estimate))
        return;
    char *words = mem_text("%s%s%s", estimate ? points_text(v.estimate) : "", estimate && !isnan(v.low) ? " " : "",
                           range_text(v.low, v.high, true));
    table_value(s, column, v.estimate, words);
    table_number(s, column + 1, v.low, 4);
    table_number(s, column + 2, v.high, 4);
    free(words);
}

static void put_multiple(struct table *s, int column, double v, const char *mark)
{
    char words[32];
    snprintf(words, sizeof words, v < 9.95 ? "× %.2f%s" : "× %.0f%s", v, mark);
    if (!isnan(v))
        table_value(s, column, v, words);
}

/* "× 1.12 ± 0.01": the half of its interval. */
static void put_time(struct table *s, struct interval v)
{
    if (isnan(v.estimate))
        return;
    char *half = isnan(v.low) ? mem_text("%s", "") : mem_text(" ± %.2f", (v.high - v.low) / 2);
    put_multiple(s, C_TIME, v.estimate, half);
    table_number(s, C_TIME_LOW, v.low, 3);
    table_number(s, C_TIME_HIGH, v.high, 3);
    free(half);
}

/* Of training, times LoRA's: time where it was measured, else operations. */
static double price(const struct standing *r)
{
    return isnan(r->time.estimate) ? r->flops : r->time.estimate;
}

/* When one would take it, from its verdict and its price. */
static const char *when(const struct standing *r)
{
    const char *name = r->series.method->name;
    if (r->is_lora)
        return "what the others are compared with";
    if (r->part == PART_CONTROL)
        return "a control: it must be equivalent";
    if (strcmp(name, "head") == 0)
        return "the floor: nothing below the head trains";
    if (!r->whole)
        return r->missing ? "not all of its runs are made" : "not run on every task";
    if (strncmp(name, "full", 4) == 0)
        return r->verdict == VERDICT_BETTER ? "when memory and storage for these weights are there"
                                            : "a reference: dense weights train";
    if (r->failed * 20 > r->runs)
        return "at a lower rate: at this one too many runs fail";
    const bool small = r->stored <= 0.75, dear = price(r) > 1.25 || r->bytes > 1.25;
    switch (r->verdict) {
    case VERDICT_BETTER:
        return r->trained > 1.05 ? "it is better and trains more parameters: see the row at equal size"
               : dear            ? "when a point is worth its price"
                                 : "first choice";
    case VERDICT_EQUIVALENT:
    case NOT_WORSE:
        return small ? "when what is stored must be small" : dear ? "no reason to pay for it" : "as good as LoRA";
    case VERDICT_WORSE:
        return small ? "only when what is stored must be small" : "not for its score";
    case NOT_BETTER:
        return small ? "only when what is stored must be small" : "no reason to prefer it";
    case VERDICT_OPEN:
    case VERDICT_NONE:
        break;
    }
    return "more runs are needed to say";
}

static void add(struct table *s, const struct groups *g, const struct standing *r)
{
    char words[32];
    char *name = standing_name(r);
    table_row(s);
    table_text(s, C_METHOD, "%s", name);
    free(name);
    if (!isnan(r->rate))
        table_value(s, C_RATE, r->rate, rate_text(r->rate));
    if (!r->is_lora) {
        put_range(s, C_HERE, r->over.here, true);
        table_text(s, C_VERDICT, "%s", verdict_names[r->verdict]);
        put_range(s, C_LIKE, r->over.like, false);
        put_range(s, C_NEXT, r->over.next, false);
    }
    snprintf(words, sizeof words, "%d of %d", r->failed, r->runs);
    table_value(s, C_FAILED, r->failed < 0 ? NAN : r->failed, r->failed < 0 ? "–" : words);
    table_number(s, C_RUNS, r->runs, 0);
    if (!isnan(r->one_off))
        table_value(s, C_OFF, -r->one_off, points_text(-r->one_off));
    put_time(s, r->time);
    put_multiple(s, C_FLOPS, r->flops, "");
    put_multiple(s, C_BYTES, r->bytes, "");
    put_multiple(s, C_STORED, r->stored, group_mark(g, r->series.budget, r->series.label));
    table_text(s, C_WHEN, "%s", when(r));
    table_number(s, C_P, r->adjusted, 4);
    table_number(s, C_TASKS, r->tasks, 0);
    table_text(s, C_GROUP, "%s", group_of(r));
    table_number(s, C_SCORE, r->score, 4);
    table_number(s, C_TRAINED, r->trained, 2);
    table_number(s, C_FORGETTING, r->forgetting, 3);
}

/* Whether a row is a method that one could choose at LoRA's size. */
static bool eligible(const struct standing *r)
{
    return r->part == PART_METHOD && !r->is_lora && !isnan(r->over.here.low) && r->trained <= 1.05;
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
        char *longer = mem_text("%s%s%s", all, !i ? "" : i + 1 == n ? " and " : "; ", name);
        free(name);
        free(all);
        all = longer;
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

/* Which method, at what rate, at what price. */
static void note_choice(struct table *s, const struct standings *all)
{
    const struct standing *best = NULL;
    for (int i = 0; i < all->n; i++)
        if (eligible(&all->row[i]) && (!best || all->row[i].over.here.low > best->over.here.low))
            best = &all->row[i];
    const struct standing *against = best ? lora_of(all, best) : NULL;
    if (!against)
        return;
    char *name = standing_name(best), *lora = standing_name(against);
    char *like = isnan(best->over.like.low) ? mem_text("%s", "")
                                            : mem_text(" on these tasks, %s over tasks like these",
                                                       range_text(best->over.like.low, best->over.like.high, true));
    if (best->verdict == VERDICT_BETTER)
        table_note(s, "Use %s at rate %s: %s points over %s %s%s; %d of %d runs failed, at %.2f times the %s.", name,
                   rate_text(best->rate), points_text(best->over.here.estimate), lora,
                   range_text(best->over.here.low, best->over.here.high, true), like, best->failed, best->runs,
                   price(best), isnan(best->time.estimate) ? "operations" : "training time");
    else
        table_note(s, "Use %s at rate %s: no method of its size is better; the nearest to it is %s, %s points %s.",
                   lora, rate_text(against->rate), name, points_text(best->over.here.estimate),
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
        char *name = standing_name(lora);
        table_note(s,
                   "Plain %s at rate %s, with %d of %d runs failed, stands at %s points %s to full fine-tuning, "
                   "which trains "
                   "%.0f times as many parameters; one step beside its rate it loses %s points.",
                   name, rate_text(lora->rate), lora->failed, lora->runs, points_text(-r->over.here.estimate),
                   range_text(-r->over.here.high, -r->over.here.low, true), r->trained,
                   isnan(lora->one_off) ? "–" : percent_text(lora->one_off));
        free(name);
    }
}

static void note_rest(struct table *s, const struct standings *all)
{
    char *same = names(all, VERDICT_EQUIVALENT, NOT_WORSE), *worse = names(all, VERDICT_WORSE, NOT_BETTER);
    table_note(s, "Equivalent to LoRA or not worse: %s. Worse or not better: %s.", *same ? same : "none",
               *worse ? worse : "none");
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

/* "A difference of 0.6 (cola), 5.2 (sst) points is found with power 0.8." */
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
        char *longer = mem_text("%s%s%s (%s)", words, *words ? ", " : "", percent_text(found), all->task[t]);
        free(words);
        words = longer;
    }
    if (*words)
        table_note(s, "On one task a difference of %s points is found with power 0.8.", words);
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
    if (missing)
        table_note(s,
                   "%s runs have not been made: means are over the others, and %d methods with fewer than %d runs on a "
                   "task have no difference over tasks.",
                   count_text(missing), parts, INTERVAL_LEAST);
}

/* How often the intervals hold what they should. Two tasks say nothing of tasks like them. */
static void note_coverage(struct table *s, int runs, int tasks)
{
    enum { TRIALS = 2000 };
    const int n = runs > 6 ? runs : 6;
    const enum pooled_kind kind[] = {POOLED_HERE, POOLED_LIKE, POOLED_NEXT};
    const char *const name[] = {"these tasks", "tasks like these", "a new task"};
    char *words = mem_text("%s", "");
    for (int i = 0; i < (tasks < INTERVAL_LEAST ? 1 : 3); i++) {
        char *longer = mem_text("%s%s%s %.0f %%", words, i ? ", " : "", name[i],
                                100 * pooled_coverage(kind[i], tasks, n / 2, n, 1, TRIALS));
        free(words);
        words = longer;
    }
    table_note(s,
               "Simulated coverage with %d task%s, %d runs against %d, differences between tasks as large as the "
               "spread of runs: %s.",
               tasks, tasks == 1 ? "" : "s", n / 2, n, words);
    free(words);
}

static void fill(struct table *s, const struct groups *g, const struct display *d)
{
    char *wanted = display_reference(d);
    struct standings all = standings_make(g, d, wanted);
    const struct standing *lora = NULL;
    for (int i = 0; i < all.n; i++)
        lora = all.row[i].is_lora ? &all.row[i] : lora;
    /* One of the two prices: operations are no price where training was timed. */
    const bool timed = lora && !isnan(lora->time.estimate);
    struct column own[sizeof columns / sizeof *columns];
    memcpy(own, columns, sizeof own);
    own[timed ? C_FLOPS : C_TIME].audience = PROGRAMS;
    char *title = mem_text("Δ %s on these tasks", all.reference);
    own[C_HERE].title = title;
    table_columns(s, own, sizeof own / sizeof *own);
    free(title);
    for (int i = 0; i < all.n && lora; i++)
        add(s, g, &all.row[i]);
    table_caption(
        s,
        "%s: differences in points of test score x 100, 95 %% intervals. These tasks: seeds vary (Welch). Tasks "
        "like these: tasks vary too (random effects, Hartung and Knapp). A new task: prediction interval of the "
        "difference there. Verdict: of these tasks, margin %g points, p adjusted for all rows. Failed: less "
        "than a quarter of the way from the head alone to full fine-tuning. Rate off by one step: validation, "
        "the worse neighbour. %s, memory beyond the base and stored parameters: times %s’s.",
        s->id, 100 * g->rows->plan->experiment->margin,
        timed ? "Training time (nothing else ran; repeats in shuffled order, ±: 95 %)" : "Operations of a step",
        all.reference);
    if (lora) {
        note_choice(s, &all);
        note_lora(s, &all);
        note_rest(s, &all);
        note_scale(s, g, &all);
        note_power(s, &all);
        note_missing(s, &all);
        note_coverage(s, lora->on[0].n, all.tasks);
        for (int i = 0; i < all.n; i++)
            group_note_mark(s, group_mark(g, all.row[i].series.budget, all.row[i].series.label));
    }
    standings_free(&all);
    free(wanted);
}

const struct table_kind table_decision = {
    .name = "decision",
    .title = "Which method, at what rate, at what price",
    .help =
        "One row per method: difference to LoRA over the tasks, what a new task may give, failed runs, how touchy its "
        "rate is, costs, a verdict and when to use it.",
    .keys = "reference task",
    .absent = "there are no runs of LoRA to compare with",
    .fill = fill,
};

/* The decision table: one row per method, how it stands to LoRA, what it costs and when one would take it. */
#include "analysis/standing.h"
#include "analysis/words.h"
#include "table/decision_notes.h"
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
    if (standing_fails(r))
        return "not at this rate: too many runs fail";
    const bool small = r->stored <= 0.75, dear = standing_price(r) > 1.25 || r->bytes > 1.25;
    switch (r->verdict) {
    case VERDICT_BETTER:
        return r->trained > 1.05 ? "when it may train more parameters than LoRA"
               : dear            ? "when a point is worth its price"
                                 : "first choice";
    case VERDICT_EQUIVALENT:
    case NOT_WORSE:
        return small                     ? "when what is stored must be small"
               : dear                    ? "no reason to pay for it"
               : r->verdict == NOT_WORSE ? "as good as LoRA, or better"
                                         : "as good as LoRA";
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
        if (!isnan(r->over.like.low)) /* two tasks say nothing of tasks like them */
            put_range(s, C_LIKE, r->over.like, true);
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
        "like these: tasks vary too (random effects, Hartung and Knapp: a task on which runs scatter, as where some "
        "fail, counts less). A new task: prediction interval of the difference there. Verdict: of these tasks, margin "
        "%g point%s; better and worse by p adjusted for all rows, the others by the interval. Failed: less than a "
        "quarter of the way from the head alone to full fine-tuning, where that is seen to be better by the margin. "
        "Rate off by one step: change of the validation score at the worse of the two neighbouring rates. %s, memory "
        "beyond the base and stored parameters: times %s’s.",
        s->id, 100 * g->rows->plan->experiment->margin, plural(100 * g->rows->plan->experiment->margin),
        timed ? "Training time (nothing else ran; repeats in shuffled order, ±: 95 %; the head alone trains on "
                "features of the "
                "frozen base, which are computed before its time is taken)"
              : "Operations of a step",
        all.reference);
    if (lora) {
        decision_notes(s, g, &all);
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

/* The table of claims: what was said, what the runs of this experiment say, and the verdict. */
#include "analysis/claims.h"
#include "table/finding.h"
#include "table/kind.h"

#include "core/file.h"
#include "core/set.h"
#include "stats/stats.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void rule_words(const struct claim *c, char *text, size_t size)
{
    const char *const values[CLAIM_KINDS] = {
        "score", "r", "slope", "speed-up", "rank, later - earlier layers", "parameters", c->column};
    char unit[64] = "";
    const char *between = c->kind == CLAIM_PARAMETERS ? " / " : c->kind == CLAIM_STEPS ? " over " : " - ";
    if (c->rule == RULE_BETWEEN)
        snprintf(unit, sizeof unit, "%g and %g", c->limit, c->high);
    else if (c->kind == CLAIM_DIFFERENCE)
        snprintf(unit, sizeof unit, "%g points", 100 * c->limit);
    else
        snprintf(unit, sizeof unit, "%g", c->limit);
    snprintf(text, size, "%s%s%s%s: %s%s%s %s %s%s", c->to ? "distance of " : "", values[c->kind],
             c->to ? " to that of " : "", c->to ? c->to : "", c->a, c->b ? between : "", c->b ? c->b : "",
             claim_rule_names[c->rule], unit, c->like ? ", over tasks like these" : "");
}

static void value_words(const struct claim *c, const struct finding *f, char *estimate, char *range, size_t size)
{
    const struct interval *v = &f->value;
    *range = '\0';
    if (isnan(v->estimate)) {
        snprintf(estimate, size, "–");
        return;
    }
    if (c->kind == CLAIM_DIFFERENCE) {
        snprintf(estimate, size, "%s", points_text(v->estimate));
        snprintf(range, size, "%s", range_text(v->low, v->high, true));
        return;
    }
    if (c->kind == CLAIM_TABLE) {
        snprintf(estimate, size, "%s", f->estimate);
        snprintf(range, size, "%s", f->range);
        return;
    }
    if (c->kind == CLAIM_STEPS) { /* a ratio is never negative; a t interval may be */
        snprintf(estimate, size, "%.2f", v->estimate);
        if (!isnan(v->low))
            snprintf(range, size, "[%.2f, %.2f]", fmax(v->low, 0), v->high);
        return;
    }
    snprintf(estimate, size, f->exact ? "%.4f" : "%+.2f", v->estimate);
    if (!isnan(v->low) && !f->exact)
        snprintf(range, size, "[%+.2f, %+.2f]", v->low, v->high);
}

/* The shares of single runs that, taken at their word, confirm and refute; nothing when there are none. */
static void alone_words(const struct claim *c, const struct finding *f, char *text, size_t size)
{
    int count[3] = {0};
    *text = '\0';
    for (int i = 0; i < f->draws; i++)
        count[claim_decide(c, f->draw[i], f->draw[i])]++;
    if (f->draws)
        snprintf(text, size, "confirmed %.0f %%, refuted %.0f %% of %s", 100.0 * count[VERDICT_CONFIRMED] / f->draws,
                 100.0 * count[VERDICT_REFUTED] / f->draws, count_text(f->draws));
}

/* With `alone`, what single runs would have said stands where else the claim in its own regime does. */
static void add_claim(struct table *s, const struct results *rows, const struct claims *all, const struct claim *c,
                      bool alone)
{
    struct finding f = finding_of(rows, all, c, alone);
    char rule[400], estimate[64], range[64], single[96];
    rule_words(c, rule, sizeof rule);
    value_words(c, &f, estimate, range, sizeof estimate);
    table_row(s);
    table_text(s, 0, "%s", c->claim);
    table_text(s, 1, "%s", c->whose ? c->whose : "");
    table_text(s, 2, "%s", rule);
    table_value(s, 3, f.n, f.exact ? "exact" : count_text(f.n));
    if (!f.exact)
        table_number(s, 4, f.tasks, 0);
    table_value(s, 5, f.value.estimate, estimate);
    table_text(s, 6, "%s", range);
    table_number(s, 7, f.value.low, 4);
    table_number(s, 8, f.value.high, 4);
    table_text(s, 9, "%s%s%s%s", claim_verdict_names[finding_verdict(&f, c)], *f.why ? " (" : "", f.why,
               *f.why ? ")" : "");
    table_text(s, 10, "%s", c->name);
    alone_words(c, &f, single, sizeof single);
    finding_free(&f);
    const struct claim *own = c->own ? claims_find(all, c->own) : NULL;
    if (alone)
        table_text(s, 11, "%s", single);
    if (alone || !own)
        return;
    f = finding_of(rows, all, own, false);
    value_words(own, &f, estimate, range, sizeof estimate);
    table_text(s, 11, "%s: %s %s %s%s%s%s", own->claim, estimate, range, claim_verdict_names[finding_verdict(&f, own)],
               *f.why ? " (" : "", f.why, *f.why ? ")" : "");
    finding_free(&f);
}

/* What it took: the command, the runs, and the time that their steps took, each run once. */
static void note_cost(struct table *s, const struct results *rows)
{
    struct set seen = {0};
    double ms = 0;
    int runs = 0;
    for (int i = 0; i < rows->n; i++) {
        const struct facts *f = rows->row[i].facts;
        if (!rows->row[i].present || !set_add_text(&seen, f->key, 0))
            continue;
        ms += isfinite(f->step_ms) && isfinite(f->steps) ? f->step_ms * f->steps : 0;
        runs++;
    }
    set_free(&seen);
    const char *path = rows->plan->experiment->path, *slash = strrchr(path, '/');
    table_note(s, "Made by peftlab sweep experiments/%s: %s runs, %.0f core minutes of steps, evaluation apart.",
               slash ? slash + 1 : path, count_text(runs), ms / 6e4);
}

/* "282-step runs", or from the shortest to the longest: "runs of 18 to 1,125 steps". */
static void length_words(const struct results *rows, char *out, size_t size)
{
    double least = INFINITY, most = 0;
    for (int i = 0; i < rows->plan->cells; i++) {
        const double steps = setup_number(&rows->setup[i], "steps");
        least = fmin(least, steps);
        most = fmax(most, steps);
    }
    if (least == most)
        snprintf(out, size, "%.0f-step runs", most);
    else
        snprintf(out, size, "runs of %s to %s steps", count_text(least), count_text(most));
}

static void fill(struct table *s, const struct groups *g, const struct display *d)
{
    struct claims all;
    char length[64];
    char *path = display_file(g, d, "claims.ini");
    const char *id = g->rows->plan->experiment->id;
    if (!file_exists(path)) {
        table_absent(s, "there is no %s", path);
        free(path);
        return;
    }
    claims_read(&all, path);
    static const struct column columns[] = {
        {"Claim", "claim", EVERYONE, false},
        {"Whose", "whose", EVERYONE, false},
        {"In numbers", "rule", EVERYONE, false},
        {"n", "n", EVERYONE, true},
        {"Tasks", "tasks", EVERYONE, true},
        {"Found", "value", EVERYONE, true},
        {"95 % interval", "interval", READERS, true},
        {"", "low", PROGRAMS, true},
        {"", "high", PROGRAMS, true},
        {"Verdict", "verdict", EVERYONE, false},
        {"", "name", PROGRAMS, false},
    };
    const bool alone = strcmp(display_get(d, "alone", "no"), "yes") == 0;
    length_words(g->rows, length, sizeof length);
    table_columns(s, columns, sizeof columns / sizeof *columns);
    table_column(s, alone ? "With one seed and one rate" : "In its own regime", alone ? "alone" : "own_regime",
                 EVERYONE, false);
    for (int i = 0; i < all.n; i++)
        if (claim_of(&all.claim[i], id) && !claims_owned(&all, &all.claim[i]) && (!alone || all.claim[i].experiments))
            add_claim(s, g->rows, &all, &all.claim[i], alone);
    table_caption(
        s,
        "%s: claims written down before the runs unless they say otherwise (%s), decided by the 95 %% interval: "
        "confirmed or refuted when it lies wholly on one side of the rule, else "
        "undecided. n: seeds, or the single values that the mean is of (runs, pairs of a task and a seed). Intervals: "
        "of differences unpaired (Welch), over these tasks by the mean over them, over tasks like these by random "
        "effects "
        "(Hartung and Knapp); of a row of a table those of that table; of ranks over tasks like these (Student t of "
        "task "
        "means); of correlations BCa bootstrap over runs%s (with few runs narrower than 95 %%); of speed-ups Student t "
        "below "
        "ten and above %d values, BCa between. Speed-up: a run's steps over those after "
        "which it has the other method's final score, 0 where "
        "it never has. Not adjusted for the number of claims. They hold at this scale: small models, %s.",
        s->id, strrchr(path, '/') ? strrchr(path, '/') + 1 : path, sample_words(g), STATS_MANY, length);
    if (alone)
        note_cost(s, g->rows);
    if (alone)
        table_note(s, "With one seed and one rate: how often the rule would have been found to hold, or not to, by a "
                      "single run of each side at one rate that both have, taken at its word; search runs are read as "
                      "well, by their validation score. Empty where the value is not one of single runs.");
    table_absent(s, "%s holds no claim for this experiment", path);
    claims_free(&all);
    free(path);
}

const struct table_kind table_claims = {
    .name = "claims",
    .title = "What was claimed and what was found",
    .help = "The claims of a file that name this experiment, decided by its runs; analysis/claims.h says how a claim "
            "is written. "
            "alone = yes: beside each verdict, that of one seed and one rate.",
    .keys = "file alone",
    .absent = "no claim names this experiment",
    .records = true,
    .fill = fill,
};

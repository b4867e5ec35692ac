/* Protocols of few runs, and how often they name the wrong method: what each repair of a leaderboard buys. */
#include "analysis/leaderboard.h"
#include "table/kind.h"

#include "core/arena.h"
#include "stats/stats.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A share as a percentage with its interval, inside its scale. */
static void put_share(struct table *s, int first, struct interval v, bool sign)
{
    if (!sign && !isnan(v.low)) /* fmax and fmin take a number for NaN */
        v.low = fmax(v.low, 0), v.high = fmin(v.high, 1);
    table_value(s, first, v.estimate, sign ? points_text(v.estimate) : percent_text(v.estimate));
    table_text(s, first + 1, "%s", range_text(v.low, v.high, sign));
    table_number(s, first + 2, v.low, 4);
    table_number(s, first + 3, v.high, 4);
}

/* What most leaderboards do, and its two repairs for the same four runs, in one sentence. */
static void note_repairs(struct table *s, const struct board *b)
{
    int n[3];
    const struct interval one = board_signs(b, PROTOCOL_ONE, &n[0]), four = board_signs(b, PROTOCOL_FOUR, &n[1]),
                          own = board_signs(b, PROTOCOL_OWN, &n[2]);
    if (!n[0] || !n[1] || !n[2])
        return;
    char *first = mem_text("%s", percent_text(one.estimate)), *second = mem_text("%s", percent_text(four.estimate));
    table_note(s,
               "A leaderboard with one run per method at one rate has the wrong sign in %s percent of the comparisons "
               "with LoRA whose answer is known; four seeds at that rate leave %s percent wrong, the same four runs "
               "spent on a rate of each method's own %s.",
               first, second, percent_text(own.estimate));
    free(first);
    free(second);
}

/* "1e-3 31.2, 3e-3 12.5": the leaderboard of every common rate. */
static void note_rates(struct table *s, const struct board *b)
{
    char *words = mem_text("%s", "");
    for (int r = 0; r < b->rates; r++) {
        double sum = 0;
        int n = 0;
        for (int m = 0; m < b->methods; m++)
            for (int t = 0; t < b->tasks; t++) {
                const double wrong = board_wrong_sign(b, PROTOCOL_ONE, m, t, r);
                sum += isnan(wrong) ? 0 : wrong;
                n += !isnan(wrong);
            }
        mem_append(&words, "%s%s at %s", r ? ", " : "", percent_text(n ? sum / n : NAN), rate_text(b->rate[r]));
    }
    table_note(s, "Wrong signs of one seed at one rate, in percent of pairs of method and task: %s.", words);
    free(words);
}

/* How far apart one seed at one rate puts LoRA and its twin. */
static void note_twin(struct table *s, const struct board *b)
{
    int apart = 0, all = 0;
    for (int m = 0; m < b->methods; m++)
        for (int t = 0; t < b->tasks && b->lora >= 0; t++) {
            const struct group *a = b->answer[m * b->tasks + t];
            for (int r = 0; a && setup_number(a->setup, "twin") != 0 && r < b->rates; r++) {
                double *v, *w;
                const int n = protocol_scores(b, PROTOCOL_ONE, m, t, r, &v),
                          others = protocol_scores(b, PROTOCOL_ONE, b->lora, t, r, &w);
                for (int i = 0; i < n; i++)
                    for (int k = 0; k < others; k++) {
                        apart += fabs(v[i] - w[k]) > 0.01;
                        all++;
                    }
                free(v);
                free(w);
            }
        }
    if (all)
        table_note(
            s,
            "The placebo, LoRA on another random stream: one seed at one rate puts it more than a point from LoRA in "
            "%s percent of %s pairs of runs.",
            percent_text((double)apart / all), count_text(all));
}

static void put_less(struct table *s, const struct board *b, int wrong, int n_at)
{
    int n;
    const struct interval v = board_signs_less(b, PROTOCOL_OWN, PROTOCOL_FOUR, &n);
    if (!n)
        return;
    table_row(s);
    table_text(s, 0, "own rate less four seeds, same runs");
    table_text(s, 1, "own rate less four seeds, same runs");
    put_share(s, wrong, v, true);
    table_number(s, n_at, n, 0);
    table_number(s, n_at + 1, b->tasks, 0);
}

static void fill(struct table *s, const struct groups *g, const struct display *d)
{
    struct board b;
    board_make(&b, g, display_setting(d, "single"), display_setting(d, "own"));
    table_column(s, "Protocol", "protocol", EVERYONE, false);
    table_column(s, "", "name", PROGRAMS, false);
    const int runs = table_column(s, "Runs per method and task", "spent", EVERYONE, true);
    const int wrong = interval_columns(s, "Wrong signs, %", "wrong_sign");
    const int bought = table_column(s, "Fewer per further run, points", "bought", EVERYONE, true);
    const int winner = interval_columns(s, "Wrong winners, %", "wrong_winner");
    const int methods = table_column(s, "Methods", "n", EVERYONE, true);
    const int tasks = table_column(s, "Tasks", "tasks", EVERYONE, true);
    double first = NAN;
    for (int p = 0; p < PROTOCOLS && b.lora >= 0 && b.rates; p++) {
        int n, k;
        const struct interval v = board_signs(&b, (enum protocol)p, &n), w = board_winners(&b, (enum protocol)p, &k);
        const int spent = protocol_runs(&b, (enum protocol)p);
        if (!n)
            continue;
        first = p == PROTOCOL_AS_THEY_COME ? v.estimate : first;
        table_row(s);
        table_text(s, 0, "%s", protocol_names[p]);
        table_text(s, 1, "%s", protocol_names[p]);
        table_number(s, runs, spent, 0);
        put_share(s, wrong, v, false);
        if (spent > 1)
            table_value(s, bought, (first - v.estimate) / (spent - 1), points_text((first - v.estimate) / (spent - 1)));
        put_share(s, winner, w, false);
        table_number(s, methods, n, 0);
        table_number(s, tasks, k, 0);
    }
    if (s->rows)
        put_less(s, &b, wrong, methods);
    int decided = 0, pairs = 0;
    for (int m = 0; m < b.methods; m++)
        for (int t = 0; t < b.tasks; t++) {
            decided += board_sign(&b, m, t) != 0;
            pairs += m != b.lora && b.answer[m * b.tasks + t] != NULL;
        }
    table_caption(
        s,
        "%s: how often a protocol has the wrong sign of a method less LoRA on a task, and a wrong best method at the "
        "budget, of all "
        "that its runs could have been: n = %d rates by %d seeds, counted, not simulated. The answer is that of equal "
        "search (test, n = %s): a sign where its 95 %% interval leaves out 0 (%d of %d pairs of method and task), a "
        "wrong winner "
        "where the interval to the best lies below 0. Single runs, and rates of their own, are scored by validation, "
        "which "
        "nothing was chosen on but where the row says so; the answer's search by test. An own rate is one for all "
        "tasks, as the answer's. 95 %% intervals over methods "
        "(BCa, below ten t), winners over tasks (t). The last three protocols draw from the runs that make the answer, "
        "which flatters "
        "them.",
        s->id, b.rates, b.seeds, runs_words(g), decided, pairs);
    if (s->rows) {
        note_repairs(s, &b);
        note_rates(s, &b);
        note_twin(s, &b);
    }
    board_free(&b);
}

const struct table_kind table_protocol = {
    .name = "protocol",
    .title = "How often a leaderboard names the wrong method",
    .help = "Protocols of few runs against the answer after equal search. grids: the answer's; single: runs at rates "
            "that all "
            "share, evaluated on validation; own: the same at the sizes that methods come with.",
    .keys = "single own",
    .absent = "no method has both an answer and single runs",
    .fill = fill,
};

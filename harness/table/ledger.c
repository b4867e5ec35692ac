/* The fairness ledger: one result set under five handicaps, for what is equal decides who is ahead. */
#include "analysis/curve.h"
#include "analysis/series.h"
#include "table/table.h"

#include "core/arena.h"
#include "stats/stats.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SERIES_MOST = 256, TASKS_MOST = 64 };

/* What a rate drawn from the window loses to the chosen one, on validation; NaN where none was searched. A rung that
 * the search added is not of the window. */
static double untuned_loss(const struct groups *g, const struct group *a)
{
    const struct plan *p = g->rows->plan;
    const int cell = a->run[0]->run->cell;
    const struct choice *o = &p->choice[cell];
    const int rates = p->cell[cell].rates - (o->extended != 0);
    return o->mean && rates > 1 ? stats_mean(o->mean + (o->extended < 0), rates) - o->score : NAN;
}

/* The score of the largest variant of this label that takes no more memory than `most`; NaN when none does. */
static double fitting_score(const struct groups *g, const struct group *a, double most)
{
    const struct group *best = NULL;
    for (int i = 0; i < g->n; i++) {
        const struct group *c = &g->group[i];
        if (c->ok && strcmp(c->task, a->task) == 0 && strcmp(c->label, a->label) == 0 &&
            group_median(c, result_bytes) <= 1.005 * most && (!best || c->budget > best->budget))
            best = c;
    }
    return best ? group_mean(best, result_test) : NAN;
}

enum handicap { PARAMETERS, TUNING, FLOPS, TIME, MEMORY, REACHED, HANDICAPS };
static const char *const titles[HANDICAPS][2] = {
    {"Equal parameters", "equal_parameters"}, {"One drawn rate", "drawn_rate"},
    {"Equal FLOPs", "equal_flops"},           {"Equal time", "equal_time"},
    {"Equal memory", "equal_memory"},         {"Time to LoRA’s score", "time_to_score"},
};

/* A group on its task against the LoRA it is compared with (itself, when it is that). */
static void judge(const struct groups *g, const struct group *a, const struct group *lora, double v[HANDICAPS])
{
    struct curve c = curve_of(a);
    const double steps = c.n ? c.step[c.n - 1] : NAN;
    const double flops = group_median(lora, result_flops) / group_median(a, result_flops);
    const double time = group_median(lora, result_ms) / group_median(a, result_ms);
    v[PARAMETERS] = group_mean(a, result_test);
    v[TUNING] = v[PARAMETERS] + untuned_loss(g, a);
    v[FLOPS] = curve_at(&c, steps * flops);
    v[TIME] = curve_at(&c, steps * time);
    v[MEMORY] = fitting_score(g, a, group_median(lora, result_bytes));
    v[REACHED] = curve_reaches(&c, group_mean(lora, result_test)) / (steps * time);
    curve_free(&c);
}

bool table_ledger(struct sheet *s, const struct groups *g, const struct display *d, char *why, size_t size)
{
    static struct series series[SERIES_MOST];
    const char *task[TASKS_MOST];
    char *wanted = display_words(d, "reference");
    const int tasks = groups_tasks(g, d, task, TASKS_MOST), n = groups_series(g, series, SERIES_MOST);
    sheet_column(s, "Budget", "budget", EVERYONE, true);
    sheet_column(s, "Method", "method", EVERYONE, false);
    sheet_column(s, "Tasks", "tasks", EVERYONE, true);
    for (int h = 0; h < HANDICAPS; h++)
        sheet_column(s, titles[h][0], titles[h][1], EVERYONE, true);
    for (int i = 0; i < n; i++) {
        double sum[HANDICAPS] = {0}, v[HANDICAPS];
        int seen = 0, followed = 0, reached = 0; /* followed: runs of a list have no scores over steps */
        for (int t = 0; t < tasks; t++) {
            const struct group *a = series_group(g, &series[i], task[t]);
            const struct group *lora = a ? groups_reference(g, a, wanted) : NULL;
            if (!a || !a->ok)
                continue;
            judge(g, a, lora ? lora : a, v);
            seen++;
            followed += !isnan(v[FLOPS]);
            reached += !isnan(v[REACHED]);
            for (int h = 0; h < HANDICAPS; h++)
                sum[h] += h == REACHED && isnan(v[h]) ? 0 : v[h];
        }
        if (!seen)
            continue;
        sheet_row(s);
        if (series[i].budget)
            sheet_value(s, 0, series[i].budget, count_text(series[i].budget));
        sheet_text(s, 1, "%s", series[i].label);
        sheet_number(s, 2, seen, 0);
        for (int h = 0; h < REACHED; h++)
            sheet_value(s, 3 + h, sum[h] / seen, isnan(sum[h]) ? "–" : percent_text(sum[h] / seen));
        char words[48];
        snprintf(words, sizeof words, followed ? "never" : "–");
        if (reached)
            snprintf(words, sizeof words, "%.2f on %d", sum[REACHED] / reached, reached);
        sheet_value(s, 3 + REACHED, reached ? sum[REACHED] / reached : NAN, words);
    }
    free(wanted);
    sheet_caption(
        s,
        "%s: the same runs under five handicaps: test score x 100, mean over tasks, n = %s seeds per task%s. One drawn "
        "rate: less what a rate drawn from the window loses to the chosen one on validation. Equal FLOPs, equal time "
        "(processor time of the median step): read off the mean test score over steps where LoRA’s whole run would "
        "end; a cheaper method is not trained on. Equal memory: the largest variant within LoRA’s measured peak; – "
        "where none fits. Last: processor time until the mean score is LoRA’s final one, as a share of LoRA’s run, and "
        "on how many tasks it comes to that. No intervals: those of the score table hold.",
        s->id, runs_words(g), sample_words(g));
    if (!s->rows)
        snprintf(why, size, "no run has been made");
    return s->rows > 0;
}

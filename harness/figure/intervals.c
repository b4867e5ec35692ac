/* How every method stands to LoRA, per task and over tasks, against the margin of equivalence; and the profile of scores. */
#include "analysis/scores.h"
#include "analysis/standing.h"
#include "analysis/words.h"
#include "figure/figure.h"

#include "core/arena.h"
#include "stats/stats.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Parts in order; within a part the best first, those without a difference over the tasks last, else as they were. */
static int by_difference(const void *a, const void *b)
{
    const struct standing *x = *(const struct standing *const *)a, *y = *(const struct standing *const *)b;
    const double u = x->over.here.estimate, v = y->over.here.estimate;
    const int order = isnan(u) - isnan(v) + (u < v) - (u > v);
    return x->part != y->part ? (int)x->part - (int)y->part : order ? order : (x > y) - (x < y);
}

/* The rows that are drawn: all that are compared. */
static int rows_of(const struct standings *s, const struct standing **row)
{
    int n = 0;
    for (int i = 0; i < s->n; i++) {
        bool compared = false;
        for (int t = 0; t < s->tasks; t++)
            compared |= s->row[i].on[t].reference != NULL;
        if (compared)
            row[n++] = &s->row[i];
    }
    qsort(row, (size_t)n, sizeof *row, by_difference);
    return n;
}

/* A gap of a row's height between parts. */
static double place_of(const struct standing *const *row, int i)
{
    double at = i;
    for (int k = 1; k <= i; k++)
        at += row[k]->part != row[k - 1]->part ? 0.6 : 0;
    return at;
}

static void put_row(struct plot *p, double estimate, double low, double high, double at, const struct method *m, int i)
{
    PLOT_ROW(p, 100 * estimate, 100 * low, 100 * high, at, method_color(m), method_mark(m), i);
}

static void put_panels(struct plot *p, const struct standings *s, const struct standing *const *row, int n)
{
    for (int t = 0; t < s->tasks; t++) {
        for (int i = 0; i < n; i++) {
            const struct contrast *c = &row[i]->on[t].contrast;
            if (row[i]->on[t].reference)
                put_row(p, c->difference, c->low, c->high, place_of(row, i), row[i]->series.method, i);
        }
        plot_gap(p);
    }
    for (int i = 0; i < n && s->tasks > 1; i++) {
        const struct interval *v = &row[i]->over.here;
        put_row(p, v->estimate, v->low, v->high, place_of(row, i), row[i]->series.method, i);
    }
    plot_gap(p);
}

/* "Against LoRA over 4 tasks: of 12 methods 2 better, 3 worse, 5 equivalent" */
static char *headline(const struct standings *s)
{
    int count[VERDICT_OPEN + 1] = {0}, all = 0;
    for (int i = 0; i < s->n; i++)
        if (s->row[i].whole && !s->row[i].is_lora && (s->row[i].part == PART_METHOD || s->row[i].part == PART_SIZE)) {
            count[s->row[i].verdict]++;
            all++;
        }
    char *where = s->tasks == 1 ? mem_text("on %s", s->task[0]) : mem_text("over %d tasks", s->tasks);
    char *words = mem_text("Against %s %s: of %d methods %d better, %d worse, %d equivalent", s->reference, where, all,
                           count[VERDICT_BETTER], count[VERDICT_WORSE], count[VERDICT_EQUIVALENT]);
    free(where);
    return words;
}

/* Per seed the share of tasks on which a method is at LoRA's mean or above it. */
static void reached(const struct scores *b, int method, int lora, double *share)
{
    for (int s = 0; s < b->seeds; s++) {
        share[s] = 0;
        for (int t = 0; t < b->tasks; t++) {
            double goal = stats_mean(b->score + (lora * b->tasks + t) * b->seeds, b->seeds);
            share[s] += (b->score[(method * b->tasks + t) * b->seeds + s] >= goal) / (double)b->tasks;
        }
    }
}

/* Which method at LoRA's budget reaches LoRA's mean of the task in most runs. Scores as they are, not normalised. */
static char *profile_headline(const struct scores *b)
{
    int lora = scores_reference(b), best = -1, second = -1;
    double *share = mem_alloc((size_t)(b->methods * b->seeds + 1) * sizeof *share), top = 0, next = 0;
    for (int m = 0; m < b->methods; m++) {
        if (lora < 0 || m == lora || (b->series[lora].budget && b->series[m].budget != b->series[lora].budget))
            continue;
        reached(b, m, lora, share + m * b->seeds);
        double mean = stats_mean(share + m * b->seeds, b->seeds);
        if (best < 0 || mean > top)
            second = best, next = top, best = m, top = mean;
        else if (second < 0 || mean > next)
            second = m, next = mean;
    }
    char *words =
        best < 0   ? mem_text("How often a method reaches a score")
        : top == 0 ? mem_text("No method at LoRA’s budget reaches its mean in any run")
                   : mem_text("LoRA’s mean is reached most by %s (%.0f %% of runs)", b->series[best].label, 100 * top);
    if (second >= 0 && top > 0) {
        for (int s = 0; s < b->seeds; s++)
            share[best * b->seeds + s] -= share[second * b->seeds + s];
        struct interval v = mean_interval(share + best * b->seeds, b->seeds, stream_id("profile", "reached", 0));
        mem_append(&words, ", %s %s (%.0f %%)", v.low > 0 ? "then by" : "not surely more than by",
                   b->series[second].label, 100 * next);
    }
    free(share);
    return words;
}

/* Normalises the block where head and full fine-tuning are there. */
static void draw_profile(const struct scene *s, struct scores *b)
{
    enum { POINTS = 101 };
    double threshold[POINTS], share[POINTS], low = 1, high = 0;
    struct plot p;
    size_t per = (size_t)b->tasks * (size_t)b->seeds;
    char *title = profile_headline(b); /* before the scores are normalised */
    bool normal = scores_normalise(b);
    double unit = normal ? 1 : 100;
    for (size_t i = 0; i < per * (size_t)b->methods; i++) {
        low = fmin(low, b->score[i]);
        high = fmax(high, b->score[i]);
    }
    for (int i = 0; i < POINTS; i++)
        threshold[i] = low - 0.005 + (high - low + 0.01) * i / (POINTS - 1);
    char *name = mem_text("%s-profile", s->name);
    plot_open(&p, "intervals_profile.gp", s->to->id, name);
    p.width = 1200, p.height = 150 + 175 * ((b->methods + 4) / 5);
    plot_number(&p, "series", b->methods);
    plot_number(&p, "reference", scores_reference(b));
    plot_text(&p, "axis", normal ? "0 = head, 1 = full" : "test score x 100");
    for (int m = 0; m < b->methods; m++) {
        bool twice = false; /* a label at two budgets */
        for (int k = 0; k < b->methods; k++)
            twice |= k != m && strcmp(b->series[k].label, b->series[m].label) == 0;
        char *label = twice ? series_name(s->g, &b->series[m]) : mem_text("%s", b->series[m].label);
        plot_style(&p, m, label, b->series[m].method);
        free(label);
    }
    plot_block(&p, "profile", "threshold share_of_runs_above; one series per method");
    for (int m = 0; m < b->methods; m++) {
        performance_profile(b->score + per * (size_t)m, (int)per, threshold, POINTS, share);
        for (int i = 0; i < POINTS; i++) {
            PLOT_ROW(&p, unit * threshold[i], share[i]);
        }
        plot_gap(&p);
    }
    char *caption =
        mem_text("%s: share of runs whose test score%s is above each value, n = %d runs per method (%d tasks, %d "
                 "seeds%s); no interval is drawn. Higher and further right is better.%s",
                 s->to->id, normal ? " (0: head only, 1: full fine-tuning of the task)" : " x 100", (int)per, b->tasks,
                 b->seeds, scores_seeds_words(b), scores_reference(b) >= 0 ? " Dashed: LoRA." : "");
    gallery_add(s->to, &p, title, caption);
    plot_close(&p);
    free(name);
}

static bool draw(const struct scene *s)
{
    struct standings all = standings_make(s->g, s->d, "");
    const struct standing **row = mem_alloc((size_t)(all.n + 1) * sizeof *row);
    const int n = rows_of(&all, row);
    if (n) {
        struct plot p;
        const int panels = all.tasks + (all.tasks > 1); /* the last: over all */
        char *title = headline(&all);
        plot_open(&p, "intervals.gp", s->to->id, s->name);
        plot_number(&p, "panels", panels);
        plot_number(&p, "series", n);
        plot_number(&p, "tasks", all.tasks);
        plot_number(&p, "last_row", place_of(row, n - 1));
        plot_number(&p, "margin", 100 * s->g->rows->plan->experiment->margin);
        for (int i = 0; i < n; i++) {
            char *name = standing_name(row[i]);
            plot_text_i(&p, "label", i, "%s", name);
            plot_number_i(&p, "at", i, place_of(row, i));
            free(name);
        }
        for (int t = 0; t < all.tasks; t++)
            plot_text_i(&p, "task", t, "%s", all.task[t]);
        plot_block(&p, "differences",
                   "difference low high place color mark row; one series per task, behind several one over all");
        put_panels(&p, &all, row, n);
        p.width = 360 + 190 * panels;
        p.height = 150 + 34 * (n + 2);
        char *caption =
            mem_text("%s: difference to %s in points of test score, bars: 95 %% intervals (Welch%s), n = %s runs per "
                     "point. Grey "
                     "band: the margin of equivalence, %g point%s. What stands at an edge lies beyond it.",
                     s->to->id, all.reference, panels > 1 ? "; last panel: mean over the tasks, Satterthwaite" : "",
                     runs_words(s->g), 100 * s->g->rows->plan->experiment->margin,
                     plural(100 * s->g->rows->plan->experiment->margin));
        gallery_add(s->to, &p, title, caption);
        plot_close(&p);
        struct scores b = scores_make(s->g, s->d);
        if (b.methods > 1 && b.seeds > 1)
            draw_profile(s, &b);
        scores_free(&b);
    }
    free(row);
    standings_free(&all);
    return n > 0;
}

const struct figure_kind figure_intervals = {
    .name = "intervals",
    .alias = "f12",
    .title = "Every method against LoRA, with the margin of equivalence",
    .help = "Differences to LoRA per task and over tasks with their intervals; and the profile of scores, a panel per "
            "method "
            "with LoRA behind it.",
    .keys = "",
    .absent = "nothing can be compared with LoRA",
    .draw = draw,
};

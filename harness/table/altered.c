/* What runs score and forget once their trained change of weights has been set to another. */
#include "analysis/aftermath.h"
#include "table/kind.h"

#include "core/arena.h"
#include "experiment/session.h"
#include "stats/stats.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    C_METHOD,
    C_CHANGE,
    C_NAME,
    C_SCORE,
    C_SCORE_HERE,
    C_SCORE_LIKE = C_SCORE_HERE + 4,
    C_FORGETTING = C_SCORE_LIKE + 4
};
enum {
    C_FORGETTING_LIKE = C_FORGETTING + 1,
    C_REGAINED = C_FORGETTING_LIKE + 4,
    C_RANK90 = C_REGAINED + 4,
    C_INTRUDERS = C_RANK90 + 4,
    C_BOTH,
    C_N,
    C_TASKS
};

/* One row: of a method, a change, and another change whose values are taken off where there are two. */
struct row {
    const struct altered_list *list;
    const struct groups *g;
    const char *label, *words;
    struct altered_step step, less; /* less.change CHANGES: none */
    enum aftermath what;
};

static double value(const struct result *w, const void *data)
{
    const struct row *r = data;
    const double v = aftermath_of(r->list, w, r->step, r->what);
    return r->less.change == CHANGES ? v : v - aftermath_of(r->list, w, r->less, r->what);
}

/* Whether the change makes a run better in both: a higher score, and less forgotten. */
static double better_in_both(const struct result *w, const void *data)
{
    const struct row *r = data;
    const double score = aftermath_of(r->list, w, r->step, AFTER_SCORE_LESS),
                 forgetting = aftermath_of(r->list, w, r->step, AFTER_FORGETTING_LESS);
    return isnan(score) || isnan(forgetting) ? NAN : score > 0 && forgetting < 0;
}

enum unit { POINTS, NATS, SHARE };

static void put(struct table *s, int first, struct interval v, enum unit unit)
{
    if (isnan(v.estimate))
        return;
    if (unit == POINTS)
        put_points(s, first, v);
    else
        put_interval(s, first, v, unit == NATS ? 3 : 2, unit == NATS);
}

/* Puts the mean of a value, and what single runs say of it; with `like` on tasks like these, else on these. */
static void put_value(struct table *s, int first, struct row r, enum aftermath what, bool like, enum unit unit)
{
    r.what = what;
    struct values x = values_of(r.g, r.label, value, &r);
    const struct pooled p = values_pool(&x, NULL);
    double *draw;
    put(s, first, like ? p.like : p.here, unit);
    const int n = values_draws(&x, NULL, &draw);
    if (!isnan(p.here.estimate))
        table_draws(s, first, draw, n);
    free(draw);
    values_free(&x);
}

static double mean_of(const struct values *x)
{
    const struct pooled p = values_pool(x, NULL);
    return p.here.estimate;
}

static void begin_row(struct table *s, const struct row *r, int n, int tasks)
{
    table_row(s);
    table_text(s, C_METHOD, "%s", r->label);
    table_text(s, C_CHANGE, "%s", r->words);
    table_text(s, C_NAME, "%s %s", r->label, r->words);
    table_number(s, C_N, n, 0);
    table_number(s, C_TASKS, tasks, 0);
}

static void put_row(struct table *s, struct row r)
{
    r.what = AFTER_SCORE;
    struct values score = values_of(r.g, r.label, value, &r);
    r.what = AFTER_FORGETTING;
    struct values forgetting = values_of(r.g, r.label, value, &r);
    const bool difference = r.less.change != CHANGES, trained = r.step.change == CHANGE_SCALE && r.step.amount == 1;
    if (values_least(&score)) {
        begin_row(s, &r, values_least(&score), score.tasks);
        if (!difference) {
            struct values both = values_of(r.g, r.label, better_in_both, &r);
            table_value(s, C_SCORE, mean_of(&score), percent_text(mean_of(&score)));
            table_number(s, C_FORGETTING, mean_of(&forgetting), 3);
            if (!trained)
                table_value(s, C_BOTH, mean_of(&both), percent_text(mean_of(&both)));
            values_free(&both);
        }
        if (trained) {
            put_value(s, C_RANK90, r, AFTER_RANK90, true, SHARE);
            r.what = AFTER_INTRUDERS;
            struct values intruders = values_of(r.g, r.label, value, &r);
            table_number(s, C_INTRUDERS, mean_of(&intruders), 2);
            values_free(&intruders);
        } else {
            put_value(s, C_SCORE_HERE, r, AFTER_SCORE_LESS, false, POINTS);
            put_value(s, C_SCORE_LIKE, r, AFTER_SCORE_LESS, true, POINTS);
            put_value(s, C_FORGETTING_LIKE, r, AFTER_FORGETTING_LESS, true, NATS);
            put_value(s, C_REGAINED, r, AFTER_REGAINED, true, SHARE);
        }
    }
    values_free(&score);
    values_free(&forgetting);
}

/* ---- Scaled back to LoRA's forgetting -------------------------------------------------------------------------- */

struct goal {
    const struct altered_list *list;
    const struct groups *g;
    double forgetting[TASKS_MOST];
    const char *task[TASKS_MOST];
    int tasks;
};

static double score_at_goal(const struct result *w, const void *data)
{
    const struct goal *o = data;
    for (int t = 0; t < o->tasks; t++)
        if (strcmp(o->task[t], o->g->task[w->run->cell]) == 0)
            return aftermath_score_at(o->list, w, o->forgetting[t]);
    return NAN;
}

/* A method's score where it has forgotten as much as LoRA does on the mean of the task, less LoRA's. */
static void put_at_lora(struct table *s, struct row r)
{
    struct goal goal = {.list = r.list, .g = r.g};
    r.step = (struct altered_step){CHANGE_SCALE, 1};
    r.what = AFTER_FORGETTING;
    struct values lora = values_of(r.g, "LoRA", value, &r);
    for (goal.tasks = 0; goal.tasks < lora.tasks; goal.tasks++) {
        const int t = goal.tasks;
        goal.task[t] = lora.task[t];
        goal.forgetting[t] = lora.n[t] ? stats_mean(lora.v[t], lora.n[t]) : NAN;
    }
    values_free(&lora);
    r.what = AFTER_SCORE;
    lora = values_of(r.g, "LoRA", value, &r);
    struct values x = values_of(r.g, r.label, score_at_goal, &goal);
    const int least = values_least(&x) < values_least(&lora) ? values_least(&x) : values_least(&lora);
    if (least && x.tasks == lora.tasks) {
        const struct pooled p = values_pool(&x, &lora);
        double *draw;
        const int n = values_draws(&x, &lora, &draw);
        begin_row(s, &r, least, x.tasks);
        table_value(s, C_SCORE, mean_of(&x), percent_text(mean_of(&x)));
        put(s, C_SCORE_HERE, p.here, POINTS);
        put(s, C_SCORE_LIKE, p.like, POINTS);
        table_draws(s, C_SCORE_HERE, draw, n);
        table_draws(s, C_SCORE_LIKE, draw, n);
        free(draw);
    }
    values_free(&x);
    values_free(&lora);
}

/* ---- The table ------------------------------------------------------------------------------------------------- */

static void columns(struct table *s)
{
    table_column(s, "Method", "method", EVERYONE, false);
    table_column(s, "Change", "change", EVERYONE, false);
    table_column(s, "", "name", PROGRAMS, false);
    table_column(s, "Score", "score", EVERYONE, true);
    interval_columns(s, "Δ score, these tasks", "score_here");
    interval_columns(s, "Δ score, tasks like these", "score_like");
    table_column(s, "Forgotten, nats", "forgetting", EVERYONE, true);
    interval_columns(s, "Δ forgotten, tasks like these", "forgetting_like");
    interval_columns(s, "Share regained", "regained");
    interval_columns(s, "rank90", "rank90");
    table_column(s, "Intruders per matrix", "intruders", EVERYONE, true);
    table_column(s, "Better in both, % of runs", "both", EVERYONE, true);
    table_column(s, "Seeds", "n", EVERYONE, true);
    table_column(s, "Tasks", "tasks", EVERYONE, true);
}

static void put_method(struct table *s, struct row r)
{
    char words[48];
    r.words = words;
    for (int i = altered_steps_size - 1; i >= 0; i--) { /* as it was trained first */
        r.step = altered_steps[i];
        if (r.step.change == CHANGE_SCALE && r.step.amount == 0)
            continue; /* the base under a trained head says nothing */
        if (r.step.change == CHANGE_SCALE && r.step.amount == 1)
            snprintf(words, sizeof words, "as trained");
        else if (r.step.change == CHANGE_SCALE)
            snprintf(words, sizeof words, "t = %g", r.step.amount);
        else if (r.step.change == CHANGE_RANK)
            snprintf(words, sizeof words, "rank %g", r.step.amount);
        else
            snprintf(words, sizeof words, "%s x %g", altered_names[r.step.change], r.step.amount);
        put_row(s, r);
        if (r.step.change != CHANGE_INTRUDERS)
            continue;
        snprintf(words, sizeof words, "intruders less others");
        r.less = (struct altered_step){CHANGE_OTHERS, r.step.amount};
        put_row(s, r);
        r.less.change = CHANGES;
    }
    snprintf(words, sizeof words, "best t");
    r.step = (struct altered_step){CHANGE_SCALE, NAN};
    put_row(s, r);
    snprintf(words, sizeof words, "at LoRA's forgetting, less LoRA");
    if (strcmp(r.label, "LoRA") != 0)
        put_at_lora(s, r);
}

/* Runs whose score as trained is not the one that their record or list has: other weights than the run's. */
static int strangers(const struct groups *g, const struct altered_list *l)
{
    int n = 0;
    for (int i = 0; i < g->n; i++)
        for (int k = 0; k < g->group[i].n; k++) {
            const struct result *w = g->group[i].run[k];
            const double v = aftermath_of(l, w, (struct altered_step){CHANGE_SCALE, 1}, AFTER_SCORE);
            n += !isnan(v) && fabs(v - result_value(w, FACT_test_metric)) > 0.002;
        }
    return n;
}

static void fill(struct table *s, const struct groups *g, const struct display *d)
{
    struct altered_list l;
    char *path = display_results(g, d, "altered.csv");
    altered_read(&l, path);
    columns(s);
    for (int i = 0; i < g->n; i++) {
        if (group_first(g, i))
            put_method(s, (struct row){.list = &l, .g = g, .label = g->group[i].label, .less = {CHANGES, 0}});
    }
    table_caption(
        s,
        "%s: runs whose change of weights W - W0 was set to another after training, evaluated on test and on held-out "
        "pretraining "
        "documents; paired with the same run as trained. t: W0 + t (W - W0); best t: the t from 0.5 to 1 with the best "
        "validation score; rank: linear layers' W - W0 cut to it; intruders: of the ten leading left singular vectors "
        "of a "
        "matrix those with |cosine| below 0.5 to all of W0's, shrunk to 0.75, and as many other directions. rank90: "
        "least rank with "
        "nine tenths of the squared norm of W - W0, mean over matrices. 95 %% intervals over seeds (these tasks), and "
        "over "
        "tasks like these (random effects; t over task means where the runs of a task do not differ). Share regained: "
        "of the run's forgetting.",
        s->id);
    const int strange = strangers(g, &l);
    if (strange)
        table_note(s, "%d runs scored otherwise as trained than their record says: their weights are others.", strange);
    table_absent(s, "%s has none of its runs (`peftlab alter` makes it)", path);
    altered_free(&l);
    free(path);
}

const struct table_kind table_altered = {
    .name = "altered",
    .title = "Trained weights, changed afterwards",
    .help = "Score and forgetting of runs whose change of weights was scaled, cut to a rank, or shrunk along intruder "
            "dimensions, from "
            "the altered.csv that `peftlab alter` makes.",
    .keys = "file",
    .absent = "no run has been altered",
    .fill = fill,
};

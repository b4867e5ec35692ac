/* Pooling over tasks, and what else a choice between methods asks. */
#include "analysis/standing.h"

#include "analysis/words.h"
#include "core/arena.h"
#include "core/file.h"
#include "experiment/session.h"
#include "record/times.h"
#include "stats/stats.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The rate of a group's cell, and per neighbour on the ladder what the mean validation score loses there; NaN where it
 * was not tried. */
static double rate_of(const struct groups *g, const struct group *a, double lost[2])
{
    const struct plan *p = g->rows->plan;
    const int cell = a->run[0]->run->cell;
    const struct choice *o = &p->choice[cell];
    const struct cell *c = &p->cell[cell];
    lost[0] = lost[1] = NAN;
    for (int k = 0; o->mean && o->rate && k < c->rates; k++)
        if (strcmp(c->rate[k], o->rate) == 0) {
            lost[0] = k ? o->mean[k] - o->mean[k - 1] : NAN;
            lost[1] = k + 1 < c->rates ? o->mean[k] - o->mean[k + 1] : NAN;
        }
    return a->run[0]->lr;
}

static enum part part_of(const struct judgement *l)
{
    const struct group *a = l->group;
    return a->setup->method->no_rank                           ? PART_REFERENCE
           : setup_number(a->setup, "twin") > 0                ? PART_CONTROL
           : l->reference && l->reference->budget != a->budget ? PART_SIZE
                                                               : PART_METHOD;
}

static void add_costs(struct standing *s, const struct group *a, const struct group *lora, int tasks)
{
    s->trained += group_mean(a, FACT_parameters_trained) / group_mean(lora, FACT_parameters_trained) / tasks;
    s->stored += group_mean(a, FACT_parameters_stored) / group_mean(lora, FACT_parameters_stored) / tasks;
    s->flops += group_median(a, FACT_flops_per_step) / group_median(lora, FACT_flops_per_step) / tasks;
    s->bytes += group_median(a, FACT_peak_bytes) / group_median(lora, FACT_peak_bytes) / tasks;
    s->score += group_mean(a, FACT_test_metric) / tasks;
    s->forgetting += group_mean(a, FACT_forgetting) / tasks;
}

static void stand(struct standing *s, const struct groups *g, const struct standings *all)
{
    struct contrast c[TASKS_MOST];
    double lost[2] = {0, 0}, here[2];
    int groups = 0;
    for (int t = 0; t < all->tasks; t++)
        groups += s->on[t].group != NULL;
    for (int t = 0; t < all->tasks; t++) {
        const struct judgement *l = &s->on[t];
        if (!l->group)
            continue;
        const double rate = rate_of(g, l->group, here);
        s->rate = !s->runs || rate == s->rate ? rate : NAN;
        s->part = part_of(l);
        for (int i = 0; i < l->group->n; i++)
            s->runs += l->group->run[i]->present;
        s->failed = l->failed < 0 ? -1 : s->failed + l->failed;
        lost[0] += here[0] / groups, lost[1] += here[1] / groups;
        add_costs(s, l->group, l->reference ? l->reference : l->group, groups);
        if (l->reference && !isnan(l->contrast.low))
            c[s->tasks++] = l->contrast;
        s->is_lora |= !l->reference && strcmp(s->series.label, all->reference) == 0;
    }
    s->one_off = fmax(lost[0], lost[1]); /* of a NaN and a number, the number */
    s->over = pool(c, s->tasks);
}

/* The list of times in the results folder, else the one beside the list of runs that count as made. */
static void read_times(struct timing_list *l, const struct session *s)
{
    const char *list = session_list(s), *slash = list ? strrchr(list, '/') : NULL;
    char *own = mem_text("%s/times.csv", session_results(s)),
         *theirs = mem_text("%.*stimes.csv", slash ? (int)(slash + 1 - list) : 0, list ? list : "");
    timings_read(l, list && !file_exists(own) ? theirs : own);
    free(own);
    free(theirs);
}

/* Seconds that a run of the group trained in a repeat; NaN where none was timed. */
static double timed(const struct timing_list *l, const struct group *a, int repeat)
{
    double seconds = NAN;
    for (int i = 0; i < a->n && isnan(seconds); i++)
        seconds = timings_find(l, a->run[i]->run->key, repeat);
    return seconds;
}

/* Per repeat the mean over tasks of the ratio to LoRA: what drifts from one repeat to the next is in both. */
static void put_time(struct standing *s, const struct standings *all, const struct timing_list *l)
{
    const int repeats = timings_repeats(l);
    double *ratio = mem_alloc((size_t)(repeats + 1) * sizeof *ratio);
    int n = 0;
    for (int k = 0; k < repeats; k++) {
        double sum = 0;
        int tasks = 0;
        for (int t = 0; t < all->tasks; t++) {
            const struct judgement *j = &s->on[t];
            if (j->group && ++tasks)
                sum += timed(l, j->group, k) / timed(l, j->reference ? j->reference : j->group, k);
        }
        if (tasks && !isnan(sum))
            ratio[n++] = sum / tasks;
    }
    s->time = student_interval(ratio, n);
    free(ratio);
}

static bool compared_on(const struct standing *r, int task)
{
    return r->on[task].reference && !isnan(r->on[task].contrast.low);
}

/* A mean over one task does not stand beside a mean over four, nor one over these beside one over those: what is not compared
 * on every task on which any method is, is not pooled. */
static void keep_whole(struct standings *s)
{
    for (int i = 0; i < s->n; i++) {
        struct standing *r = &s->row[i];
        r->whole = true;
        for (int t = 0; t < s->tasks; t++)
            for (int k = 0; k < s->n; k++)
                r->whole &= r->is_lora || compared_on(r, t) || !compared_on(&s->row[k], t);
        if (!r->whole)
            r->over = pool(NULL, 0);
    }
}

/* The LoRA of its size that a row is compared with, on the first task on which it is; NULL: on none. */
static const struct group *reference_of(const struct standings *s, const struct standing *r)
{
    for (int t = 0; t < s->tasks; t++)
        if (r->on[t].reference)
            return r->on[t].reference;
    return NULL;
}

static void adjust(struct standings *s)
{
    struct contrast *c = mem_alloc((size_t)(s->n + 1) * sizeof *c);
    double *p = mem_alloc((size_t)(s->n + 1) * sizeof *p);
    int *reference = mem_alloc((size_t)(s->n + 1) * sizeof *reference); /* the first row with the same */
    for (int i = 0; i < s->n; i++) {
        c[i] = s->row[i].over.mean;
        while (reference_of(s, &s->row[reference[i]]) != reference_of(s, &s->row[i]))
            reference[i]++;
    }
    contrast_adjust(c, reference, s->n, p);
    for (int i = 0; i < s->n; i++)
        s->row[i].adjusted = p[i];
    free(c);
    free(p);
    free(reference);
}

static void name_sizes(struct standings *s)
{
    int loras = 0;
    for (int i = 0; i < s->n; i++)
        loras += s->row[i].is_lora;
    for (int i = 0; i < s->n; i++)
        s->row[i].sized = s->row[i].part == PART_SIZE || (loras > 1 && s->row[i].series.budget);
}

/* Puts the parts one behind the other, each in the order of the file. */
static void sort(struct standings *s)
{
    struct standing *sorted = mem_alloc((size_t)(s->n + 1) * sizeof *sorted);
    int n = 0;
    for (enum part part = PART_REFERENCE; part <= PART_CONTROL; part++)
        for (int i = 0; i < s->n; i++)
            if (s->row[i].part == part)
                sorted[n++] = s->row[i];
    free(s->row);
    s->row = sorted;
}

struct standings standings_make(const struct groups *g, const struct display *d, const char *wanted)
{
    const double margin = g->rows->plan->experiment->margin;
    struct series *series = mem_alloc(SERIES_MOST * sizeof *series);
    struct judgement *line = mem_alloc((size_t)(g->n + 1) * sizeof *line);
    struct standings s = {.reference = *wanted ? wanted : "LoRA"};
    struct timing_list times;
    read_times(&times, g->rows->plan->session);
    s.tasks = groups_tasks(g, d, s.task);
    s.n = groups_series(g, series);
    s.row = mem_alloc((size_t)(s.n + 1) * sizeof *s.row);
    for (int i = 0; i < g->n; i++)
        line[i] = judgement_of(g, &g->group[i], FACT_test_metric, wanted);
    for (int i = g->n - 1; i >= 0; i--) /* what stands for it may have another name */
        s.reference = line[i].reference ? line[i].reference->label : s.reference;
    judgements_adjust(line, g->n, margin);
    for (int i = 0; i < s.n; i++) {
        s.row[i].series = series[i];
        for (int t = 0; t < s.tasks; t++) {
            const struct group *a = series_group(g, &series[i], s.task[t]);
            if (a && a->ok)
                s.row[i].on[t] = line[a - g->group];
            for (int k = 0; a && k < a->n; k++)
                s.row[i].missing += !a->run[k]->present;
        }
        stand(&s.row[i], g, &s);
        put_time(&s.row[i], &s, &times);
    }
    keep_whole(&s);
    name_sizes(&s);
    adjust(&s);
    for (int i = 0; i < s.n; i++) {
        struct standing *r = &s.row[i];
        r->verdict = verdict_of(r->over.here.low, r->over.here.high, r->adjusted, margin);
    }
    sort(&s);
    timings_free(&times);
    free(line);
    free(series);
    return s;
}

void standings_free(struct standings *s)
{
    free(s->row);
    *s = (struct standings){0};
}

char *standing_name(const struct standing *row)
{
    double numbers = row->series.budget;
    for (int t = 0; t < TASKS_MOST && !numbers; t++)
        if (row->on[t].group)
            numbers = group_mean(row->on[t].group, FACT_parameters_active);
    return row->sized && numbers && !row->series.own ? mem_text("%s with %s", row->series.label, count_text(numbers))
                                                     : mem_text("%s", row->series.label);
}

bool standing_fails(const struct standing *row)
{
    return fails_often(row->failed, row->runs);
}

double standing_price(const struct standing *r)
{
    return isnan(r->time.estimate) ? r->flops : r->time.estimate;
}

/* Correlations of dM with dD under every condition of an experiment. */
#include "analysis/signs.h"

#include "core/arena.h"
#include "stats/stats.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STEPS_MAX = 16 };

const char *signs_matrix(const struct sign *s)
{
    return s->target < 0 ? "all" : target_names[s->target];
}

double signs_paper(const struct method *m)
{
    return m->dora_r != 0 ? m->dora_r : NAN;
}

/* The words of a label behind a name that it begins with. */
static const char *rest(const char *label, const char *name)
{
    size_t n = strlen(name);
    const char *at = strncmp(label, name, n) == 0 ? label + n : label;
    return at + strspn(at, " ");
}

/* Takes a word and the blank before it out of a text. */
static void take_out(char *text, const char *word)
{
    char *at = strstr(text, word);
    size_t n = strlen(word);
    if (!at || (at > text && at[-1] != ' ') || (at[n] && at[n] != ' '))
        return;
    char *from = at > text ? at - 1 : at;
    memmove(from, at + n, strlen(at + n) + 1);
}

char *signs_condition(const struct group *g)
{
    char task[LABEL_TEXT], word[LABEL_TEXT], number[40];
    snprintf(task, sizeof task, "%s", rest(g->task, g->setup->task->name));
    snprintf(word, sizeof word, "on %s", option_find(train_options, "base")->choices);
    take_out(task, word);
    const struct option *steps = option_find(train_options, "steps");
    option_number_text(steps, steps->def, number, sizeof number);
    snprintf(word, sizeof word, "steps=%s", number);
    take_out(task, word);
    const char *method = rest(g->label, g->setup->method->title), *where = task + strspn(task, " ");
    if (*method && *where)
        return mem_text("%s, %s", method, where);
    return mem_text("%s", *method ? method : *where ? where : "as it comes");
}

/* Mean norm of the rows of the pretrained matrix `target` per layer. */
static void row_norms(const struct base *b, int target, double *norm)
{
    struct memory mem;
    struct model m;
    memory_open(&mem);
    model_open(&m, &b->config, &mem);
    model_map(&m, b->image);
    for (int l = 0; l < b->config.layers; l++) {
        struct mat w = m.layer[l].site[target].W->w0;
        norm[l] = 0;
        for (int i = 0; i < w.rows; i++) {
            double sum = 0;
            for (int k = 0; k < w.cols; k++) {
                double v = (double)w.v[(size_t)i * (size_t)w.ld + (size_t)k];
                sum += v * v;
            }
            norm[l] += sqrt(sum) / w.rows;
        }
    }
    model_close(&m);
    memory_close(&mem);
}

static double relative_r(const struct groups *g, const struct group *a, const struct cloud *c, int target)
{
    char name[OPTION_TEXT];
    setup_get(a->setup, "base", name);
    int seed = (int)setup_number(a->setup, "base_seed");
    const struct base *b = session_loaded(g->rows->plan->session, name, seed);
    double *norm = mem_alloc((size_t)b->config.layers * sizeof *norm);
    row_norms(b, target, norm);
    struct cloud scaled = cloud_relative(c, norm);
    double r = stats_pearson(scaled.direction, scaled.magnitude, scaled.n);
    cloud_free(&scaled);
    free(norm);
    return r;
}

/* r of the columns, pooled; NaN where it was not measured. */
static double columns_r(const struct group *a, int target)
{
    struct cloud c = {0};
    cloud_add(&c, a, target, AXIS_COLUMNS);
    double r = c.n >= 3 ? stats_pearson(c.direction, c.magnitude, c.n) : NAN;
    cloud_free(&c);
    return r;
}

/* What the sizes of updates explain: the partial correlation given them, and what random updates of such sizes would show. */
static void add_sizes(struct sign *s, const struct cloud *c, unsigned id)
{
    struct cloud null = {0};
    s->sized = (struct interval){NAN, NAN, NAN, INTERVAL_NONE, false, 0};
    s->seen = s->predicted = NAN;
    cloud_add(&null, s->group, s->target, AXIS_NULL);
    struct cloud seen = cloud_log(c), size = cloud_log(&null);
    if (seen.n == c->n && size.n == c->n) {
        struct cloud left = cloud_given_size(&seen, &size);
        s->sized = coupling_of(&left, id).r;
        s->seen = stats_pearson(seen.direction, seen.magnitude, seen.n);
        s->predicted = stats_pearson(size.direction, size.magnitude, size.n);
        cloud_free(&left);
    }
    cloud_free(&seen);
    cloud_free(&size);
    cloud_free(&null);
}

static struct sign sign_of(const struct groups *g, const struct group *a, int target, const struct cloud *c)
{
    int step[STEPS_MAX], steps = cloud_steps(c, step, STEPS_MAX);
    unsigned id = stream_id(a->task, a->label, target);
    struct sign s = {.group = a, .target = target, .runs = c->runs};
    struct cloud still = cloud_without_time(c), last = cloud_at(c, step[steps - 1]);
    s.pooled = coupling_of(c, id).r;
    s.still = coupling_of(&still, id).r;
    s.last = coupling_of(&last, id).r;
    add_sizes(&s, c, id);
    s.columns = columns_r(a, target);
    s.relative = target < 0 ? NAN : relative_r(g, a, c, target);
    for (int i = 0; i < c->runs; i++) {
        struct cloud one = cloud_of_run(c, i);
        double r = stats_pearson(one.direction, one.magnitude, one.n);
        s.single += r / c->runs;
        s.negative += r < 0;
        cloud_free(&one);
    }
    cloud_free(&still);
    cloud_free(&last);
    return s;
}

struct sign *signs_make(const struct groups *g, int *n)
{
    static const int targets[] = {TARGET_Q, TARGET_V, -1};
    struct sign *list = mem_alloc((size_t)(3 * g->n + 1) * sizeof *list);
    *n = 0;
    for (int i = 0; i < g->n; i++)
        for (int t = 0; t < 3; t++) {
            struct cloud c = {0};
            cloud_add(&c, &g->group[i], targets[t], AXIS_ROWS);
            if (c.n >= 3)
                list[(*n)++] = sign_of(g, &g->group[i], targets[t], &c);
            cloud_free(&c);
        }
    return list;
}

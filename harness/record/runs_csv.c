/* Entries of an index from the rows of a runs.csv. */
#include "core/arena.h"
#include "core/csv_file.h"
#include "core/die.h"
#include "record/index.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One row being read: its columns are looked up by name. */
struct source {
    const struct csv_file *frame;
    int row;
};

static const char *text(const struct source *s, const char *name)
{
    int column = csv_file_column(s->frame, name);
    if (column < 0)
        die(EXIT_DATA, "%s: has no column %s", s->frame->path, name);
    return csv_file_text(s->frame, s->row, column);
}

static double number(const struct source *s, const char *name)
{
    const char *t = text(s, name);
    double v = csv_file_number(s->frame, s->row, csv_file_column(s->frame, name));
    if (*t && !isfinite(v)) /* an empty cell is what was not measured */
        die(EXIT_DATA, "%s:%d: %s is \"%.40s\", not a number", s->frame->path, s->row + 2, name, t);
    return v;
}

static int64_t whole(const struct source *s, const char *name)
{
    double v = number(s, name);
    if (!(v >= -9e15 && v <= 9e15))
        die(EXIT_DATA, "%s:%d: %s is \"%.40s\", not a number", s->frame->path, s->row + 2, name, text(s, name));
    return (int64_t)v;
}

static void hash_text(const struct source *s, const char *name, char hex[HASH_HEX])
{
    const char *t = text(s, name);
    if (strlen(t) != HASH_HEX - 1 || strspn(t, "0123456789abcdef") != HASH_HEX - 1)
        die(EXIT_DATA, "%s:%d: %s is \"%.80s\", not a SHA-256", s->frame->path, s->row + 2, name, t);
    memcpy(hex, t, HASH_HEX);
}

static int32_t status_of(const struct source *s)
{
    for (int i = RUN_OK; i <= RUN_FAILED; i++)
        if (strcmp(text(s, "status"), run_status_names[i]) == 0)
            return i;
    die(EXIT_DATA, "%s:%d: status is \"%.40s\"", s->frame->path, s->row + 2, text(s, "status"));
}

static void fill_scores(struct index_entry *e, const struct source *s)
{
    e->valid = number(s, "valid_metric");
    e->test = number(s, "test_metric"), e->second = number(s, "test_second"), e->loss = number(s, "test_loss");
    e->best = number(s, "test_at_best_valid");
    e->forgetting = number(s, "forgetting");
    e->trained = whole(s, "parameters_trained"), e->active = whole(s, "parameters_active");
    e->stored = whole(s, "parameters_stored"), e->head = whole(s, "parameters_head");
    e->bytes = e->flops = e->step_ms = e->train = e->seconds = NAN;
    e->summary = (struct weight_facts){NAN, NAN, NAN, NAN};
    e->evals = isfinite(e->valid) || isfinite(e->test);
}

/* A run that is well has a score, and no score is above 1. */
static void check_scores(const struct index_entry *e, const struct source *s)
{
    const double scores[] = {e->valid, e->test, e->second, e->best};
    if (e->status == RUN_OK && !isfinite(e->valid) && !isfinite(e->test))
        die(EXIT_DATA, "%s:%d: a run with status ok has no score", s->frame->path, s->row + 2);
    for (size_t i = 0; i < sizeof scores / sizeof *scores; i++)
        if (scores[i] > 1 + 1e-9)
            die(EXIT_DATA, "%s:%d: a score of %g; scores are at most 1", s->frame->path, s->row + 2, scores[i]);
}

static void fill(struct index_entry *e, const struct source *s)
{
    hash_text(s, "key", e->key);
    hash_text(s, "curve_hash", e->curve), hash_text(s, "weights_hash", e->weights);
    hash_text(s, "base_hash", e->base), hash_text(s, "data_hash", e->data);
    snprintf(e->file, sizeof e->file, "%.12s.h5", e->key);
    snprintf(e->method, sizeof e->method, "%s", text(s, "method"));
    snprintf(e->task, sizeof e->task, "%s", text(s, "task"));
    snprintf(e->core, sizeof e->core, "%s", text(s, "core"));
    snprintf(e->compiler, sizeof e->compiler, "%s", text(s, "compiler"));
    e->dirty = strchr(text(s, "commit"), '+') != NULL;
    snprintf(e->commit, sizeof e->commit, "%.*s", (int)strcspn(text(s, "commit"), "+"), text(s, "commit"));
    char *config = mem_text("%s", text(s, "spec"));
    for (char *p = config; *p; p++)
        *p = *p == ';' ? '\n' : *p;
    index_hash(config, false, e->config);
    index_hash(config, true, e->cell);
    free(config);
    e->lr = number(s, "lr");
    e->seed = (int32_t)whole(s, "seed");
    e->status = status_of(s);
    e->collapsed = (int32_t)whole(s, "collapsed");
    e->steps = (int32_t)whole(s, "steps");
    e->listed = 1;
    fill_scores(e, s);
    check_scores(e, s);
}

static void check_twice(const struct index *x, const char *path)
{
    for (int i = 1; i < x->nlisted; i++) {
        const struct index_entry *a = &x->listed[i - 1], *b = &x->listed[i];
        bool same = strcmp(a->key, b->key) == 0 && memcmp(&a->test, &b->test, sizeof a->test) == 0 &&
                    strcmp(a->curve, b->curve) == 0 && strcmp(a->weights, b->weights) == 0;
        if (strcmp(a->file, b->file) == 0 && !same) /* or two runs whose records would have one name */
            die(EXIT_DATA, "%s: run %.12s stands there twice with other numbers", path, a->key);
    }
}

void index_list(struct index *x, const char *path)
{
    struct csv_file f;
    struct trap t;
    csv_file_read(&f, path);
    x->listed = mem_alloc(((size_t)csv_file_rows(&f) + 1) * sizeof *x->listed);
    if (trap_set(&t)) {
        csv_file_free(&f);
        die(t.code, "%s", t.text);
    }
    for (struct source s = {&f, 0}; s.row < csv_file_rows(&f); s.row++)
        fill(&x->listed[x->nlisted++], &s);
    trap_end(&t);
    csv_file_free(&f);
    if (x->nlisted)
        qsort(x->listed, (size_t)x->nlisted, sizeof *x->listed, index_order);
    check_twice(x, path);
}

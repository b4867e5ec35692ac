/* peftlab blame: the first step and the first tensor in which two runs part, or a run and its replay. */
#include "cli/verb.h"

#include "core/arena.h"
#include "core/die.h"
#include "core/hash.h"
#include "experiment/executor.h"
#include "experiment/replay.h"
#include "model/model.h"
#include "record/compare.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Hashes of every tensor before the first and after each of `until` steps. */
struct trace {
    int until, steps, tensors, capacity;
    char **name;    /* tensors */
    uint64_t *hash; /* (steps, tensors) */
    struct run run;
};

static uint64_t tensor_hash(const struct param *p)
{
    char hex[HASH_HEX], head[17];
    struct hash h;
    hash_open(&h);
    for (int i = 0; i < p->w.rows; i++)
        hash_add(&h, p->w.v + (size_t)i * (size_t)p->w.ld, (size_t)p->w.cols * sizeof(real));
    hash_close(&h, hex);
    snprintf(head, sizeof head, "%.16s", hex);
    return strtoull(head, NULL, 16);
}

static void look(int step, const struct model *m, void *data)
{
    struct trace *t = data;
    if (!t->name) {
        t->tensors = m->nparam;
        t->name = mem_alloc((size_t)m->nparam * sizeof *t->name);
        t->hash = mem_alloc((size_t)(t->until + 1) * (size_t)m->nparam * sizeof *t->hash);
        for (int i = 0; i < m->nparam; i++)
            t->name[i] = mem_text("%s", m->param[i]->name);
    }
    for (int i = 0; i < t->tensors && i < m->nparam && step <= t->until; i++)
        t->hash[(size_t)step * (size_t)t->tensors + (size_t)i] = tensor_hash(m->param[i]);
    t->steps = step;
}

static void trace_free(struct trace *t)
{
    for (int i = 0; i < t->tensors; i++)
        free(t->name[i]);
    free(t->name);
    free(t->hash);
    run_free(&t->run);
}

static void trace_run(struct session *s, const struct record *rec, int until, struct trace *t)
{
    struct identity p;
    char changed[1024];
    *t = (struct trace){.until = until};
    struct run_hooks watch = {.look = look, .until = until, .data = t};
    replay_prepare(s, &p, rec, changed, sizeof changed);
    if (*changed)
        printf("%.12s: changed since it was made: %s\n", rec->key, changed);
    struct run_needs needs = executor_load(s, &p);
    run_execute(&t->run, &p.spec, p.base, needs.splits, needs.env, &watch);
    identity_free(&p);
}

static int find(const struct trace *t, const char *name)
{
    for (int i = 0; i < t->tensors; i++)
        if (strcmp(t->name[i], name) == 0)
            return i;
    return -1;
}

/* The first step at which a tensor of both differs; prints it. Returns whether there is one. */
static bool compare_traces(const struct trace *a, const struct trace *b)
{
    int last = a->steps < b->steps ? a->steps : b->steps;
    for (int step = 0; step <= last; step++) {
        int differing = 0, first = -1;
        for (int i = 0; i < a->tensors; i++) {
            int k = find(b, a->name[i]);
            if (k < 0 || a->hash[(size_t)step * (size_t)a->tensors + (size_t)i] ==
                             b->hash[(size_t)step * (size_t)b->tensors + (size_t)k])
                continue;
            first = first < 0 ? i : first;
            differing++;
        }
        if (differing) {
            printf("tensors part %s %d: first %s; %d of %d differ\n", step ? "after step" : "before the first step, at",
                   step, a->name[first], differing, a->tensors);
            return true;
        }
    }
    return false;
}

static void only_in(const struct trace *a, const struct trace *b, const char *which)
{
    for (int i = 0; i < a->tensors; i++)
        if (find(b, a->name[i]) < 0) {
            printf("only %s has tensors such as %s\n", which, a->name[i]);
            return;
        }
}

/* Compares two loss curves and gradient norms; the first step (from 1) that differs, 0 when none does. */
static int compare_curves(const struct run *a, const struct run *b, const char *names)
{
    int n = a->steps < b->steps ? a->steps : b->steps;
    int loss = n ? first_difference(a->loss, b->loss, n) : 0,
        norm = n ? first_difference(a->grad_norm, b->grad_norm, n) : 0;
    int at = loss < norm ? loss : norm;
    if (at == n && a->steps == b->steps) {
        printf("%s: %d steps, same losses and gradient norms bit for bit\n", names, n);
        return 0;
    }
    if (at == n)
        printf("%s: same for %d steps, then one stops (%d against %d)\n", names, n, a->steps, b->steps);
    else
        printf("%s: part at step %d: %s %.17g against %.17g\n", names, at + 1, loss <= norm ? "loss" : "gradient norm",
               loss <= norm ? a->loss[at] : a->grad_norm[at], loss <= norm ? b->loss[at] : b->grad_norm[at]);
    return at + 1;
}

static int run(const struct words *w)
{
    const char *results = words_results(w);
    struct record a, b;
    struct trace ta, tb;
    record_find(&a, results, w->word[0]);
    record_find(&b, results, w->word[w->n - 1]);
    struct session *s = session_open(results);
    int stored = w->n == 2 ? compare_curves(&a.run, &b.run, "as stored") : 0;
    int until = stored && stored <= a.run.steps ? stored : a.run.steps ? a.run.steps : 1;
    trace_run(s, &a, until, &ta);
    struct run begun = a.run; /* as far as the replay went */
    begun.steps = a.run.steps < ta.run.steps ? a.run.steps : ta.run.steps;
    int replayed =
        compare_curves(&begun, &ta.run, w->n == 2 ? "the first against its replay" : "stored against replayed");
    trace_run(s, &b, until, &tb);
    bool parted = compare_traces(&ta, &tb);
    if (w->n == 1)
        printf("replayed twice: %s\n",
               parted ? "THE PROGRAM IS NOT DETERMINISTIC" : "the same tensors after every step");
    else if (!parted)
        printf("replayed, the tensors of both are the same up to step %d\n", until);
    only_in(&ta, &tb, "the first");
    only_in(&tb, &ta, "the second");
    bool other = parted || stored || (w->n == 1 && replayed);
    trace_free(&ta);
    trace_free(&tb);
    record_free(&a);
    record_free(&b);
    session_close(s);
    return other ? EXIT_MISMATCH : EXIT_OK;
}

const struct verb verb_blame = {
    .name = "blame",
    .group = VERB_PROVE,
    .summary = "find the first step and tensor in which two runs differ",
    .usage = "RUN [RUN]",
    .least = 1,
    .most = 2,
    .help = "RUN is a key or the beginning of one, or a file. One run is compared with its\n"
            "own replay.",
    .example = "blame 3f2a91c07d5e 88d0c3a1b2f4",
    .stops = true,
    .options = {VERB_RESULTS},
    .run = run,
};

/* Making runs of an experiment again, for verbs that look at them. */
#include "cli/again.h"

#include "core/arena.h"
#include "core/die.h"
#include "core/progress.h"
#include "experiment/search.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static int by_seed(const void *a, const void *b, void *runs)
{
    const struct plan_run *run = runs;
    const int i = *(const int *)a, j = *(const int *)b, order = run[i].seed - run[j].seed;
    return order ? order : i - j;
}

/* Whether the list has run i of the plan, or the same of another. */
static bool known(const struct again *a, const struct plan *p, int i)
{
    for (int k = 0; k < p->runs; k++)
        if (a->same(&p->run[i], &p->run[k]) && a->has(a->data, p->run[k].key))
            return true;
    return false;
}

static int *wanted(const struct again *a, const struct plan *p, int *n)
{
    int *list = mem_alloc((size_t)(p->runs + 1) * sizeof *list);
    *n = 0;
    for (int i = 0; i < p->runs; i++) {
        bool skip = !a->asked(&p->run[i]) || known(a, p, i);
        for (int k = 0; k < *n && !skip; k++)
            skip = a->same(&p->run[i], &p->run[list[k]]);
        if (!skip)
            list[(*n)++] = i;
    }
    qsort_r(list, (size_t)*n, sizeof *list, by_seed, p->run);
    return list;
}

/* Makes a run again; false, with a warning, where it says nothing: one such run must not keep the others from being looked at. */
static bool make(const struct again *a, struct session *s, const struct plan_run *r)
{
    struct trap t;
    if (trap_set(&t)) {
        if (t.code == EXIT_RESOURCE || t.code == EXIT_INTERRUPTED)
            die(t.code, "%s", t.text);
        warn("run %.12s: %s", r->key, t.text);
        return false;
    }
    struct identity id;
    identity_make(s, &id, r->assignments, (const char *const *)r->assignment);
    DEFER(identity_free, &id);
    a->make(s, &id, a->data);
    trap_end(&t);
    if (!a->has(a->data, r->key))
        warn("run %.12s: made again it did not come to an end (it diverged), so there is nothing to look at", r->key);
    return a->has(a->data, r->key);
}

int again_run(const struct words *w, const struct again *a)
{
    struct experiment e;
    struct plan p;
    struct progress bar;
    int n, left = 0;
    const char *results = words_results(w);
    struct session *s = session_open(results);
    session_set_list(s, words_known(w));
    const int lock = words_lock(w);
    experiment_read(&e, w->word[0]);
    plan_open(&p, s, &e);
    const int incomplete = search_all(&p);
    char *path = mem_text("%s/%s", results, a->list);
    a->read(a->data, path);
    int *list = wanted(a, &p, &n);
    progress_open(&bar, e.id, "runs", n, 0);
    for (int i = 0; i < n && !stop_requested(); i++) {
        if (make(a, s, &p.run[list[i]]))
            a->write(a->data, path);
        else
            left++;
        progress_show(&bar, i + 1, "");
    }
    progress_close(&bar, "");
    if (incomplete)
        warn("%s: %d cells wait for their search (`peftlab sweep %s`)", e.id, incomplete, w->word[0]);
    printf("%s\n", path);
    const int code = stop_requested() ? EXIT_INTERRUPTED : incomplete || left ? EXIT_RUNS : EXIT_OK;
    close(lock);
    free(list);
    free(path);
    plan_close(&p);
    experiment_free(&e);
    session_close(s);
    return code;
}

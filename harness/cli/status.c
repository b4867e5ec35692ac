/* peftlab status: what of an experiment is done, missing, failed (why), or stale (what changed), and what lies about.
 */
#include "cli/verb.h"

#include "cli/nearest.h"
#include "core/arena.h"
#include "core/die.h"
#include "core/file.h"
#include "core/order.h"
#include "experiment/kernels.h"
#include "experiment/search.h"
#include "record/compare.h"
#include "record/folder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { READS = 2000, CANDIDATES = 8, NEAR = 3, REASON = 256 };

/* Entries of the index whose key no run of the plan has, by method, task and seed. */
struct strays {
    const struct facts **entry;
    int n, reads;
};

static int by_identity(const void *a, const void *b)
{
    const struct facts *x = *(const struct facts *const *)a, *y = *(const struct facts *const *)b;
    int order = strcmp(x->method, y->method);
    order = order ? order : strcmp(x->task, y->task);
    return order ? order : (x->seed > y->seed) - (x->seed < y->seed);
}

static void find_strays(struct strays *s, const struct plan *p)
{
    const char **keys = mem_alloc((size_t)(p->runs + 1) * sizeof *keys);
    s->entry = mem_alloc((size_t)(p->index.n + 1) * sizeof *s->entry);
    for (int i = 0; i < p->runs; i++)
        keys[i] = p->run[i].key;
    qsort(keys, (size_t)p->runs, sizeof *keys, order_text);
    for (int i = 0; i < p->index.n; i++) {
        const char *key = p->index.entry[i].key;
        if (!p->index.entry[i].damaged && !bsearch(&key, keys, (size_t)p->runs, sizeof *keys, order_text))
            s->entry[s->n++] = &p->index.entry[i];
    }
    qsort(s->entry, (size_t)s->n, sizeof *s->entry, by_identity);
    free(keys);
}

/* The first stray of a run's method, task and seed. */
static int first_stray(const struct strays *s, const struct facts *like)
{
    int low = 0, high = s->n;
    while (low < high) {
        int middle = (low + high) / 2;
        if (by_identity(&s->entry[middle], &like) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct reason {
    char text[REASON];
    int n;
};

static void add_key(const char *key, const char *a, const char *b, void *data)
{
    struct reason *r = data;
    size_t used = strlen(r->text);
    snprintf(r->text + used, sizeof r->text - used, "%s%s was %s, is %s", r->n++ ? "; " : "", key, a ? a : "absent",
             b ? b : "absent");
}

/* Which part of the key of a stray is not as the run wants it. Returns how far they are apart. */
static int distance(const struct plan *p, const struct identity *want, const struct facts *e, struct reason *r)
{
    char path[1100], text[SPEC_TEXT];
    struct record rec;
    struct trap t;
    *r = (struct reason){.n = 0};
    if (trap_set(&t))
        return 1000;
    record_path(session_results(p->session), e->key, path, sizeof path);
    record_read(&rec, path);
    trap_end(&t);
    spec_text(&want->spec, text);
    config_compare(rec.config, text, add_key, r);
    if (strcmp(rec.data_hash, want->data_hash) != 0)
        add_key("data", "other", "this", r);
    if (strcmp(rec.base_hash, want->base_hash) != 0)
        add_key("base", "other", "this", r);
    if (!r->n)
        add_key("code of method, task or core", "other", "this", r);
    record_free(&rec);
    return r->n;
}

/* Looks for a record that was this run before something changed. */
static bool stale(const struct plan *p, const struct plan_run *run, struct strays *s, char why[REASON])
{
    struct identity want;
    struct facts like = {.seed = run->seed};
    int best = NEAR + 1;
    snprintf(like.method, sizeof like.method, "%s", cell_get(&p->cell[run->cell], "method"));
    snprintf(like.task, sizeof like.task, "%s", cell_get(&p->cell[run->cell], "task"));
    int i = first_stray(s, &like);
    const struct facts *wanted = &like;
    if (i == s->n || by_identity(&s->entry[i], &wanted) != 0 || s->reads >= READS)
        return false;
    identity_make(p->session, &want, run->assignments, (const char *const *)run->assignment);
    for (int k = 0; k < CANDIDATES && i < s->n && by_identity(&s->entry[i], &wanted) == 0 && best > 1; k++, i++) {
        struct reason r;
        int d = distance(p, &want, s->entry[i], &r);
        s->reads++;
        if (d < best) {
            best = d;
            snprintf(why, REASON, "%s", r.text);
        }
    }
    identity_free(&want);
    return best <= NEAR;
}

struct cell_state {
    int search, searched, report, reported, failed, stale;
    char why_failed[REASON], why_stale[REASON];
};

static void look_at_run(const struct plan *p, const struct plan_run *r, struct strays *s, struct cell_state *c)
{
    char path[1100], why[REASON];
    *(r->tuning ? &c->search : &c->report) += 1;
    if (r->state == PLAN_DONE) {
        *(r->tuning ? &c->searched : &c->reported) += 1;
        return;
    }
    if (r->state == PLAN_FAILED) {
        struct trap t;
        c->failed++;
        plan_failure_path(p, r, path, sizeof path);
        if (!trap_set(&t)) {
            char *text = file_read(path, 4096, NULL);
            snprintf(c->why_failed, sizeof c->why_failed, "seed %d: %.*s", r->seed, (int)strcspn(text, "\n"), text);
            plain_line(c->why_failed);
            free(text);
        }
        trap_end(&t);
    }
    if (stale(p, r, s, why)) {
        if (!c->stale++)
            snprintf(c->why_stale, sizeof c->why_stale, "%s", why);
        plain_line(c->why_stale);
    }
}

static void print_cell(const struct plan *p, int i, const struct cell_state *c)
{
    char search[32] = "-", runs[32] = "waits";
    char task[OPTION_TEXT];
    cell_task(&p->cell[i], task);
    if (c->search)
        snprintf(search, sizeof search, "%d/%d", c->searched, c->search);
    if (p->choice[i].complete)
        snprintf(runs, sizeof runs, "%d/%d", c->reported, c->report);
    printf("%-12s %-14s %-10s %-6s %9s %9s %7d %6d\n", p->cell[i].grid->name, cell_get(&p->cell[i], "method"), task,
           cell_get(&p->cell[i], "budget"), search, runs, c->failed, c->stale);
    if (c->failed)
        printf("    failed: %s\n", c->why_failed);
    if (c->stale)
        printf("    stale: %s\n", c->why_stale);
}

static void print_leftovers(const char *results)
{
    struct folder f;
    int left = 0, work = 0;
    folder_open(&f, results);
    for (int i = 0; i < f.n; i++) {
        enum folder_kind kind = f.file[i].kind;
        if (kind == FOLDER_FAILED || (kind != FOLDER_JOURNAL && kind != FOLDER_TEMPORARY))
            continue;
        if (folder_leftover(&f.file[i])) {
            if (left++ < 10)
                printf("leftover %s\n", f.file[i].path);
        } else
            work++;
    }
    if (left)
        printf("%d leftovers of dead processes (`peftlab clean --stale` removes them)\n", left);
    if (work)
        printf("%d runs or files are at work now\n", work);
    folder_close(&f);
}

static int run(const struct words *w)
{
    const char *results = words_results(w);
    struct experiment e;
    struct plan p;
    if (word_is_setting(w->word[0]))
        words_usage(w);
    nearest_experiment(w->word[0]);
    experiment_read(&e, w->word[0]);
    for (int i = 1; i < w->n; i++)
        experiment_set(&e, w->word[i]);
    struct session *session = session_open(results);
    session_set_list(session, words_known(w));
    plan_open(&p, session, &e);
    int waiting = search_all(&p);
    struct strays s = {0};
    struct cell_state *state = mem_alloc((size_t)(p.cells + 1) * sizeof *state), sum = {0};
    find_strays(&s, &p);
    for (int i = 0; i < p.runs; i++)
        look_at_run(&p, &p.run[i], &s, &state[p.run[i].cell]);
    printf("%-12s %-14s %-10s %-6s %9s %9s %7s %6s\n", "grid", "method", "task", "budget", "search", "runs", "failed",
           "stale");
    for (int i = 0; i < p.cells; i++) {
        const struct cell_state *c = &state[i];
        print_cell(&p, i, c);
        sum.search += c->search + c->report;
        sum.searched += c->searched + c->reported;
        sum.failed += c->failed;
        sum.stale += c->stale;
    }
    printf("%s: %d of %d known runs done, %d failed, %d stale%s; %d records in the folder belong to other work\n", e.id,
           sum.searched, sum.search, sum.failed, sum.stale, waiting ? "; some cells wait for their search" : "", s.n);
    print_leftovers(results);
    kernels_warn(&p);
    free(state);
    free(s.entry);
    plan_close(&p);
    session_close(session);
    experiment_free(&e);
    return EXIT_OK;
}

const struct verb verb_status = {
    .name = "status",
    .group = VERB_LOOK,
    .summary = "say what of an experiment is done, missing, failed or stale",
    .usage = "FILE.ini [key=value ...]",
    .least = 1,
    .help = "A run is stale when the folder holds it as it was before something changed.\n"
            "key=value changes all grids of the experiment, as for sweep.",
    .example = "status experiments/main.ini",
    .options = {VERB_KNOWN, VERB_RESULTS},
    .run = run,
};

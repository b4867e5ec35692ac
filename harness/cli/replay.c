/* peftlab replay: stored runs are made again, and the hashes of loss curve and weights must be the same. */
#include "cli/verb.h"

#include "cli/color.h"
#include "core/die.h"
#include "experiment/executor.h"
#include "experiment/replay.h"
#include "math/linalg.h"
#include "record/compare.h"
#include "record/runs_csv.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EARLY = 20 };

struct replay {
    struct session *session;
    long same, close, other, incomparable; /* the last: rows of another machine whose hashes part */
};

/* Largest relative difference of the losses of the first steps: rounding has not been amplified yet. */
static double early_difference(const double *a, const double *b, int n)
{
    double worst = 0;
    for (int i = 0; i < n && i < EARLY; i++) {
        double d = fabs(a[i] - b[i]) / fmax(fabs(a[i]), 1e-2);
        worst = isnan(d) || d > worst ? d : worst;
    }
    return worst;
}

/* Says what came out. Same bits are asked for where the machine is the same; elsewhere the first losses to 1e-3. */
static void judge(struct replay *r, const struct record *was, const struct run *now, const char *changed)
{
    bool same = strcmp(was->run.check.curve_hash, now->check.curve_hash) == 0 &&
                strcmp(was->run.check.weights_hash, now->check.weights_hash) == 0;
    int steps = was->run.steps < now->steps ? was->run.steps : now->steps;
    double early = early_difference(was->run.loss, now->loss, steps);
    bool machine = replay_same_machine(was) && !*changed;
    bool near = !same && !machine && was->run.steps == now->steps && early <= 1e-3;
    *(same ? &r->same : near ? &r->close : &r->other) += 1;
    printf("%.12s %s%s%s", was->key,
           same   ? color_good()
           : near ? ""
                  : color_bad(),
           same   ? "same bits"
           : near ? "close"
                  : "OTHER NUMBERS",
           near ? "" : color_off());
    if (!same) {
        int at = was->run.steps && now->steps ? first_difference(was->run.loss, now->loss, steps) : 0;
        printf(": losses part at step %d, the first %d differ by at most %.1e, final metric %.4f against %.4f", at + 1,
               steps < EARLY ? steps : EARLY, early, run_final(&was->run).metric, run_final(now).metric);
    }
    if (!replay_same_machine(was))
        printf("; made with %s and gcc/clang \"%s\", now %s and \"%s\": %s", was->core, was->compiler, blas_core(),
               __VERSION__, same ? "the same all the same" : "the first losses may differ by 1e-3");
    printf("%s%s\n", *changed ? "; changed since: " : "", changed);
    fflush(stdout);
}

static void replay_record(struct replay *r, const struct record *rec)
{
    struct identity p;
    struct run now = {0};
    char changed[1024];
    replay_prepare(r->session, &p, rec, changed, sizeof changed);
    DEFER(identity_free, &p);
    DEFER(run_free, &now);
    struct run_needs needs = executor_load(r->session, &p);
    run_execute(&now, &p.spec, p.base, needs.splits, needs.env, NULL);
    judge(r, rec, &now, changed);
}

static void replay_key(struct replay *r, const char *results, const char *word)
{
    struct record rec;
    record_find(&rec, results, word);
    replay_record(r, &rec);
    record_free(&rec);
}

/* Compares hashes alone: a table holds no curve. */
static void replay_row(struct replay *r, const struct runs_row *row)
{
    const struct facts *f = &row->facts;
    struct record rec = {.abi = 0};
    struct identity p;
    struct run now = {0};
    char changed[1024] = "";
    int n;
    char **words = replay_words(row->config, &n);
    DEFER(mem_free_list, words);
    struct trap t;
    snprintf(rec.core, sizeof rec.core, "%s", f->core);
    snprintf(rec.compiler, sizeof rec.compiler, "%s", f->compiler);
    if (trap_set(&t))
        die(t.code, "run %.12s cannot be made again: %s", f->key, t.text);
    identity_make(r->session, &p, n, (const char *const *)words);
    trap_end(&t);
    DEFER(identity_free, &p);
    DEFER(run_free, &now);
    if (strcmp(p.key, f->key) != 0)
        snprintf(changed, sizeof changed, "code, data, base or options: the key is now %.12s", p.key);
    struct run_needs needs = executor_load(r->session, &p);
    run_execute(&now, &p.spec, p.base, needs.splits, needs.env, NULL);
    bool same =
        strcmp(now.check.curve_hash, f->curve_hash) == 0 && strcmp(now.check.weights_hash, f->weights_hash) == 0;
    bool machine = replay_same_machine(&rec);
    bool base = machine || strcmp(p.base_hash, f->base_hash) == 0; /* elsewhere pretraining may end in other bits */
    bool judged = same || machine || (*changed && base);
    *(same ? &r->same : judged ? &r->other : &r->incomparable) += 1;
    printf("%.12s %s%s%s%s\n", f->key,
           same     ? "same bits"
           : judged ? "OTHER NUMBERS"
                    : "not comparable",
           machine ? ""
           : base  ? "; made on another machine or compiler"
                   : "; made on another machine or compiler, and on a base of other bits",
           *changed && base ? "; changed since: " : "", base ? changed : "");
    fflush(stdout);
}

/* Replays `n` rows spread evenly over all, moved on by `turn` rows: every row comes at some turn, at most every
 * rows / n + 1. Row (floor(i rows / n) + turn) mod rows for every i < n, in the order of the list. */
static void replay_rows(struct replay *r, const struct runs_list *l, long n, long turn)
{
    const long rows = l->n;
    if (!rows)
        die(EXIT_DATA, "%s: holds no runs", l->path);
    n = n > 0 && n < rows ? n : rows;
    for (long at = 0; at < rows; at++) {
        long place = (at + rows - turn % rows) % rows;
        long first = (place * n + rows - 1) / rows; /* the least i that reaches this place */
        if (first < n && first * rows / n == place)
            replay_row(r, &l->row[at]);
    }
}

static void replay_list(struct replay *r, const char *path, long n, long turn)
{
    struct runs_list l;
    runs_list_read(&l, path);
    DEFER(runs_list_free, &l);
    replay_rows(r, &l, n, turn);
}

static int run(const struct words *w)
{
    const char *results = words_results(w), *table = words_text(w, "--runs", NULL);
    long n = words_number(w, "-n", 0, INT_MAX, 0), shift = words_number(w, "turn", 0, INT_MAX, 0);
    if (!table == !w->n)
        words_usage(w);
    struct replay r = {.session = session_open(results)};
    if (table)
        replay_list(&r, table, n, shift);
    for (int i = 0; i < w->n; i++)
        replay_key(&r, results, w->word[i]);
    printf("%ld the same, %ld close, %ld other, %ld not comparable\n", r.same, r.close, r.other, r.incomparable);
    session_close(r.session);
    return r.other ? EXIT_MISMATCH : EXIT_OK;
}

const struct verb verb_replay = {
    .name = "replay",
    .group = VERB_PROVE,
    .summary = "train stored runs again and compare the bits",
    .usage = "RUN ... | --runs runs.csv",
    .most = 100000,
    .help = "RUN is a key or the beginning of one, or a file.",
    .example = "replay 3f2a91c07d5e\nreplay --runs results/reference/default/runs.csv -n 5",
    .stops = true,
    .options = {{"--runs", "runs.csv", "the runs of this list"},
                {"-n", "N", "only N rows of the list, spread evenly over it"},
                {"turn", "K", "take the sample K rows further on; with K = 0, 1, ... every row is taken once"},
                VERB_RESULTS},
    .run = run,
};

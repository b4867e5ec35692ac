/* peftlab replay: stored runs are made again, and the hashes of loss curve and weights must be the same. */
#include "cli/verbs.h"

#include "core/arena.h"
#include "core/csv.h"
#include "core/die.h"
#include "core/file.h"
#include "core/linalg.h"
#include "report/compare.h"
#include "report/replay.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EARLY = 20 };

struct replay {
    struct session *session;
    long same, close, other;
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
    printf("%.12s %s", was->key, same ? "same bits" : near ? "close" : "OTHER NUMBERS");
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
    struct prepared p;
    struct run now = {0};
    char changed[1024];
    struct trap t;
    replay_prepare(r->session, &p, rec, changed, sizeof changed);
    if (trap_set(&t)) {
        run_free(&now);
        prepared_free(&p);
        die(t.code, "%s", t.text);
    }
    run_execute(&now, &p.spec, p.base, p.splits, p.env, NULL);
    trap_end(&t);
    judge(r, rec, &now, changed);
    run_free(&now);
    prepared_free(&p);
}

static void replay_key(struct replay *r, const char *results, const char *word)
{
    char path[1100];
    struct record rec;
    if (file_exists(word))
        snprintf(path, sizeof path, "%s", word);
    else
        record_path(results, word, path, sizeof path);
    record_read(&rec, path);
    replay_record(r, &rec);
    record_free(&rec);
}

/* A row of runs.csv: the file of a run may be far away, so its configuration and hashes stand in the table. */
struct row_columns {
    int key, config, curve, weights, core, compiler;
};

static int find_column(const struct csv_row *head, const char *name)
{
    for (int i = 0; i < head->n; i++)
        if (strcmp(head->field[i], name) == 0)
            return i;
    return -1;
}

static const char *field(const struct csv_row *row, int i)
{
    return i >= 0 && i < row->n ? row->field[i] : "";
}

/* Compares hashes alone: a table holds no curve. */
static void replay_row(struct replay *r, const struct csv_row *row, const struct row_columns *c)
{
    struct record rec = {.config = mem_text("%s", field(row, c->config))};
    struct prepared p;
    struct run now = {0};
    char changed[1024];
    for (char *b = rec.config; *b; b++) /* words separated by blanks or semicolons */
        *b = *b == ' ' || *b == ';' ? '\n' : *b;
    snprintf(rec.key, sizeof rec.key, "%.64s", field(row, c->key));
    snprintf(rec.core, sizeof rec.core, "%.31s", field(row, c->core));
    snprintf(rec.compiler, sizeof rec.compiler, "%.63s", field(row, c->compiler));
    int n;
    char **words = replay_words(rec.config, &n);
    *changed = '\0';
    session_prepare(r->session, &p, n, (const char *const *)words);
    replay_free_words(words, n);
    if (strncmp(p.key, rec.key, strlen(rec.key)) != 0)
        snprintf(changed, sizeof changed, "code, data, base or options: the key is now %.12s", p.key);
    run_execute(&now, &p.spec, p.base, p.splits, p.env, NULL);
    bool same = strncmp(now.check.curve_hash, field(row, c->curve), strlen(field(row, c->curve))) == 0 &&
                strncmp(now.check.weights_hash, field(row, c->weights), strlen(field(row, c->weights))) == 0;
    bool machine = replay_same_machine(&rec);
    *(same ? &r->same : machine || *changed ? &r->other : &r->close) += 1;
    printf("%.12s %s%s%s%s\n", rec.key,
           same                  ? "same bits"
           : machine || *changed ? "OTHER NUMBERS"
                                 : "not comparable",
           machine ? "" : "; made on another machine or compiler", *changed ? "; changed since: " : "", changed);
    fflush(stdout);
    run_free(&now);
    prepared_free(&p);
    free(rec.config);
}

static long count_rows(const char *path)
{
    struct csv_row row;
    struct csv_reader *f = csv_open(path, FORMAT_CSV);
    long n = -1; /* the head */
    while (csv_next(f, &row))
        n++;
    csv_close(f);
    return n;
}

/* `n` rows spread evenly, shifted by `turn`, so that another turn takes others. */
static void replay_table(struct replay *r, const char *path, long n, long turn)
{
    struct csv_row row;
    long rows = count_rows(path), every = n > 0 && rows > n ? rows / n : 1, at = 0, done = 0;
    struct csv_reader *f = csv_open(path, FORMAT_CSV);
    if (rows < 1 || !csv_next(f, &row))
        die(EXIT_DATA, "%s: holds no runs", path);
    struct row_columns c = {find_column(&row, "key"),        find_column(&row, "spec"),
                            find_column(&row, "curve_hash"), find_column(&row, "weights_hash"),
                            find_column(&row, "core"),       find_column(&row, "compiler")};
    if (c.key < 0 || c.config < 0 || c.curve < 0 || c.weights < 0)
        die(EXIT_DATA, "%s: needs the columns key, spec, curve_hash and weights_hash", path);
    for (; csv_next(f, &row); at++)
        if (at % every == turn % every && (n <= 0 || done < n)) {
            replay_row(r, &row, &c);
            done++;
        }
    csv_close(f);
}

int verb_replay(int argc, char **argv)
{
    const char *results = take_results(&argc, argv), *turn = take_option(&argc, argv, "turn", "0");
    struct replay r = {.session = session_open(results)};
    const char *table = NULL;
    long n = 0;
    for (int i = 0; i + 1 < argc; i++)
        if (strcmp(argv[i], "--runs") == 0 || strcmp(argv[i], "-n") == 0) {
            char *end = "";
            if (argv[i][1] == 'n')
                n = strtol(argv[i + 1], &end, 10);
            else
                table = argv[i + 1];
            if (*end || n < 0)
                die(EXIT_USAGE, "-n %.40s is not a number of runs", argv[i + 1]);
            memmove(argv + i, argv + i + 2, (size_t)(argc - i - 2) * sizeof *argv);
            argc -= 2;
            i--;
        }
    if (!table == !argc)
        die(EXIT_USAGE, "replay takes keys or files of runs, or --runs runs.csv [-n N] [turn=K]");
    if (table)
        replay_table(&r, table, n, strtol(turn, NULL, 10));
    for (int i = 0; i < argc; i++)
        replay_key(&r, results, argv[i]);
    printf("%ld the same, %ld close, %ld other\n", r.same, r.close, r.other);
    session_close(r.session);
    return r.other ? EXIT_MISMATCH : EXIT_OK;
}

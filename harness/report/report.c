/* Making an experiment's tables, figures and list of runs. */
#include "report/report.h"

#include "core/arena.h"
#include "core/file.h"
#include "experiment/search.h"
#include "record/runs_csv.h"
#include "report/beside.h"
#include "report/earlier.h"
#include "report/inventory.h"
#include "report/page.h"
#include "table/kind.h"
#include "table/write.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { RECORDS_KEPT = 2000 }; /* between two tables or figures, whatever they opened */

/* ---- runs.csv -------------------------------------------------------------------------------------------------- */

/* A run of two experiments stands once. */
static void write_run(struct report *r, const struct result *w, const char *id)
{
    if (!set_add_text(&r->written, w->facts->key, 0))
        return;
    char *config = result_config(w);
    runs_csv_row(r->stream, w->facts, id, w->run->tuning ? "search" : "report", config);
    free(config);
}

/* ---- Chapters -------------------------------------------------------------------------------------------------- */

/* Adds a value to a list "a; b" unless it is there. */
static void note_value(char **list, const char *value)
{
    const size_t n = strlen(value);
    for (const char *at = *list; at; at = strstr(at, "; ")) {
        at += at == *list ? 0 : strlen("; ");
        if (strncmp(at, value, n) == 0 && (!at[n] || strncmp(at + n, "; ", 2) == 0))
            return;
    }
    mem_append(list, "%s%s", *list ? "; " : "", value);
}

static void note_hash(char **list, const char *name, const char *hash)
{
    char *value = mem_text("%s %.12s", name, hash);
    note_value(list, value);
    free(value);
}

static void note_origin(struct provenance *p, const struct results *rows)
{
    char name[OPTION_TEXT];
    for (int i = 0; i < rows->n; i++) {
        const struct result *w = &rows->row[i];
        if (!w->present) {
            p->missing += w->run->state != PLAN_FAILED;
            p->failed += w->run->state == PLAN_FAILED;
            continue;
        }
        *(w->run->tuning ? &p->search : &p->reported) += 1;
        p->diverged += !w->ok;
        p->listed += w->facts->listed;
        p->collapsed += w->collapsed;
        p->dirty += strchr(w->facts->commit, '+') != NULL;
        note_value(&p->commits, w->facts->commit);
        note_value(&p->cores, w->facts->core);
        note_value(&p->compilers, w->facts->compiler);
        note_hash(&p->bases, setup_get(w->setup, "base", name), w->facts->base_hash);
        note_hash(&p->data, w->setup->task->name, w->facts->data_hash);
        p->seconds += isfinite(w->facts->seconds) ? w->facts->seconds : 0;
    }
}

static const char *what(const struct display *d)
{
    return d->is_figure ? "figure" : "table";
}

static void skip(struct chapter *c, const struct display *d, const char *why)
{
    c->skipped = mem_grow(c->skipped, (size_t)(c->skips + 1) * sizeof *c->skipped);
    c->skipped[c->skips] = mem_text("%s %s: %s", what(d), d->name, why);
    warn("%s: skipped: %s", c->id, c->skipped[c->skips++]);
}

/* A key that the kind does not read is refused: the table would be another than was asked for. */
static void check_keys(const char *path, const struct display *d, const char *kind, const char *keys)
{
    for (int i = 0; i < d->settings; i++) {
        const char *key = d->setting[i].key;
        char word[64];
        struct nearest nearest = {key, "", 0};
        bool known = false;
        for (const char *at = keys; *at; at += strcspn(at, " "), at += *at == ' ') {
            snprintf(word, sizeof word, "%.*s", (int)strcspn(at, " "), at);
            known |= strcmp(key, word) == 0;
            option_nearer(&nearest, word);
        }
        if (known)
            continue;
        const bool near = nearest.distance <= 2;
        die(EXIT_USAGE, "%s: [%s %s] has no key \"%.40s\"%s%s%s (a %s of kind %s reads: %s)", path, what(d), d->name,
            key, near ? "; did you mean " : "", near ? nearest.name : "", near ? "?" : "", what(d), kind, keys);
    }
}

static void check_name(const char *path, const struct display *d)
{
    for (const char *p = d->name; *p; p++)
        if (!isalnum((unsigned char)*p) && *p != '-' && *p != '_')
            die(EXIT_USAGE, "%s: [%s %.60s]: a name is made of letters, digits, - and _, because files are called so",
                path, what(d), d->name);
}

/* A table as Markdown, CSV and LaTeX under <results>/tables. */
static void write_table(const struct report *r, const struct table *s)
{
    for (int format = 0; format < TABLE_HTML; format++) {
        struct file_out out;
        char *path = mem_text("%s/%s-%s.%s", r->tables, s->id, s->name, table_suffix[format]);
        file_begin(&out, path);
        table_write(s, (enum table_format)format, out.stream);
        file_commit(&out);
        free(path);
    }
}

/* What an earlier report made of a display that is skipped now shows other runs: it goes. */
static void forget(const char *folder, const char *id, const char *name)
{
    static const char *const suffix[] = {"md", "csv", "tex", "svg", "png", "dat", "html"};
    for (size_t i = 0; i < sizeof suffix / sizeof *suffix; i++) {
        char *path = mem_text("%s/%s-%s.%s", folder, id, name, suffix[i]);
        unlink(path);
        free(path);
    }
}

static void forget_figures(const struct report *r, const struct chapter *c, const struct groups *g,
                           const struct display *d)
{
    forget(r->figures, c->id, d->name);
    for (int i = 0; i < g->n; i++) { /* or one per task */
        char *name = figure_name(d, g->group[i].task, 2);
        forget(r->figures, c->id, name);
        free(name);
    }
}

static void note_borrowed(struct chapter *c, const struct display *d)
{
    mem_append(&c->borrowed, "%s%s", c->borrowed ? ", " : "", d->name);
}

static void make_table(struct report *r, struct chapter *c, const struct groups *g, const struct display *d)
{
    const struct table_kind *k = table_find(d->kind);
    struct table s;
    table_open(&s, c->id, d->name);
    if (!(k->records && c->from.listed && beside_table(r->beside, &s)))
        k->fill(&s, g, d);
    else
        note_borrowed(c, d);
    if (!s.rows && beside_table(r->beside, &s))
        note_borrowed(c, d);
    if (!s.rows) {
        forget(r->tables, c->id, d->name);
        skip(c, d, s.absent ? s.absent : k->absent);
        table_free(&s);
        return;
    }
    write_table(r, &s);
    PUSH(c->table, c->tables) = s;
    fprintf(r->out, "%s/%s-%s.{md,csv,tex}\n", r->tables, s.id, s.name);
}

static void make_figure(struct report *r, struct chapter *c, const struct groups *g, const struct display *d)
{
    const struct figure_kind *const k = figure_find(d->kind);
    struct trap t;
    volatile int before = c->gallery.n;
    if (trap_set(&t)) {
        if (t.code != EXIT_MISSING)
            die(t.code, "%s", t.text);
        forget_figures(r, c, g, d);
        skip(c, d, t.text);
        r->code = EXIT_MISSING;
    } else if (!figure_draw(k, &c->gallery, g, d)) {
        forget_figures(r, c, g, d);
        if (beside_figures(r->beside, &c->gallery, d->name))
            note_borrowed(c, d);
        else
            skip(c, d, k->absent);
    }
    trap_end(&t);
    for (int i = before; i < c->gallery.n; i++)
        fprintf(r->out, "%s/%s-%s.{svg,png,dat}\n", r->figures, c->id, c->gallery.drawing[i].name);
}

static void fill(struct report *r, struct chapter *c, struct results *rows, const struct experiment *e)
{
    note_origin(&c->from, rows);
    for (int i = 0; i < rows->n; i++)
        if (rows->row[i].present)
            write_run(r, &rows->row[i], c->id);
    for (int i = 0; i < e->displays; i++) {
        const struct display *d = &e->display[i];
        struct groups g;
        groups_make(&g, rows, display_setting(d, "grids"));
        if (d->is_figure)
            make_figure(r, c, &g, d);
        else
            make_table(r, c, &g, d);
        groups_free(&g);
        results_forget(rows, RECORDS_KEPT);
    }
}

static void check_table(const char *path, const struct display *d)
{
    const struct table_kind *k = table_find(d->kind);
    char *keys = mem_text("%s%s%s", TABLE_KEYS, *k->keys ? " " : "", k->keys);
    check_keys(path, d, k->name, keys);
    free(keys);
}

static void check_figure(const char *path, const struct display *d)
{
    const struct figure_kind *k = figure_find(d->kind);
    char *keys = mem_text("%s%s%s", FIGURE_KEYS, *k->keys ? " " : "", k->keys);
    check_keys(path, d, k->name, keys);
    free(keys);
}

void report_check(const struct experiment *e)
{
    for (int i = 0; i < e->displays; i++) {
        const struct display *d = &e->display[i];
        const struct setting *grids = display_setting(d, "grids");
        check_name(e->path, d);
        if (d->is_figure)
            check_figure(e->path, d);
        else
            check_table(e->path, d);
        for (int k = 0; grids && k < grids->values; k++) {
            int known = 0;
            for (int j = 0; j < e->grids; j++)
                known |= strcmp(e->grid[j].name, grids->value[k]) == 0;
            if (!known)
                die(EXIT_USAGE, "%s: [%s %s] names grid %.60s, which is not there", e->path, what(d), d->name,
                    grids->value[k]);
        }
    }
}

void report_open(struct report *r, const char *results, FILE *out)
{
    *r = (struct report){.results = mem_text("%s", results), .out = out};
    r->tables = mem_text("%s/tables", results);
    r->figures = mem_text("%s/figures", results);
    folder_make(results);
    folder_make(r->tables);
    folder_make(r->figures);
    r->stream = mem_stream(&r->runs, &r->runs_size);
    runs_csv_head(r->stream);
}

void report_add(struct report *r, struct session *s, const char *path, int n, char *const *assignments)
{
    struct experiment e;
    struct plan p;
    struct results rows;
    experiment_read(&e, path);
    for (int i = 0; i < n; i++)
        experiment_set(&e, assignments[i]);
    report_check(&e);
    for (int i = 0; i < r->chapters; i++)
        if (strcmp(r->chapter[i].id, e.id) == 0)
            die(EXIT_USAGE, "two experiments are called %s, and so would be their tables: name one file otherwise",
                e.id);
    free(r->beside);
    r->beside = beside_folder(session_list(s), r->results);
    struct chapter *c = &PUSH(r->chapter, r->chapters);
    *c = (struct chapter){.gallery = {.folder = r->figures}};
    c->id = mem_text("%s", e.id);
    c->title = mem_text("%s", e.title ? e.title : e.id);
    c->question = mem_text("%s", e.question ? e.question : "");
    c->claim = mem_text("%s", e.claim ? e.claim : "");
    c->gallery.id = c->id;
    c->margin = e.margin;
    plan_open(&p, s, &e);
    int incomplete = search_all(&p);
    results_read(&rows, &p);
    fill(r, c, &rows, &e);
    if (incomplete)
        warn("%s: %d searches are not complete, so their cells have no reported runs yet (`peftlab sweep %s` goes on)",
             e.id, incomplete, path);
    if (c->from.missing || c->from.failed)
        warn("%s: %d runs are missing and %d failed (`peftlab sweep %s` makes them)", e.id, c->from.missing,
             c->from.failed, path);
    if (!r->code && (incomplete || c->from.missing || c->from.failed))
        r->code = EXIT_RUNS;
    results_free(&rows);
    plan_close(&p);
    experiment_free(&e);
}

void report_answer(struct report *r, const char *text)
{
    struct chapter *c = &r->chapter[r->chapters - 1];
    free(c->answer);
    c->answer = mem_text("%s", text);
}

void report_close(struct report *r)
{
    struct file_out out;
    struct table inventory;
    char *path = mem_text("%s/runs.csv", r->results);
    const char **ids = mem_alloc((size_t)(r->chapters + 1) * sizeof *ids);
    for (int i = 0; i < r->chapters; i++)
        ids[i] = r->chapter[i].id;
    earlier_keep(r->results, r->chapters, ids);
    free(ids);
    fclose(r->stream);
    file_begin(&out, path);
    file_write(&out, r->runs, r->runs_size);
    file_commit(&out);
    fprintf(r->out, "%s\n", path);
    free(path);
    table_open(&inventory, "experiments", "inventory");
    inventory_fill(&inventory, r->chapter, r->chapters);
    write_table(r, &inventory);
    table_free(&inventory);
    pages_write(r->results, r->chapter, r->chapters, (int)r->written.n, r->out);
    for (int i = 0; i < r->chapters; i++)
        chapter_free(&r->chapter[i]);
    free(r->chapter);
    set_free(&r->written);
    free(r->runs);
    free(r->results);
    free(r->tables);
    free(r->figures);
    free(r->beside);
    *r = (struct report){.code = r->code};
}

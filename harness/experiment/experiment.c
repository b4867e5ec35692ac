/* Reading experiment files and multiplying grids out into cells. */
#include "experiment/experiment.h"

#include "core/arena.h"
#include "core/die.h"
#include "core/ini.h"
#include "core/option.h"

#include <assert.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CELLS_MAX = 100000, RUNS_MAX = 500000 };

static char *copy(const char *text)
{
    return mem_text("%s", text);
}

static struct setting *find_setting(struct setting *s, int n, const char *key, const char *method)
{
    for (int i = 0; i < n; i++)
        if (strcmp(s[i].key, key) == 0 && (!method == !s[i].method) && (!method || strcmp(method, s[i].method) == 0))
            return &s[i];
    return NULL;
}

/* "lr.full = ..." is key lr for method full; "task.k" and "method.k" are keys of their own. */
static void add_setting(struct setting **list, int *n, const char *name, const char *value, int split)
{
    char key[128], *method = NULL;
    snprintf(key, sizeof key, "%s", name);
    char *dot = split ? strrchr(key, '.') : NULL;
    bool prefixed = strncmp(key, "task.", 5) == 0 || strncmp(key, "method.", 7) == 0, cut = strcmp(key, name) != 0;
    if (dot && ((!prefixed && !cut && dot != key) || strchr(key, '.') != dot)) { /* or task.k.lora */
        *dot = '\0';
        method = dot + 1;
    }
    struct setting *s = find_setting(*list, *n, key, method);
    if (!s) {
        *list = mem_grow(*list, (size_t)(*n + 1) * sizeof **list);
        s = &(*list)[(*n)++];
        *s = (struct setting){.key = copy(key), .method = method ? copy(method) : NULL};
    }
    words_add(&s->value, &s->values, value);
    words_once(s->value, &s->values); /* else its runs would be counted twice */
}

struct reading {
    struct experiment *e;
    struct grid *grid;
    struct display *display;
    char section[128];
};

static void seeds(const struct reading *r, const char *name, const char *value, int line, int *first, int *last)
{
    if (!option_range(value, first, last))
        die(EXIT_USAGE, "%s:%d: %s=%s is neither a seed nor a range such as 0..4", r->e->path, line, name, value);
}

/* A rung is tried only when the search has run, so it is looked at now. */
static void rungs(const struct reading *r, const char *value, int line)
{
    struct grid *g = r->grid;
    words_add(&g->ladder, &g->rungs, value);
    for (int i = 0; i < g->rungs; i++) {
        char *end;
        double rate = strtod(g->ladder[i], &end);
        if (*end || !isfinite(rate) || rate <= 0)
            die(EXIT_USAGE, "%s:%d: ladder: \"%.40s\" is not a positive number", r->e->path, line, g->ladder[i]);
    }
}

static void open_section(struct reading *r, const char *section, int line)
{
    struct experiment *e = r->e;
    char name[96];
    snprintf(r->section, sizeof r->section, "%s", section);
    r->grid = NULL, r->display = NULL;
    if (strcmp(section, "experiment") == 0)
        return;
    if (sscanf(section, "grid %95[^\n]", name) == 1) {
        e->grid = mem_grow(e->grid, (size_t)(e->grids + 1) * sizeof *e->grid);
        r->grid = &e->grid[e->grids++];
        *r->grid = (struct grid){.name = copy(name), .tune_last = -1, .seed_last = -1};
    } else if (sscanf(section, "table %95[^\n]", name) == 1 || sscanf(section, "figure %95[^\n]", name) == 1) {
        e->display = mem_grow(e->display, (size_t)(e->displays + 1) * sizeof *e->display);
        r->display = &e->display[e->displays++];
        *r->display = (struct display){.name = copy(name), .kind = copy(name), .is_figure = section[0] == 'f'};
    } else
        die(EXIT_USAGE, "%s:%d: section [%s] is none of [experiment], [grid NAME], [table NAME], [figure NAME]",
            e->path, line, section);
}

static void append(char **text, const char *more)
{
    char *joined = *text ? mem_text("%s %s", *text, more) : copy(more);
    free(*text);
    *text = joined;
}

static void grid_line(const struct reading *r, const char *name, const char *value, int line)
{
    struct grid *g = r->grid;
    if (strcmp(name, "tune_seeds") == 0)
        seeds(r, name, value, line, &g->tune_first, &g->tune_last);
    else if (strcmp(name, "seeds") == 0)
        seeds(r, name, value, line, &g->seed_first, &g->seed_last);
    else if (strcmp(name, "tune_evals") == 0)
        snprintf(g->tune_evals, sizeof g->tune_evals, "%s", value);
    else if (strcmp(name, "ladder") == 0)
        rungs(r, value, line);
    else
        add_setting(&g->setting, &g->settings, name, value, 1);
}

static void on_line(const char *section, const char *name, const char *value, int line, void *data)
{
    struct reading *r = data;
    struct experiment *e = r->e;
    if (strcmp(section, r->section) != 0)
        open_section(r, section, line);
    if (r->grid)
        grid_line(r, name, value, line);
    else if (r->display && strcmp(name, "kind") == 0) {
        free(r->display->kind);
        r->display->kind = copy(value);
    } else if (r->display)
        add_setting(&r->display->setting, &r->display->settings, name, value, 0);
    else if (strcmp(name, "title") == 0)
        append(&e->title, value);
    else if (strcmp(name, "question") == 0)
        append(&e->question, value);
    else if (strcmp(name, "claim") == 0)
        append(&e->claim, value);
    else
        die(EXIT_USAGE, "%s:%d: [%s] has no key \"%s\"", e->path, line, *section ? section : "no section", name);
}

static void check_grid(const struct experiment *e, const struct grid *g)
{
    static const char *const needed[] = {"method", "task"};
    for (int i = 0; i < 2; i++)
        if (!find_setting(g->setting, g->settings, needed[i], NULL))
            die(EXIT_USAGE, "%s: [grid %s] names no %s", e->path, g->name, needed[i]);
    if (g->seed_last < g->seed_first)
        die(EXIT_USAGE, "%s: [grid %s] has no seeds", e->path, g->name);
    if (*g->tune_evals && g->tune_last < g->tune_first)
        die(EXIT_USAGE, "%s: [grid %s] has tune_evals but no tune_seeds: it searches nothing", e->path, g->name);
    if (g->settings > GRID_KEYS)
        die(EXIT_USAGE, "%s: [grid %s] has more than %d keys", e->path, g->name, GRID_KEYS);
}

void experiment_read(struct experiment *e, const char *path)
{
    struct reading r = {.e = e};
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    *e = (struct experiment){.path = copy(path)};
    e->id = mem_text("%.*s", (int)strcspn(name, "."), name);
    if (e->id[strspn(e->id, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_ ")])
        die(EXIT_USAGE, "%s: an experiment's file name is letters, digits, blanks, - and _, as its tables are", path);
    ini_read(path, on_line, &r);
    if (!e->grids)
        die(EXIT_USAGE, "%s: has no [grid NAME]: there is nothing to run", path);
    for (int i = 0; i < e->grids; i++)
        check_grid(e, &e->grid[i]);
}

static void free_setting(struct setting *s)
{
    free(s->key);
    free(s->method);
    words_free(s->value, s->values);
}

static void free_settings(struct setting *s, int n)
{
    for (int i = 0; i < n; i++)
        free_setting(&s[i]);
    free(s);
}

void experiment_set(struct experiment *e, const char *assignment)
{
    const char *value = strchr(assignment, '=');
    if (!value || value == assignment)
        die(EXIT_USAGE, "\"%.60s\" is not of the form key=value", assignment);
    char *name = mem_text("%.*s", (int)(value - assignment), assignment);
    for (int i = 0; i < e->grids; i++) {
        struct grid *g = &e->grid[i];
        struct reading r = {.e = e, .grid = g};
        struct setting *asked = NULL; /* the key as it is read: "lr.full" is lr for full */
        int n = 0, kept = 0;
        add_setting(&asked, &n, name, "", 1);
        assert(asked);
        for (int k = 0; k < g->settings; k++) {
            struct setting *s = &g->setting[k];
            bool same = strcmp(s->key, asked->key) == 0;
            if (same && (!asked->method || (s->method && strcmp(s->method, asked->method) == 0)))
                free_setting(s);
            else
                g->setting[kept++] = *s;
        }
        g->settings = kept;
        if (strcmp(name, "ladder") == 0) {
            words_free(g->ladder, g->rungs);
            g->ladder = NULL, g->rungs = 0;
        }
        grid_line(&r, name, value + 1, 0);
        free_settings(asked, n);
    }
    free(name);
}

void experiment_free(struct experiment *e)
{
    for (int i = 0; i < e->grids; i++) {
        free(e->grid[i].name);
        words_free(e->grid[i].ladder, e->grid[i].rungs);
        free_settings(e->grid[i].setting, e->grid[i].settings);
    }
    for (int i = 0; i < e->displays; i++) {
        free(e->display[i].name);
        free(e->display[i].kind);
        free_settings(e->display[i].setting, e->display[i].settings);
    }
    free(e->grid);
    free(e->display);
    free(e->path);
    free(e->id);
    free(e->title);
    free(e->question);
    free(e->claim);
    *e = (struct experiment){0};
}

const char *display_get(const struct display *d, const char *key, const char *def)
{
    struct setting *s = find_setting(d->setting, d->settings, key, NULL);
    return s && s->values ? s->value[0] : def;
}

const char *cell_get(const struct cell *c, const char *key)
{
    size_t n = strlen(key);
    for (int i = 0; i < c->assignments; i++)
        if (strncmp(c->assignment[i], key, n) == 0 && c->assignment[i][n] == '=')
            return c->assignment[i] + n + 1;
    return "";
}

static int ascending(const void *a, const void *b)
{
    double x = strtod(*(char *const *)a, NULL), y = strtod(*(char *const *)b, NULL);
    return (x > y) - (x < y);
}

/* The settings that hold for one method: its own, else the general one. */
static int settings_for(const struct grid *g, const char *method, const struct setting *use[GRID_KEYS])
{
    int n = 0;
    for (int i = 0; i < g->settings; i++) {
        const struct setting *s = &g->setting[i], *own = find_setting(g->setting, g->settings, s->key, method);
        if (strcmp(s->key, "method") == 0 || (s->method && strcmp(s->method, method) != 0) || (!s->method && own))
            continue;
        use[n++] = s;
    }
    return n;
}

/* A rate that is there already, in whatever spelling, would be searched twice. */
static void add_rate(struct cell *c, const char *rate)
{
    for (int i = 0; i < c->rates; i++)
        if (strtod(c->rate[i], NULL) == strtod(rate, NULL))
            return;
    words_add(&c->rate, &c->rates, rate);
}

static void add_cell(struct cell **cells, int *n, const struct grid *g, const char *method,
                     const struct setting *const *use, int settings, const int *choice)
{
    *cells = mem_grow(*cells, (size_t)(*n + 1) * sizeof **cells);
    struct cell *c = &(*cells)[(*n)++];
    *c = (struct cell){.grid = g, .assignment = mem_alloc((size_t)(settings + 1) * sizeof(char *))};
    c->assignment[c->assignments++] = mem_text("method=%s", method);
    for (int i = 0; i < settings; i++) {
        int search = strcmp(use[i]->key, "lr") == 0;
        if (!search)
            c->assignment[c->assignments++] = mem_text("%s=%s", use[i]->key, use[i]->value[choice[i]]);
        else if (g->tune_last < g->tune_first) /* without a search every rate is a cell of its own */
            words_add(&c->rate, &c->rates, use[i]->value[choice[i]]);
        else
            for (int k = 0; k < use[i]->values; k++)
                add_rate(c, use[i]->value[k]);
    }
    if (!c->rates)
        words_add(&c->rate, &c->rates, "0.01");
    qsort(c->rate, (size_t)c->rates, sizeof *c->rate, ascending);
}

static void method_cells(const struct grid *g, const char *method, struct cell **cells, int *n)
{
    const struct setting *use[GRID_KEYS];
    int settings = settings_for(g, method, use), choice[GRID_KEYS] = {0}, i;
    bool search = g->tune_last >= g->tune_first;
    for (;;) { /* an odometer over the settings; a searched lr does not turn */
        add_cell(cells, n, g, method, use, settings, choice);
        for (i = settings - 1; i >= 0; i--) {
            int values = search && strcmp(use[i]->key, "lr") == 0 ? 1 : use[i]->values;
            if (++choice[i] < values)
                break;
            choice[i] = 0;
        }
        if (i < 0)
            return;
    }
}

static long count_cells(const struct grid *g, const char *method)
{
    const struct setting *use[GRID_KEYS];
    int settings = settings_for(g, method, use);
    bool search = g->tune_last >= g->tune_first;
    long n = 1;
    for (int i = 0; i < settings && n <= CELLS_MAX; i++)
        n *= search && strcmp(use[i]->key, "lr") == 0 ? 1 : use[i]->values;
    return n;
}

/* A rate that was chosen on a seed and reported on it would look better than it is. */
static void check_seeds(const struct grid *g)
{
    if (g->tune_first <= g->seed_last && g->seed_first <= g->tune_last)
        die(EXIT_USAGE, "[grid %s]: tune_seeds %d..%d and seeds %d..%d overlap: report on seeds that chose no rate",
            g->name, g->tune_first, g->tune_last, g->seed_first, g->seed_last);
}

struct cell *grid_cells(const struct grid *g, int *n)
{
    struct cell *cells = NULL;
    const struct setting *methods = find_setting(g->setting, g->settings, "method", NULL);
    *n = 0;
    for (int i = 0; i < g->settings; i++)
        if (!g->setting[i].values)
            die(EXIT_USAGE, "[grid %s]: %s has no value, so there is nothing to run", g->name, g->setting[i].key);
    check_seeds(g);
    long cells_wanted = 0;
    for (int i = 0; i < methods->values; i++)
        if ((cells_wanted += count_cells(g, methods->value[i])) > CELLS_MAX)
            die(EXIT_USAGE, "[grid %s] expands to more than %d cells: give its keys fewer values", g->name, CELLS_MAX);
    for (int i = 0; i < methods->values; i++)
        method_cells(g, methods->value[i], &cells, n);
    double runs = 0, seeds = (double)g->seed_last - g->seed_first + 1,
           tuning = (double)g->tune_last - g->tune_first + 1;
    for (int i = 0; i < *n; i++)
        runs += seeds + (tuning > 0 ? tuning * cells[i].rates : 0);
    if (runs > RUNS_MAX) {
        cells_free(cells, *n);
        *n = 0;
        die(EXIT_USAGE, "[grid %s] asks for %.0f runs, more than %d: give it fewer values or seeds", g->name, runs,
            RUNS_MAX);
    }
    return cells;
}

void cells_free(struct cell *cells, int n)
{
    for (int i = 0; i < n; i++) {
        words_free(cells[i].assignment, cells[i].assignments);
        words_free(cells[i].rate, cells[i].rates);
    }
    free(cells);
}

char **cell_assignments(const struct cell *c, const char *rate, int seed, int tuning, int *n)
{
    const char *evals = tuning ? c->grid->tune_evals : "";
    char **a = mem_alloc((size_t)(c->assignments + 5) * sizeof *a);
    *n = 0;
    for (int i = 0; i < c->assignments; i++)
        if (!*evals || strncmp(c->assignment[i], "evals=", 6) != 0)
            a[(*n)++] = copy(c->assignment[i]);
    a[(*n)++] = mem_text("lr=%s", rate);
    a[(*n)++] = mem_text("seed=%d", seed);
    if (tuning)
        a[(*n)++] = copy("evaluate=valid");
    if (*evals)
        a[(*n)++] = mem_text("evals=%s", evals);
    return a;
}

void free_assignments(char **a, int n)
{
    words_free(a, n);
}

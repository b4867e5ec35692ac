/* Multiplying grids out into cells, and a cell into the words of its runs. */
#include "experiment/experiment.h"

#include "core/arena.h"
#include "core/die.h"
#include "core/ini.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CELLS_MAX = 100000, RUNS_MAX = 500000 };

const char *cell_get(const struct cell *c, const char *key)
{
    size_t n = strlen(key);
    for (int i = 0; i < c->assignments; i++)
        if (strncmp(c->assignment[i], key, n) == 0 && c->assignment[i][n] == '=')
            return c->assignment[i] + n + 1;
    return "";
}

void task_called(const char *task, const char *member, const char *file, char name[OPTION_TEXT])
{
    const char *end = strrchr(file, '/'), *stem = end ? end + 1 : file;
    if (*member || !*stem) {
        snprintf(name, OPTION_TEXT, "%s", *member ? member : task);
        return;
    }
    if (end && end > file && strncmp(stem, "train.", 6) == 0) { /* the folder says which */
        const char *slash = memrchr(file, '/', (size_t)(end - file));
        stem = slash ? slash + 1 : file;
    } else
        end = stem + 1 + strcspn(stem + 1, ".");
    snprintf(name, OPTION_TEXT, "%.*s", (int)(end - stem), stem);
}

void cell_task(const struct cell *c, char name[OPTION_TEXT])
{
    const char *member = cell_get(c, "member"), *file = cell_get(c, "file");
    task_called(cell_get(c, "task"), *member ? member : cell_get(c, "task.member"),
                *file ? file : cell_get(c, "task.file"), name);
}

static int ascending(const void *a, const void *b)
{
    double x = strtod(*(char *const *)a, NULL), y = strtod(*(char *const *)b, NULL);
    return (x > y) - (x < y);
}

/* The settings that hold for one method, its own, else the general one; for free(). */
static const struct setting **settings_for(const struct grid *g, const char *method, int *n)
{
    const struct setting **use = mem_alloc((size_t)(g->settings + 1) * sizeof *use);
    *n = 0;
    for (int i = 0; i < g->settings; i++) {
        const struct setting *s = &g->setting[i], *own = setting_find(g->setting, g->settings, s->key, method);
        if (strcmp(s->key, "method") == 0 || (s->method && strcmp(s->method, method) != 0) || (!s->method && own))
            continue;
        use[(*n)++] = s;
    }
    return use;
}

static void push_rate(struct cell *c, const char *rate)
{
    PUSH(c->rate, c->rates) = mem_text("%s", rate);
}

/* A rate that is there already, in whatever spelling, would be searched twice. */
static void add_rate(struct cell *c, const char *rate)
{
    for (int i = 0; i < c->rates; i++)
        if (strtod(c->rate[i], NULL) == strtod(rate, NULL))
            return;
    push_rate(c, rate);
}

static void add_cell(struct cell **cells, int *n, const struct grid *g, const char *method,
                     const struct setting *const *use, int settings, const int *choice)
{
    struct cell *c = &PUSH(*cells, *n);
    *c = (struct cell){.grid = g, .assignment = mem_alloc((size_t)(settings + 1) * sizeof(char *))};
    c->assignment[c->assignments++] = mem_text("method=%s", method);
    for (int i = 0; i < settings; i++) {
        int search = strcmp(use[i]->key, "lr") == 0;
        if (!search)
            c->assignment[c->assignments++] = mem_text("%s=%s", use[i]->key, use[i]->value[choice[i]]);
        else if (!grid_tuning_seeds(g)) /* without a search every rate is a cell of its own */
            push_rate(c, use[i]->value[choice[i]]);
        else
            for (int k = 0; k < use[i]->values; k++)
                add_rate(c, use[i]->value[k]);
    }
    if (!c->rates)
        push_rate(c, "0.01");
    qsort(c->rate, (size_t)c->rates, sizeof *c->rate, ascending);
}

static void method_cells(const struct grid *g, const char *method, struct cell **cells, int *n)
{
    int settings, i;
    const struct setting **use = settings_for(g, method, &settings);
    int *choice = mem_alloc((size_t)(settings + 1) * sizeof *choice);
    bool search = grid_tuning_seeds(g) > 0;
    do { /* an odometer over the settings; a searched lr does not turn */
        add_cell(cells, n, g, method, use, settings, choice);
        for (i = settings - 1; i >= 0; i--) {
            int values = search && strcmp(use[i]->key, "lr") == 0 ? 1 : use[i]->values;
            if (++choice[i] < values)
                break;
            choice[i] = 0;
        }
    } while (i >= 0);
    free(choice);
    free(use);
}

static long count_cells(const struct grid *g, const char *method)
{
    int settings;
    const struct setting **use = settings_for(g, method, &settings);
    bool search = grid_tuning_seeds(g) > 0;
    long n = 1;
    for (int i = 0; i < settings && n <= CELLS_MAX; i++)
        n *= search && strcmp(use[i]->key, "lr") == 0 ? 1 : use[i]->values;
    free(use);
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
    const struct setting *methods = setting_find(g->setting, g->settings, "method", NULL);
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
    double runs = 0;
    for (int i = 0; i < *n; i++)
        runs += (double)grid_reported_seeds(g) + (double)grid_tuning_seeds(g) * cells[i].rates;
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
    const char *evals = tuning ? c->grid->tune_evals : "", *epochs = tuning ? c->grid->tune_epochs : "";
    char **a = mem_alloc((size_t)(c->assignments + 6) * sizeof *a);
    *n = 0;
    for (int i = 0; i < c->assignments; i++)
        if (!(*evals && strncmp(c->assignment[i], "evals=", 6) == 0) &&
            !(*epochs && strncmp(c->assignment[i], "epochs=", 7) == 0))
            a[(*n)++] = mem_text("%s", c->assignment[i]);
    a[(*n)++] = mem_text("lr=%s", rate);
    a[(*n)++] = mem_text("seed=%d", seed);
    if (tuning)
        a[(*n)++] = mem_text("evaluate=valid");
    if (*evals)
        a[(*n)++] = mem_text("evals=%s", evals);
    if (*epochs)
        a[(*n)++] = mem_text("epochs=%s", epochs);
    return a;
}

/* Reading experiment files. */
#include "experiment/experiment.h"

#include "core/arena.h"
#include "core/die.h"
#include "core/ini.h"
#include "core/option.h"
#include "data/task.h"
#include "tune/tuning.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *copy(const char *text)
{
    return mem_text("%s", text);
}

struct setting *setting_find(struct setting *s, int n, const char *key, const char *method)
{
    for (int i = 0; i < n; i++)
        if (strcmp(s[i].key, key) == 0 && (!method == !s[i].method) && (!method || strcmp(method, s[i].method) == 0))
            return &s[i];
    return NULL;
}

static void free_setting(struct setting *s)
{
    free(s->key);
    free(s->method);
    free(s->text);
    words_free(s->value, s->values);
}

static void free_settings(struct setting *s, int n)
{
    for (int i = 0; i < n; i++)
        free_setting(&s[i]);
    free(s);
}

static void free_grid(struct grid *g)
{
    free(g->name);
    words_free(g->ladder, g->rungs);
    free_settings(g->setting, g->settings);
}

/* "lr.full = ..." is key lr for method full; "task.k" and "method.k" are keys of their own. */
static struct setting *add_setting(struct setting **list, int *n, const char *name, bool narrowed)
{
    char key[128], *method = NULL;
    snprintf(key, sizeof key, "%s", name);
    char *dot = narrowed ? strrchr(key, '.') : NULL;
    bool prefixed = strncmp(key, "task.", 5) == 0 || strncmp(key, "method.", 7) == 0, cut = strcmp(key, name) != 0;
    if (dot && ((!prefixed && !cut && dot != key) || strchr(key, '.') != dot)) { /* or task.k.lora */
        *dot = '\0';
        method = dot + 1;
    }
    struct setting *s = &PUSH(*list, *n);
    *s = (struct setting){.key = copy(key), .method = method ? copy(method) : NULL};
    return s;
}

static void split(struct setting *s, const struct ini_line *l)
{
    s->text = ini_text(l->value);
    if (!words_add(&s->value, &s->values, l->value))
        ini_refuse(l, "%s = %.80s: a quote is not closed", l->name, l->value);
    words_once(s->value, &s->values); /* else its runs would be counted twice */
}

struct reading {
    struct experiment *e;
    struct grid *grid, defaults;
    struct display *display;
    bool report;
};

static void seeds(const struct ini_line *l, int *first, int *last)
{
    if (!option_range(l->value, first, last))
        ini_refuse(l, "%s=%s is neither a seed nor a range such as 0..4", l->name, l->value);
}

/* A rung is tried only when the search has run, so it is looked at now. */
static void rungs(struct grid *g, const struct ini_line *l)
{
    if (!words_add(&g->ladder, &g->rungs, l->value))
        ini_refuse(l, "%s = %.80s: a quote is not closed", l->name, l->value);
    for (int i = 0; i < g->rungs; i++) {
        char *end;
        double rate = strtod(g->ladder[i], &end);
        if (*end || !isfinite(rate) || rate <= 0)
            ini_refuse(l, "ladder: \"%.40s\" is not a positive number", g->ladder[i]);
    }
}

/* The display of that name, a new one unless [report] or a section has named it already. */
static struct display *find_display(struct experiment *e, const char *name, bool figure)
{
    for (int i = 0; i < e->displays; i++)
        if (e->display[i].is_figure == figure && strcmp(e->display[i].name, name) == 0)
            return &e->display[i];
    struct display *d = &PUSH(e->display, e->displays);
    *d = (struct display){.name = copy(name), .kind = copy(name), .is_figure = figure};
    return d;
}

static void open_section(struct reading *r, const struct ini_line *l)
{
    struct experiment *e = r->e;
    char name[96];
    r->grid = NULL, r->display = NULL, r->report = false;
    if (strcmp(l->section, "experiment") == 0)
        return;
    if (strcmp(l->section, "defaults") == 0)
        r->grid = &r->defaults;
    else if (strcmp(l->section, "report") == 0)
        r->report = true;
    else if (sscanf(l->section, "grid %95[^\n]", name) == 1) {
        r->grid = &PUSH(e->grid, e->grids);
        *r->grid = (struct grid){.name = copy(name), .tune_last = -1, .seed_last = -1};
    } else if (sscanf(l->section, "table %95[^\n]", name) == 1 || sscanf(l->section, "figure %95[^\n]", name) == 1)
        r->display = find_display(e, name, l->section[0] == 'f');
    else
        ini_refuse(l,
                   "section [%s] is none of [experiment], [defaults], [grid NAME], [report], [table NAME], "
                   "[figure NAME]",
                   l->section);
}

static void grid_line(struct grid *g, const struct ini_line *l)
{
    if (strcmp(l->name, "tune_seeds") == 0) {
        g->no_search = strcmp(l->value, "none") == 0;
        if (!g->no_search)
            seeds(l, &g->tune_first, &g->tune_last);
        else
            g->tune_first = 0, g->tune_last = -1;
    } else if (strcmp(l->name, "seeds") == 0)
        seeds(l, &g->seed_first, &g->seed_last);
    else if (strcmp(l->name, "tune_evals") == 0)
        snprintf(g->tune_evals, sizeof g->tune_evals, "%s", l->value);
    else if (strcmp(l->name, "tune_epochs") == 0)
        snprintf(g->tune_epochs, sizeof g->tune_epochs, "%s", l->value);
    else if (strcmp(l->name, "choose") == 0) {
        if (strcmp(l->value, "each") != 0 && strcmp(l->value, "common") != 0)
            ini_refuse(l, "choose=%s is neither each nor common", l->value);
        snprintf(g->choose, sizeof g->choose, "%s", l->value);
    } else if (strcmp(l->name, "ladder") == 0)
        rungs(g, l);
    else {
        struct setting *s = add_setting(&g->setting, &g->settings, l->name, true);
        if (strcmp(s->key, "seed") == 0 || strcmp(s->key, "seeds") == 0 || strcmp(s->key, "tune_seeds") == 0)
            ini_refuse(
                l,
                "%s: all methods of a grid have the same seeds: seeds = 100..104, and tune_seeds = 0..1 for a search",
                l->name);
        if (s->method)
            method_find(s->method); /* refuses what is none, whose line would do nothing */
        split(s, l);
    }
}

/* tables = score seeds: one of each kind, unless a section of that name says another. */
static void report_line(struct experiment *e, const struct ini_line *l)
{
    const bool figures = strcmp(l->name, "figures") == 0;
    struct setting list = {0};
    if (!figures && strcmp(l->name, "tables") != 0)
        ini_refuse(l, "[report] has no key \"%s\" (tables, figures)", l->name);
    split(&list, l);
    for (int i = 0; i < list.values; i++)
        find_display(e, list.value[i], figures);
    free_setting(&list);
}

static void on_line(const struct ini_line *l, void *data)
{
    static const struct ini_field texts[] = {
        INI_TEXT(experiment, title), INI_TEXT(experiment, question), INI_TEXT(experiment, claim), {0}};
    struct reading *r = data;
    if (!l->name)
        open_section(r, l);
    else if (r->grid)
        grid_line(r->grid, l);
    else if (r->report)
        report_line(r->e, l);
    else if (strcmp(l->section, "experiment") == 0 && strcmp(l->name, "margin") == 0) {
        char *end;
        r->e->margin = strtod(l->value, &end) / 100;
        if (*end || end == l->value || !(r->e->margin > 0 && r->e->margin < 1))
            ini_refuse(l, "margin = %s is not a number of points between 0 and 100", l->value);
    } else if (r->display && strcmp(l->name, "kind") == 0) {
        free(r->display->kind);
        r->display->kind = ini_text(l->value);
    } else if (r->display)
        split(add_setting(&r->display->setting, &r->display->settings, l->name, false), l);
    else if (!*l->section || !ini_field(texts, r->e, l))
        ini_refuse(l, "[%s] has no key \"%s\"", *l->section ? l->section : "no section", l->name);
}

static void check_grid(const struct experiment *e, const struct grid *g)
{
    static const char *const needed[] = {"method", "task"};
    for (int i = 0; i < 2; i++)
        if (!setting_find(g->setting, g->settings, needed[i], NULL))
            die(EXIT_USAGE, "%s: [grid %s] names no %s", e->path, g->name, needed[i]);
    if (g->seed_last < g->seed_first)
        die(EXIT_USAGE, "%s: [grid %s] has no seeds", e->path, g->name);
    const char *of_search = *g->tune_evals    ? "tune_evals"
                            : *g->tune_epochs ? "tune_epochs"
                            : *g->choose      ? "choose"
                                              : NULL;
    if (of_search && !grid_tuning_seeds(g))
        die(EXIT_USAGE, "%s: [grid %s] has %s but no tune_seeds: it searches nothing", e->path, g->name, of_search);
}

static char **copy_words(char *const *word, int n)
{
    char **all = n ? mem_alloc((size_t)n * sizeof *all) : NULL;
    for (int i = 0; i < n; i++)
        all[i] = copy(word[i]);
    return all;
}

/* A grid's own key wins, and for every method where it is not narrowed to one. Defaults come first, as if they stood at
 * the head of the grid. */
static void add_defaults(struct grid *g, const struct grid *d)
{
    struct setting *own = g->setting;
    const int n = g->settings;
    g->setting = NULL, g->settings = 0;
    for (int i = 0; i < d->settings; i++) {
        const struct setting *s = &d->setting[i];
        if (setting_find(own, n, s->key, NULL) || (s->method && setting_find(own, n, s->key, s->method)))
            continue;
        PUSH(g->setting, g->settings) = (struct setting){.key = copy(s->key),
                                                         .method = s->method ? copy(s->method) : NULL,
                                                         .text = copy(s->text),
                                                         .value = copy_words(s->value, s->values),
                                                         .values = s->values};
    }
    g->setting = mem_grow(g->setting, (size_t)(g->settings + n + 1) * sizeof *g->setting);
    for (int i = 0; i < n; i++)
        g->setting[g->settings++] = own[i];
    free(own);
    if (g->seed_last < g->seed_first)
        g->seed_first = d->seed_first, g->seed_last = d->seed_last;
    if (g->tune_last < g->tune_first && !g->no_search)
        g->tune_first = d->tune_first, g->tune_last = d->tune_last;
    if (!grid_tuning_seeds(g)) /* nothing of a search */
        return;
    if (!*g->tune_evals)
        memcpy(g->tune_evals, d->tune_evals, sizeof g->tune_evals);
    if (!*g->tune_epochs)
        memcpy(g->tune_epochs, d->tune_epochs, sizeof g->tune_epochs);
    if (!*g->choose)
        memcpy(g->choose, d->choose, sizeof g->choose);
    if (!g->rungs)
        g->ladder = copy_words(d->ladder, d->rungs), g->rungs = d->rungs;
}

long grid_tuning_seeds(const struct grid *g)
{
    return g->tune_last < g->tune_first ? 0 : (long)g->tune_last - g->tune_first + 1;
}

long grid_reported_seeds(const struct grid *g)
{
    return (long)g->seed_last - g->seed_first + 1;
}

void experiment_read(struct experiment *e, const char *path)
{
    struct reading r = {.e = e, .defaults = {.tune_last = -1, .seed_last = -1}};
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    *e = (struct experiment){.path = copy(path), .margin = 0.01};
    e->id = mem_text("%.*s", (int)strcspn(name, "."), name);
    if (e->id[strspn(e->id, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_ ")])
        die(EXIT_USAGE,
            "%s: an experiment's file name is made of English letters, digits, blanks, - and _, as its tables are",
            path);
    ini_read(path, on_line, &r);
    if (!e->grids)
        die(EXIT_USAGE, "%s: has no [grid NAME]: there is nothing to run", path);
    for (int i = 0; i < e->grids; i++)
        add_defaults(&e->grid[i], &r.defaults);
    free_grid(&r.defaults);
    for (int i = 0; i < e->grids; i++)
        check_grid(e, &e->grid[i]);
}

/* Whether a key is a path or a column, in which a blank is a blank: the base, or a text of a task. */
static bool one_text(const char *key)
{
    const char *name = strncmp(key, "task.", 5) == 0 ? key + 5 : key;
    const struct option *o = option_find(task_common_options, name);
    for (int i = 0; i < task_registry_size && !o; i++)
        o = option_find(task_registry[i]->options, name);
    return strcmp(key, "base") == 0 || (o && o->type == OPT_TEXT);
}

const char *grid_hint(const struct grid *g, const char *error)
{
    for (int i = 0; i < g->settings; i++) {
        const struct setting *s = &g->setting[i];
        for (int k = 0; s->values > 1 && one_text(s->key) && k < s->values; k++)
            if (strstr(error, s->value[k]))
                return "; a value with blanks stands in quotes";
    }
    return "";
}

void experiment_set(struct experiment *e, const char *assignment)
{
    const char *value = strchr(assignment, '=');
    if (!value || value == assignment)
        die(EXIT_USAGE, "\"%.60s\" is not of the form key=value", assignment);
    char *name = mem_text("%.*s", (int)(value - assignment), assignment);
    const struct ini_line l = {"the command line", 1, "", name, value + 1};
    for (int i = 0; i < e->grids; i++) {
        struct grid *g = &e->grid[i];
        struct setting *asked = NULL; /* the key as it is read: "lr.full" is lr for full */
        int n = 0, kept = 0;
        add_setting(&asked, &n, name, true);
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
        if (one_text(name) && value[1] && value[1] != '"' && value[1] != '\'') {
            struct setting *s = add_setting(&g->setting, &g->settings, name, true);
            s->text = copy(value + 1);
            s->value = copy_words(&s->text, 1), s->values = 1;
        } else
            grid_line(g, &l);
        free_settings(asked, n);
    }
    free(name);
}

void experiment_keep(struct experiment *e, const char *list)
{
    int kept = 0;
    char *words = copy(list), *rest = words;
    for (const char *name; (name = strsep(&rest, ","));) {
        int i = 0;
        while (i < e->grids && strcmp(e->grid[i].name, name) != 0)
            i++;
        if (i == e->grids)
            die(EXIT_USAGE, "%s has no [grid %.40s]", e->path, name);
        if (i < kept)
            die(EXIT_USAGE, "[grid %.40s] is named twice", name);
        struct grid wanted = e->grid[i];
        memmove(e->grid + kept + 1, e->grid + kept, (size_t)(i - kept) * sizeof *e->grid);
        e->grid[kept++] = wanted;
    }
    for (int i = kept; i < e->grids; i++)
        free_grid(&e->grid[i]);
    e->grids = kept;
    free(words);
}

void experiment_free(struct experiment *e)
{
    for (int i = 0; i < e->grids; i++)
        free_grid(&e->grid[i]);
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
    struct setting *s = setting_find(d->setting, d->settings, key, NULL);
    return s && *s->text ? s->text : def;
}

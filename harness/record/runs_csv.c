/* Writing and reading runs.csv by the list of facts. */
#include "record/runs_csv.h"

#include "core/arena.h"
#include "core/csv.h"
#include "core/die.h"
#include "core/option.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- Writing --------------------------------------------------------------------------------------------------- */

static bool listed(int i)
{
    return i != FACT_key && (fact_list[i].use & IN_LIST);
}

void runs_csv_head(FILE *out)
{
    fputs("key,experiment,stage", out);
    for (int i = 0; i < FACTS_SIZE; i++)
        if (listed(i))
            fprintf(out, ",%s", fact_list[i].name);
    fputs(",spec\n", out);
}

/* The lines of a configuration in one: ";" ends a line, and one that stands in a value is written "\\;". */
static void put_config(FILE *out, const char *config)
{
    char *text = mem_alloc(2 * strlen(config) + 1), *to = text;
    for (const char *c = config; *c; c++) {
        if (*c == ';' || *c == '\\')
            *to++ = '\\';
        *to++ = *c == '\n' ? ';' : *c;
    }
    csv_put(out, text);
    free(text);
}

/* A whole number in its digits, another in the fewest that read back. */
static void put_number(FILE *out, double v)
{
    char text[OPTION_TEXT] = "";
    if (isfinite(v) && v == floor(v) && fabs(v) < 1e15)
        snprintf(text, sizeof text, "%.0f", v);
    else if (isfinite(v))
        option_real_text(v, text, sizeof text);
    fputs(text, out);
}

void runs_csv_row(FILE *out, const struct facts *f, const char *experiment, const char *stage, const char *config)
{
    fprintf(out, "%s,", f->key);
    csv_put(out, experiment);
    fprintf(out, ",%s", stage);
    for (int i = 0; i < FACTS_SIZE; i++) {
        const struct fact *t = &fact_list[i];
        if (!listed(i))
            continue;
        fputc(',', out);
        if (t->room)
            csv_put(out, (const char *)f + t->at);
        else if (!(t->use & OF_SUCCESS) || facts_success(f))
            put_number(out, facts_number(f, (enum fact_id)i));
    }
    fputc(',', out);
    put_config(out, config);
    fputc('\n', out);
}

/* ---- Reading --------------------------------------------------------------------------------------------------- */

/* A list being read: where its columns are, -1 where it has none. */
struct reading {
    struct runs_list *list;
    struct csv_reader *csv;
    int columns, column[FACTS_SIZE], spec;
};

static int column_of(const struct csv_row *head, const char *name)
{
    for (int i = 0; i < head->n; i++)
        if (strcmp(head->field[i], name) == 0)
            return i;
    return -1;
}

static void read_head(struct reading *g, const struct csv_row *head)
{
    static const enum fact_id needed[] = {FACT_key, FACT_curve_hash, FACT_weights_hash};
    for (int i = 0; i < FACTS_SIZE; i++)
        g->column[i] = fact_list[i].use & IN_LIST ? column_of(head, fact_list[i].name) : -1;
    g->spec = column_of(head, "spec");
    g->columns = head->n;
    for (size_t i = 0; i < sizeof needed / sizeof *needed; i++)
        if (g->column[needed[i]] < 0)
            die(EXIT_DATA, "%s: has no column %s", g->list->path, fact_list[needed[i]].name);
    if (g->spec < 0)
        die(EXIT_DATA, "%s: has no column spec", g->list->path);
}

static bool is_status(const char *text)
{
    for (int i = RUN_OK; i <= RUN_FAILED; i++)
        if (strcmp(text, run_status_names[i]) == 0)
            return true;
    return false;
}

/* A run that did not come to its end has no weights to hash; elsewhere an empty hash would fit every run. */
static bool has_hash(const struct facts *f, enum fact_id id)
{
    return id != FACT_weights_hash || (strcmp(f->status, run_status_names[RUN_DIVERGED]) != 0 &&
                                       strcmp(f->status, run_status_names[RUN_FAILED]) != 0);
}

/* The facts before it are read: of a hash, the status. */
static void read_text(const struct reading *g, long line, struct facts *f, enum fact_id id, const char *text)
{
    const struct fact *t = &fact_list[id];
    if ((t->use & A_HASH) && !hash_is(text) && (*text || has_hash(f, id)))
        die(EXIT_DATA, "%s:%ld: %s is \"%.80s\", not a SHA-256", g->list->path, line, t->name, text);
    if (id == FACT_status && !is_status(text))
        die(EXIT_DATA, "%s:%ld: status is \"%.40s\", not ok, diverged or failed", g->list->path, line, text);
    snprintf((char *)f + t->at, t->room, "%s", text);
}

/* An empty cell is what was not measured. */
static double read_number(const struct reading *g, long line, const struct fact *t, const char *text)
{
    char *end;
    double v = strtod(text, &end);
    if (!*text)
        return NAN;
    if (*end || !isfinite(v))
        die(EXIT_DATA, "%s:%ld: %s is \"%.40s\", not a number", g->list->path, line, t->name, text);
    if ((t->use & AT_MOST_ONE) && v > 1 + 1e-9)
        die(EXIT_DATA, "%s:%ld: %s is %g; scores are at most 1", g->list->path, line, t->name, v);
    return v;
}

static char *read_config(const char *spec)
{
    char *text = mem_text("%s", spec), *to = text;
    for (const char *c = text; *c; c++)
        if (*c == '\\' && (c[1] == ';' || c[1] == '\\'))
            *to++ = *++c;
        else
            *to++ = *c == ';' ? '\n' : *c;
    *to = '\0';
    return text;
}

static void read_row(struct reading *g, const struct csv_row *row)
{
    struct runs_list *l = g->list;
    if (row->n != g->columns)
        die(EXIT_DATA, "%s:%ld: %d fields, the first line has %d: was the list cut off?", l->path, row->line, row->n,
            g->columns);
    if (row->open)
        die(EXIT_DATA, "%s:%ld: the last line has no end: was the list cut off?", l->path, row->line);
    if ((l->n & (l->n - 1)) == 0) /* a power of two: double */
        l->row = mem_grow(l->row, (size_t)(l->n ? 2 * l->n : 1) * sizeof *l->row);
    struct runs_row *to = &l->row[l->n++];
    *to = (struct runs_row){.line = row->line, .config = read_config(row->field[g->spec])};
    facts_clear(&to->facts);
    for (int i = 0; i < FACTS_SIZE; i++) {
        if (g->column[i] < 0)
            continue;
        const char *text = row->field[g->column[i]];
        if (fact_list[i].room)
            read_text(g, row->line, &to->facts, (enum fact_id)i, text);
        else
            *(double *)(void *)((char *)&to->facts + fact_list[i].at) = read_number(g, row->line, &fact_list[i], text);
    }
    to->facts.listed = 1;
    facts_name(&to->facts);
    config_hash(to->config, true, to->facts.cell);
    config_hash(to->config, false, to->facts.config);
}

void runs_list_read(struct runs_list *l, const char *path)
{
    struct reading g = {.list = l, .csv = csv_open(path, FORMAT_CSV)};
    struct csv_row row;
    DEFER(csv_close, g.csv);
    struct guard guard;
    *l = (struct runs_list){.path = mem_text("%s", path)};
    GUARD(&guard, runs_list_free, l);
    if (!csv_next(g.csv, &row))
        die(EXIT_DATA, "%s: is empty", path);
    read_head(&g, &row);
    while (csv_next(g.csv, &row))
        if (row.n)
            read_row(&g, &row);
    guard_end(&guard);
}

void runs_list_free(struct runs_list *l)
{
    for (int i = 0; i < l->n; i++)
        free(l->row[i].config);
    free(l->row);
    free(l->path);
    *l = (struct runs_list){0};
}

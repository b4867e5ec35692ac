/* Reading claims, and the rules that decide them. */
#include "analysis/claims.h"

#include "core/arena.h"
#include "core/die.h"
#include "core/hash.h"
#include "core/ini.h"
#include "model/site.h"
#include "stats/contrast.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const claim_kind_names[CLAIM_KINDS] = {"difference", "r",          "slope", "steps",
                                                          "later_rank", "parameters", "table"};
const char *const claim_rule_names[RULES] = {"above", "below", "within", "between"};
const char *const claim_verdict_names[3] = {"undecided", "confirmed", "refuted"};

struct reading {
    struct claims *claims;
    bool kind, rule, tasks; /* of the section that is open; tasks: it is [tasks] */
};

static char *copy(const char *text)
{
    return mem_text("%s", text);
}

static int index_of(const char *const *names, int n, const char *name)
{
    for (int i = 0; i < n; i++)
        if (strcmp(names[i], name) == 0)
            return i;
    return -1;
}

static void check(const struct reading *r)
{
    const struct claims *all = r->claims;
    if (!all->n)
        return;
    const struct claim *c = &all->claim[all->n - 1];
    bool coupled = c->kind == CLAIM_R || c->kind == CLAIM_SLOPE;
    const char *lacks = !r->kind    ? "kind"
                        : !c->a     ? "a"
                        : !r->rule  ? "rule (above, below, within or between)"
                        : !c->claim ? "claim"
                        : (c->kind == CLAIM_DIFFERENCE || c->kind == CLAIM_STEPS) && !c->b ? "b"
                        : c->kind == CLAIM_PARAMETERS && (!c->b || !c->shape)              ? "b or shape"
                        : c->kind == CLAIM_TABLE && (!c->table || !c->column)              ? "table or column"
                        : c->kind != CLAIM_PARAMETERS && !c->experiments                   ? "experiment"
                                                                                           : NULL;
    if (lacks)
        die(EXIT_USAGE, "%s:%d: [claim %s] has no %s", all->path, c->line, c->name, lacks);
    if (c->to && (!coupled || !c->b))
        die(EXIT_USAGE, "%s:%d: [claim %s] has `to`, which belongs to r and slope of a and b", all->path, c->line,
            c->name);
}

static double number(const struct ini_line *l, const char *text, char **end)
{
    double v = strtod(text, end);
    if (*end == text || !isfinite(v))
        ini_refuse(l, "%s = %s is not a number", l->name, text);
    return v;
}

static void set_rule(struct reading *r, struct claim *c, int rule, const struct ini_line *l)
{
    char *end;
    if (r->rule)
        ini_refuse(l, "[claim %s] has two rules", c->name);
    r->rule = true;
    c->rule = (enum claim_rule)rule;
    c->limit = number(l, l->value, &end);
    if (c->rule == RULE_BETWEEN)
        c->high = number(l, end, &end);
    if (end[strspn(end, " \t")])
        ini_refuse(l, "%s = %s holds more than its numbers", l->name, l->value);
}

/* A whole number from `least` to 2e9; `what` says what it counts. */
static int count_of(const struct ini_line *l, int least, const char *what)
{
    char *end;
    double v = number(l, l->value, &end);
    if (!(v >= least && v <= 2e9 && v == floor(v)) || end[strspn(end, " \t")])
        ini_refuse(l, "%s = %s is not a number of %s from %d to 2000000000", l->name, l->value, what, least);
    return (int)v;
}

static void open_section(struct reading *r, const struct ini_line *l)
{
    struct claims *all = r->claims;
    char name[96];
    if (!r->tasks)
        check(r);
    r->tasks = strcmp(l->section, "tasks") == 0;
    if (r->tasks)
        return;
    if (sscanf(l->section, "claim %95[^\n]", name) != 1)
        ini_refuse(l, "section [%s] is neither [claim NAME] nor [tasks]", l->section);
    r->kind = r->rule = false;
    PUSH(all->claim, all->n) = (struct claim){.name = copy(name), .least = INTERVAL_LEAST, .line = l->line};
}

static void task_line(struct claims *all, const struct ini_line *l)
{
    if (!hash_is(l->value))
        ini_refuse(l, "%s = %s is not the hash of a task's data", l->name, l->value);
    PUSH(all->task, all->tasks) = (struct claim_task){copy(l->name), copy(l->value)};
}

static void claim_line(struct reading *r, struct claim *c, const struct ini_line *l)
{
    static const struct ini_field fields[] = {INI_TEXT(claim, claim),
                                              INI_TEXT(claim, whose),
                                              INI_TEXT(claim, a),
                                              INI_TEXT(claim, b),
                                              INI_TEXT(claim, to),
                                              INI_TEXT(claim, matrix),
                                              INI_TEXT(claim, shape),
                                              INI_TEXT(claim, own),
                                              INI_TEXT(claim, table),
                                              INI_TEXT(claim, column),
                                              INI_WORDS(claim, "experiment", experiment, experiments),
                                              INI_WORDS(claim, "grids", grid, grids),
                                              INI_WORDS(claim, "tasks", task, tasks),
                                              {0}};
    const int rule = index_of(claim_rule_names, RULES, l->name);
    if (strcmp(l->name, "matrix") == 0 && index_of(target_names, TARGETS, l->value) < 0)
        ini_refuse(l, "matrix = %s is none of q, k, v, o, up, down", l->value);
    if (rule >= 0)
        set_rule(r, c, rule, l);
    else if (strcmp(l->name, "budget") == 0)
        c->budget = count_of(l, 0, "parameters");
    else if (strcmp(l->name, "budget_b") == 0)
        c->budget_b = count_of(l, 0, "parameters");
    else if (strcmp(l->name, "over") == 0) {
        c->like = strcmp(l->value, "like") == 0;
        if (!c->like && strcmp(l->value, "these") != 0)
            ini_refuse(l, "over = %s is neither these nor like", l->value);
    } else if (strcmp(l->name, "n") == 0)
        c->least = count_of(l, INTERVAL_LEAST, "seeds");
    else if (strcmp(l->name, "kind") == 0) {
        int kind = index_of(claim_kind_names, CLAIM_KINDS, l->value);
        if (kind < 0)
            ini_refuse(l, "kind = %s is none of difference, r, slope, steps, later_rank, parameters, table", l->value);
        c->kind = (enum claim_kind)kind;
        r->kind = true;
    } else if (!ini_field(fields, c, l))
        ini_refuse(l, "a claim has no key \"%s\"", l->name);
}

static void on_line(const struct ini_line *l, void *data)
{
    struct reading *r = data;
    if (!l->name)
        open_section(r, l);
    else if (r->tasks)
        task_line(r->claims, l);
    else if (!r->claims->n)
        ini_refuse(l, "%s stands before the first [claim NAME]", l->name);
    else
        claim_line(r, &r->claims->claim[r->claims->n - 1], l);
}

/* What another claim calls its own must be there. */
static void check_owned(const struct claims *c)
{
    for (int i = 0; i < c->n; i++)
        if (c->claim[i].own && !claims_find(c, c->claim[i].own))
            die(EXIT_USAGE, "%s:%d: [claim %s]: own = %s is no claim", c->path, c->claim[i].line, c->claim[i].name,
                c->claim[i].own);
}

const struct claim *claims_find(const struct claims *c, const char *name)
{
    for (int i = 0; i < c->n; i++)
        if (strcmp(c->claim[i].name, name) == 0)
            return &c->claim[i];
    return NULL;
}

bool claims_owned(const struct claims *c, const struct claim *one)
{
    for (int i = 0; i < c->n; i++)
        if (c->claim[i].own && strcmp(c->claim[i].own, one->name) == 0)
            return true;
    return false;
}

void claims_read(struct claims *c, const char *path)
{
    struct reading r = {.claims = c};
    *c = (struct claims){.path = copy(path)};
    ini_read(path, on_line, &r);
    if (!r.tasks)
        check(&r);
    check_owned(c);
}

void claims_free(struct claims *c)
{
    for (int i = 0; i < c->n; i++) {
        struct claim *k = &c->claim[i];
        char *texts[] = {k->name,   k->claim, k->whose, k->a,     k->b,     k->to,
                         k->matrix, k->shape, k->own,   k->table, k->column};
        for (size_t t = 0; t < sizeof texts / sizeof *texts; t++)
            free(texts[t]);
        words_free(k->experiment, k->experiments);
        words_free(k->grid, k->grids);
        words_free(k->task, k->tasks);
    }
    for (int i = 0; i < c->tasks; i++) {
        free(c->task[i].name);
        free(c->task[i].hash);
    }
    free(c->task);
    free(c->claim);
    free(c->path);
    *c = (struct claims){0};
}

bool claim_of(const struct claim *c, const char *id)
{
    for (int i = 0; i < c->experiments; i++)
        if (strcmp(c->experiment[i], id) == 0)
            return true;
    return !c->experiments && c->kind == CLAIM_PARAMETERS;
}

bool claims_know(const struct claims *c, const char *name, const char *hash)
{
    for (int i = 0; i < c->tasks; i++)
        if (strcmp(c->task[i].name, name) == 0)
            return strcmp(c->task[i].hash, hash) == 0;
    return true;
}

enum claim_verdict claim_decide(const struct claim *c, double low, double high)
{
    bool yes = false, no = false;
    if (isnan(low) || isnan(high))
        return VERDICT_UNDECIDED;
    switch (c->rule) {
    case RULE_ABOVE:
        yes = low > c->limit, no = high < c->limit;
        break;
    case RULE_BELOW:
        yes = high<c->limit, no = low> c->limit;
        break;
    case RULE_WITHIN:
        yes = low > -c->limit && high<c->limit, no = low> c->limit || high < -c->limit;
        break;
    case RULE_BETWEEN:
        yes = low >= c->limit && high <= c->high, no = high < c->limit || low > c->high;
        break;
    case RULES:
        break;
    }
    return yes ? VERDICT_CONFIRMED : no ? VERDICT_REFUTED : VERDICT_UNDECIDED;
}

/* Reading claims, and the rules that decide them. */
#include "analysis/claims.h"

#include "core/arena.h"
#include "core/die.h"
#include "core/hash.h"
#include "core/ini.h"

#include <assert.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const claim_kind_names[CLAIM_KINDS] = {"difference", "r", "slope", "steps", "later_rank", "parameters"};
const char *const claim_rule_names[RULES] = {"above", "below", "within", "between"};
const char *const claim_verdict_names[3] = {"undecided", "confirmed", "refuted"};

enum { SEEDS_LEAST = 2 }; /* one value has no interval */

struct reading {
    struct claims *claims;
    char section[128];
    bool kind, rule;
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
                        : c->kind != CLAIM_PARAMETERS && !c->experiments                   ? "experiment"
                                                                                           : NULL;
    if (lacks)
        die(EXIT_USAGE, "%s:%d: [claim %s] has no %s", all->path, c->line, c->name, lacks);
    if (c->to && (!coupled || !c->b))
        die(EXIT_USAGE, "%s:%d: [claim %s] has `to`, which belongs to r and slope of a and b", all->path, c->line,
            c->name);
}

static double number(const struct reading *r, const char *name, const char *text, char **end, int line)
{
    double v = strtod(text, end);
    if (*end == text || !isfinite(v))
        die(EXIT_USAGE, "%s:%d: %s = %s is not a number", r->claims->path, line, name, text);
    return v;
}

static void set_rule(struct reading *r, struct claim *c, int rule, const char *name, const char *value, int line)
{
    char *end;
    if (r->rule)
        die(EXIT_USAGE, "%s:%d: [claim %s] has two rules", r->claims->path, line, c->name);
    r->rule = true;
    c->rule = (enum claim_rule)rule;
    c->limit = number(r, name, value, &end, line);
    if (c->rule == RULE_BETWEEN)
        c->high = number(r, name, end, &end, line);
    if (end[strspn(end, " \t")])
        die(EXIT_USAGE, "%s:%d: %s = %s holds more than its numbers", r->claims->path, line, name, value);
}

/* The text fields of a claim, by key. */
static char **text_field(struct claim *c, const char *name)
{
    const struct {
        const char *name;
        char **field;
    } fields[] = {{"claim", &c->claim}, {"whose", &c->whose},   {"a", &c->a},        {"to", &c->to},
                  {"b", &c->b},         {"matrix", &c->matrix}, {"shape", &c->shape}};
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        if (strcmp(name, fields[i].name) == 0)
            return fields[i].field;
    return NULL;
}

/* A whole number from `least` to 2e9; `what` says what it counts. */
static int count_of(const struct reading *r, const char *name, const char *value, int least, const char *what, int line)
{
    char *end;
    double v = number(r, name, value, &end, line);
    if (!(v >= least && v <= 2e9 && v == floor(v)) || end[strspn(end, " \t")])
        die(EXIT_USAGE, "%s:%d: %s = %s is not a number of %s from %d to 2000000000", r->claims->path, line, name,
            value, what, least);
    return (int)v;
}

static void on_line(const char *section, const char *name, const char *value, int line, void *data)
{
    struct reading *r = data;
    char claim_name[96];
    if (strcmp(section, "tasks") == 0) {
        struct claims *all = r->claims;
        if (strlen(value) != HASH_HEX - 1 || strspn(value, "0123456789abcdef") != HASH_HEX - 1)
            die(EXIT_USAGE, "%s:%d: %s = %s is not the hash of a task's data", all->path, line, name, value);
        all->task = mem_grow(all->task, (size_t)(all->tasks + 1) * sizeof *all->task);
        all->task[all->tasks++] = (struct claim_task){copy(name), copy(value)};
        return;
    }
    if (!r->claims->n || strcmp(section, r->section) != 0) { /* lines before the first section are in "" */
        check(r);
        if (sscanf(section, "claim %95[^\n]", claim_name) != 1)
            die(EXIT_USAGE, "%s:%d: section [%s] is neither [claim NAME] nor [tasks]", r->claims->path, line, section);
        snprintf(r->section, sizeof r->section, "%s", section);
        r->kind = r->rule = false;
        r->claims->claim = mem_grow(r->claims->claim, (size_t)(r->claims->n + 1) * sizeof *r->claims->claim);
        r->claims->claim[r->claims->n++] = (struct claim){.name = copy(claim_name), .least = SEEDS_LEAST, .line = line};
    }
    struct claim *c = &r->claims->claim[r->claims->n - 1];
    assert(c);
    char **text = text_field(c, name);
    int rule = index_of(claim_rule_names, RULES, name);
    if (text) {
        char *joined = *text ? mem_text("%s %s", *text, value) : copy(value);
        free(*text);
        *text = joined;
    } else if (rule >= 0)
        set_rule(r, c, rule, name, value, line);
    else if (strcmp(name, "experiment") == 0)
        words_add(&c->experiment, &c->experiments, value);
    else if (strcmp(name, "grids") == 0)
        words_add(&c->grid, &c->grids, value);
    else if (strcmp(name, "tasks") == 0)
        words_add(&c->task, &c->tasks, value);
    else if (strcmp(name, "budget") == 0)
        c->budget = count_of(r, name, value, 0, "parameters", line);
    else if (strcmp(name, "n") == 0)
        c->least = count_of(r, name, value, SEEDS_LEAST, "seeds", line);
    else if (strcmp(name, "kind") == 0) {
        int kind = index_of(claim_kind_names, CLAIM_KINDS, value);
        if (kind < 0)
            die(EXIT_USAGE, "%s:%d: kind = %s is none of difference, r, slope, steps, later_rank, parameters",
                r->claims->path, line, value);
        c->kind = (enum claim_kind)kind;
        r->kind = true;
    } else
        die(EXIT_USAGE, "%s:%d: a claim has no key \"%s\"", r->claims->path, line, name);
}

void claims_read(struct claims *c, const char *path)
{
    struct reading r = {.claims = c};
    *c = (struct claims){.path = copy(path)};
    ini_read(path, on_line, &r);
    check(&r);
}

void claims_free(struct claims *c)
{
    for (int i = 0; i < c->n; i++) {
        struct claim *k = &c->claim[i];
        char *texts[] = {k->name, k->claim, k->whose, k->a, k->b, k->to, k->matrix, k->shape};
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

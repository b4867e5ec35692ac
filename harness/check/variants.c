/* The variants of a method that change its mathematics, each put before all laws. */
#include "check/variants.h"

#include "check/tiny.h"
#include "core/arena.h"
#include "core/die.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct battery {
    const struct method *method;
    struct adapter common;
    void *opts;
    struct laws *worst;
    int tried, refused, broken;
    FILE *out;
};

/* Does the method take these options? If not, `why` says what it says. */
static bool accepts(struct battery *b, int extra, char *why, size_t size)
{
    struct tiny probe;
    struct trap t;
    bool accepted = !trap_set(&t);
    if (accepted) {
        tiny_open(&probe, b->method, b->opts, &b->common, extra, 1);
        tiny_begin(&probe, 0);
        trap_end(&t);
    }
    tiny_close(&probe);
    snprintf(why, size, "%s", t.text);
    return accepted;
}

/* Leaves a rank that the method takes with these options, if there is one: the present one, else 3, of which 24 is a
 * multiple and 16 is not, else the first taken (blocks may ask for even ranks). If not, `why` is what it said of the
 * present one. */
static bool settle_rank(struct battery *b, int extra, char *why, size_t size)
{
    static const int ranks[] = {3, 4, 2, 8};
    const int rank = b->common.rank;
    char other[512];
    if (accepts(b, extra, why, size))
        return true;
    for (size_t i = 0; i < sizeof ranks / sizeof *ranks; i++) {
        b->common.rank = ranks[i];
        if (accepts(b, extra, other, sizeof other))
            return true;
    }
    b->common.rank = rank;
    return false;
}

static void try_dropout(struct battery *b, int extra, const char *what, double dropout, bool must)
{
    char name[2 * OPTION_TEXT + 128], why[512];
    struct laws l;
    b->common.dropout = dropout;
    const int rank = b->common.rank;
    const bool accepted = settle_rank(b, extra, why, sizeof why);
    snprintf(name, sizeof name, "%s %s%s", b->method->name, what, dropout > 0 ? " dropout=0.3" : "");
    if (b->common.rank != rank)
        snprintf(name + strlen(name), sizeof name - strlen(name), " rank=%d", b->common.rank);
    if (!accepted) {
        b->refused++;
        b->broken += must;
        if (b->out)
            fprintf(b->out, "%s %s: refused, %s\n", must ? "BAD " : "-   ", name, why);
        return;
    }
    bool broken = laws_check(b->method, b->opts, &b->common, extra, &l) > 0;
    b->tried++;
    b->broken += broken;
    if (b->worst)
        law_keep_worst(b->worst, &l);
    if (b->out)
        fprintf(b->out, "%s %s\n", broken ? "BAD " : "ok  ", name);
    if (b->out && broken)
        laws_print(&l, true, b->out);
    b->common.rank = rank;
}

/* Without and with dropout. An option that is refused is no fault, but the defaults must be accepted. */
static void try(struct battery *b, int extra, const char *what, bool must)
{
    try_dropout(b, extra, what, 0, must);
    try_dropout(b, extra, what, 0.3, false);
}

static void try_value(struct battery *b, const struct option *o, void *fields, const char *value)
{
    char what[OPTION_TEXT + 64], old[OPTION_TEXT];
    option_get(o, fields, old, sizeof old);
    if (strcmp(old, value) == 0)
        return;
    option_set(o, fields, value);
    snprintf(what, sizeof what, "%s=%s", o->name, value);
    try(b, 0, what, false);
    option_set(o, fields, old);
}

/* The k-th value worth trying; false when there are no more. The present one may be among them. */
static bool worth_trying(const struct option *o, int k, char *value, size_t size)
{
    const char *c = o->type == OPT_BOOL ? "0|1" : o->choices;
    if (o->type == OPT_TEXT)
        return false;
    if (o->type == OPT_INT || o->type == OPT_REAL) {
        double nearby = o->type == OPT_REAL ? (o->def == 0 ? 0.5 : o->def / 2) : o->def == o->min ? o->min + 1 : o->min;
        option_number_text(o, k ? 0 : fmin(fmax(o->min, nearby), o->max), value, size);
        return k == 0 || (k == 1 && o->min <= 0 && o->max >= 0);
    }
    for (; k > 0 && c; k--)
        c = strchr(c, '|') ? strchr(c, '|') + 1 : NULL;
    snprintf(value, size, "%.*s", c ? (int)strcspn(c, "|") : 0, c ? c : "");
    return c != NULL;
}

/* Every value of p with every value of q, but for the defaults: that p or q alone changes something is tried elsewhere.
 */
static void try_pair(struct battery *b, const struct option *p, const struct option *q)
{
    char x[OPTION_TEXT], y[OPTION_TEXT], was_x[OPTION_TEXT], was_y[OPTION_TEXT], what[2 * OPTION_TEXT + 64];
    option_get(p, b->opts, was_x, sizeof was_x);
    option_get(q, b->opts, was_y, sizeof was_y);
    for (int i = 0; worth_trying(p, i, x, sizeof x); i++)
        for (int j = 0; strcmp(x, was_x) && worth_trying(q, j, y, sizeof y); j++) {
            if (strcmp(y, was_y) == 0)
                continue;
            option_set(p, b->opts, x);
            option_set(q, b->opts, y);
            snprintf(what, sizeof what, "%s=%s %s=%s", p->name, x, q->name, y);
            try_dropout(b, 0, what, 0, false);
        }
    option_set(p, b->opts, was_x);
    option_set(q, b->opts, was_y);
}

static bool discrete(const struct option *o)
{
    return o->type == OPT_BOOL || o->type == OPT_CHOICE;
}

/* Each option of the method alone, then each two that are choices. */
static void try_options(struct battery *b)
{
    char value[OPTION_TEXT];
    for (const struct option *o = b->method->options; o && o->name; o++) {
        for (int k = 0; worth_trying(o, k, value, sizeof value); k++)
            try_value(b, o, b->opts, value);
        for (const struct option *p = b->method->options; p < o; p++)
            if (discrete(p) && discrete(o))
                try_pair(b, p, o);
    }
}

int laws_check_variants(const struct method *m, struct laws *result, int *tried, int *refused, FILE *out)
{
    struct battery b = {.method = m, .worst = result, .out = out};
    char why[512];
    b.opts = mem_alloc(m->options_size);
    option_defaults(adapter_options, &b.common);
    option_defaults(m->options, b.opts);
    b.common.rank = 3;
    settle_rank(&b, 0, why, sizeof why);
    b.common.alpha = 5; /* s = 5/3: no power of two, no 1 */
    if (result)
        *result = (struct laws){0};
    try(&b, 0, "defaults", true);
    if (!m->targets || *m->targets) {
        try_value(&b, option_find(adapter_options, "targets"), &b.common, "q,k,v,o,up,down");
        try_value(&b, option_find(adapter_options, "layers"), &b.common, "2");
    }
    b.common.head = HEAD_POOLER;
    try_dropout(&b, 0, "head=pooler", 0, false);
    b.common.head = HEAD_CLASSIFIER;
    b.common.decay = 1;
    try_dropout(&b, 0, "decay=all", 0, false);
    b.common.decay = 0;
    if (!m->no_rank)
        try(&b, 1, "one more rank for the last site", false);
    try_options(&b);
    free(b.opts);
    if (tried)
        *tried = b.tried;
    if (refused)
        *refused = b.refused;
    return b.broken;
}

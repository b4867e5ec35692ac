/* The order in which the laws are checked, their report, and the variants of a method's options. */
#include "check/laws.h"

#include "check/lawbook.h"
#include "core/arena.h"
#include "core/die.h"

#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

static const char *const titles[LAWS] = {
    [LAW_START] = "1  attaching changes nothing",
    [LAW_WEIGHT] = "2  forward = x W' + b",
    [LAW_GRADIENT] = "3  backward = central differences",
    [LAW_MOVES] = "4  only what is declared moves",
    [LAW_BITS] = "5  same seed, same bits",
    [LAW_INPUT] = "6  reads its input only as declared",
    [LAW_REFRESH] = "7  refresh is idempotent",
    [LAW_EXPORT] = "8  exported weights, same logits",
    [LAW_COUNT] = "9  counts equal the paper's",
    [LAW_ORDER] = "10 batch order and packing",
    [LAW_GAUGE] = "11 gauge: alpha/(pq), pA, qB",
};

void law_note(struct laws *l, enum law law, double error, double allowed, const char *format, ...)
{
    struct law_outcome *o = &l->law[law];
    error = isnan(error) ? INFINITY : error;
    bool broken = error > allowed, first = o->checks++ == 0;
    if (!first && (broken < o->broken || (broken == o->broken && error * o->allowed <= o->error * allowed)))
        return;
    va_list args;
    va_start(args, format);
    vsnprintf(o->where, sizeof o->where, format, args);
    va_end(args);
    o->broken = broken;
    o->error = error;
    o->allowed = allowed;
}

double law_distance(struct mat a, struct mat b)
{
    double worst = 0, largest = 0;
    for (int i = 0; i < b.rows; i++)
        for (int j = 0; j < b.cols; j++) {
            double x = (double)a.v[(size_t)i * a.ld + j], y = (double)b.v[(size_t)i * b.ld + j], d = fabs(x - y);
            worst = isnan(d) ? INFINITY : fmax(worst, d);
            largest = fmax(largest, fabs(y));
        }
    return largest > 0 ? worst / largest : worst;
}

int laws_check(const struct method *m, const void *opts, const struct adapter *common, int extra, struct laws *result)
{
    struct tiny a, b, plain;
    *result = (struct laws){0};
    tiny_open(&a, m, opts, common, extra, 1);
    tiny_open(&b, m, opts, common, extra, 1);
    tiny_open(&plain, NULL, NULL, NULL, 0, 1);
    for (int phase = 0; phase < tuning_phases(&a.tuning); phase++) {
        tiny_begin(&a, phase);
        law_start(result, &a, &plain);
        law_count(result, &a, extra);
        law_refresh(result, &a);
        if (common->dropout == 0)
            law_gradient(result, &a, "at init");
        tiny_perturb(&a, 1, 0.2);
        law_gradient(result, &a, "at a random state");
        law_sites(result, &a);
        law_refresh(result, &a);
        law_export(result, &a, &plain, "at a random state");
        law_order(result, &a);
        law_training(result, &a, &b, &plain, phase);
    }
    tiny_close(&a);
    tiny_close(&b);
    tiny_close(&plain);
    law_gauge(result, m, opts, common, extra);
    int broken = 0;
    for (int i = 0; i < LAWS; i++)
        broken += result->law[i].broken;
    return broken;
}

void laws_print(const struct laws *result, bool broken_only, FILE *out)
{
    for (int i = 0; i < LAWS; i++) {
        const struct law_outcome *o = &result->law[i];
        if (broken_only && !o->broken)
            continue;
        bool found = o->broken || o->error > 0; /* without an error there is no place of the worst */
        if (o->checks)
            fprintf(out, "%s %-36s %.1e (allowed %.0e)%s%s\n", o->broken ? "BAD " : "ok  ", titles[i], o->error,
                    o->allowed, found ? " " : "", found ? o->where : "");
        else
            fprintf(out, "-    %-36s %s\n", titles[i],
                    i == LAW_GRADIENT && sizeof(real) == sizeof(float) ? "checked by the double twin"
                                                                       : "says nothing here");
    }
}

/* ---- Variants */

struct battery {
    const struct method *method;
    struct adapter common;
    void *opts;
    struct laws *worst;
    int tried, refused, broken;
    FILE *out;
};

static void keep_worst(struct battery *b, const struct laws *l)
{
    for (int i = 0; b->worst && i < LAWS; i++) {
        struct law_outcome *w = &b->worst->law[i];
        const struct law_outcome *o = &l->law[i];
        int checks = w->checks + o->checks;
        bool worse = o->broken > w->broken || (o->broken == w->broken && o->error * w->allowed > w->error * o->allowed);
        if (o->checks && (!w->checks || worse))
            *w = *o;
        w->checks = checks;
    }
}

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

static void try_dropout(struct battery *b, int extra, const char *what, double dropout, bool must)
{
    char name[2 * OPTION_TEXT + 128], why[512];
    struct laws l;
    b->common.dropout = dropout;
    snprintf(name, sizeof name, "%s %s%s", b->method->name, what, dropout > 0 ? " dropout=0.3" : "");
    if (!accepts(b, extra, why, sizeof why)) {
        b->refused++;
        b->broken += must;
        if (b->out)
            fprintf(b->out, "%s %s: refused, %s\n", must ? "BAD " : "-   ", name, why);
        return;
    }
    bool broken = laws_check(b->method, b->opts, &b->common, extra, &l) > 0;
    b->tried++;
    b->broken += broken;
    keep_worst(b, &l);
    if (b->out)
        fprintf(b->out, "%s %s\n", broken ? "BAD " : "ok  ", name);
    if (b->out && broken)
        laws_print(&l, true, b->out);
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
        option_real_text(k ? 0 : fmin(fmax(o->min, nearby), o->max), value, size);
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
    b.opts = mem_alloc(m->options_size);
    option_defaults(adapter_options, &b.common);
    option_defaults(m->options, b.opts);
    b.common.rank = 3;  /* 16 is no multiple of it, 24 is */
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

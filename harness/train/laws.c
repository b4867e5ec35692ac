/* The order in which the laws are checked, their report, and the variants of a method's options. */
#include "train/laws.h"

#include "core/arena.h"
#include "core/die.h"
#include "train/lawbook.h"

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
    int declared = 0, read = 0;
    *result = (struct laws){0};
    tiny_open(&a, m, opts, common, extra, 1);
    tiny_open(&b, m, opts, common, extra, 1);
    tiny_open(&plain, NULL, NULL, NULL, 0, 1);
    for (int phase = 0; phase < tuning_phases(&a.tuning); phase++) {
        tiny_begin(&a, phase);
        law_start(result, &a, &plain);
        law_count(result, &a, extra);
        law_refresh(result, &a);
        law_gradient(result, &a, "at init");
        tiny_perturb(&a, 1, 0.3);
        law_gradient(result, &a, "at a random state");
        law_sites(result, &a, &declared, &read);
        law_refresh(result, &a);
        law_export(result, &a, &plain, "at a random state");
        law_order(result, &a);
        law_training(result, &a, &b, &plain, phase);
    }
    if (declared && !read)
        law_note(result, LAW_INPUT, 1, 0, "NEEDS_INPUT is declared and no site reads its input");
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
        if (o->checks)
            fprintf(out, "%s %-36s %.1e (allowed %.0e) %s\n", o->broken ? "BAD " : "ok  ", titles[i], o->error,
                    o->allowed, o->where);
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
    char name[OPTION_TEXT + 128], why[512];
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

static void try_option(struct battery *b, const struct option *o)
{
    char value[OPTION_TEXT];
    if (o->type == OPT_INT || o->type == OPT_REAL) {
        double other = o->type == OPT_INT || o->def == 0 ? o->min : o->def / 2;
        option_real_text(fmax(o->min, other), value, sizeof value);
        try_value(b, o, b->opts, value);
        if (o->min <= 0 && o->max >= 0)
            try_value(b, o, b->opts, "0");
    } else if (o->type == OPT_BOOL) {
        try_value(b, o, b->opts, "0");
        try_value(b, o, b->opts, "1");
    } else if (o->type == OPT_CHOICE) {
        for (const char *c = o->choices; c; c = strchr(c, '|') ? strchr(c, '|') + 1 : NULL) {
            snprintf(value, sizeof value, "%.*s", (int)strcspn(c, "|"), c);
            try_value(b, o, b->opts, value);
        }
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
        try_value(&b, option_find(adapter_options, "layers"), &b.common, "1");
    }
    try_value(&b, option_find(adapter_options, "head"), &b.common, "pooler");
    try_value(&b, option_find(adapter_options, "decay"), &b.common, "all");
    if (!m->no_rank)
        try(&b, 1, "one more rank for the last site", false);
    for (const struct option *o = m->options; o && o->name; o++)
        try_option(&b, o);
    free(b.opts);
    if (tried)
        *tried = b.tried;
    if (refused)
        *refused = b.refused;
    return b.broken;
}

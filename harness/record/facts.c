/* The list of facts as a table, and working the facts of a record out. */
#include "record/facts.h"

#include "core/option.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- The table ------------------------------------------------------------------------------------------------- */

/* The kind of a member, from its type. */
#define KIND(x) \
    _Generic((x),                        \
        double: KIND_DOUBLE,             \
        int: KIND_INT,                   \
        long: KIND_LONG,                 \
        bool: KIND_BOOL,                 \
        enum run_status: KIND_STATUS,    \
        char *: KIND_TEXT)
#define OF_RECORD(x) (((struct record *)NULL)->x)
#define PLACE(o, a, x)                                                                                 \
    .object = (o), .attribute = (a), .kind = KIND(OF_RECORD(x)), .member = offsetof(struct record, x), \
    .member_room = sizeof OF_RECORD(x)
#define PLACE_IN(o, x) PLACE(o, NULL, x)
#define NO_PLACE(...)  .kind = KIND_NONE
#define TEXT_ROW(field, size, source, uses, means) \
    {.name = #field,                               \
     .unit = "",                                   \
     .meaning = (means),                           \
     .use = (uses),                                \
     .room = (size),                               \
     .at = offsetof(struct facts, field),          \
     source},
#define NUMBER_ROW(field, source, uses, units, means) \
    {.name = #field, .unit = (units), .meaning = (means), .use = (uses), .at = offsetof(struct facts, field), source},
#define STORED_ROW(o, name_, x, uses, units, means) \
    {.name = (name_), .unit = (units), .meaning = (means), .use = (uses), PLACE(o, NULL, x)},

const struct fact fact_list[] = {FACTS(TEXT_ROW, NUMBER_ROW, PLACE_IN, PLACE, NO_PLACE) RECORD_ONLY(STORED_ROW)};
const int fact_list_size = sizeof fact_list / sizeof *fact_list;

/* ---- Working facts out ----------------------------------------------------------------------------------------- */

/* A score after the last step, of the test or the validation split. */
static struct score last_score(const struct run *r, bool test)
{
    return !r->evals ? (struct score){NAN, NAN, NAN} : test ? r->test[r->evals - 1] : r->valid[r->evals - 1];
}

static double test_at_best_valid(const struct run *r)
{
    int best = 0;
    for (int i = 1; i < r->evals; i++)
        best = r->valid[i].metric > r->valid[best].metric ? i : best;
    return r->evals && !isnan(r->valid[best].metric) ? r->test[best].metric : NAN;
}

static double all_peaks(const struct run *r)
{
    double sum = 0;
    for (int i = 0; i < MEMORY_KINDS; i++)
        sum += r->cost.arena_peak[i];
    return sum;
}

static double all_seconds(const struct run *r)
{
    const struct cost *c = &r->cost;
    return c->setup + c->train + c->evaluate + c->probe + c->data;
}

static char *commit_word(const struct record *rec, char *word)
{
    snprintf(word, OPTION_TEXT, "%s%s", rec->commit, rec->dirty ? "+" : "");
    return word;
}

char *config_hash(const char *config, bool cell, char hex[HASH_HEX])
{
    struct hash h;
    hash_open(&h);
    for (const char *p = config; *p;) {
        size_t n = strcspn(p, "\n");
        n += p[n] == '\n';
        if (!cell || (strncmp(p, "seed=", 5) != 0 && strncmp(p, "lr=", 3) != 0 && strncmp(p, "evaluate=", 9) != 0))
            hash_add(&h, p, n);
        p += n;
    }
    hash_close(&h, hex);
    return hex;
}

static const char *status_word(enum run_status status)
{
    return run_status_names[status];
}

static const char *itself(const char *text)
{
    return text;
}

static void put_text(char *to, size_t room, const char *text)
{
    size_t n = strnlen(text, room - 1);
    memcpy(to, text, n);
    to[n] = '\0';
}

#define AS_TEXT(x)                         _Generic((x), enum run_status : status_word, char * : itself, const char * : itself)(x)
#define VALUE_IN(o, x)                     (rec->x)
#define VALUE_IN_AS(o, a, x)               (rec->x)
#define VALUE_BY(x)                        (x)
#define TEXT_SET(field, room, source, ...) put_text(f->field, room, AS_TEXT(source));
#define NUMBER_SET(field, source, ...)     f->field = (double)(source);

void facts_of(struct facts *f, const struct record *rec)
{
    const struct run *r = &rec->run;
    char word[OPTION_TEXT];
    FACTS(TEXT_SET, NUMBER_SET, VALUE_IN, VALUE_IN_AS, VALUE_BY)
}

void facts_clear(struct facts *f)
{
    *f = (struct facts){.damaged = 0};
    for (int i = 0; i < FACTS_SIZE; i++)
        if (fact_list[i].room)
            snprintf((char *)f + fact_list[i].at, fact_list[i].room, "-");
        else
            *(double *)(void *)((char *)f + fact_list[i].at) = NAN;
}

bool facts_success(const struct facts *f)
{
    return strcmp(f->status, run_status_names[RUN_OK]) == 0 &&
           f->evals != 0; /* NaN in a list, which says no such number */
}

double facts_number(const struct facts *f, enum fact_id id)
{
    return *(const double *)(const void *)((const char *)f + fact_list[id].at);
}

static bool unknown(const char *text)
{
    return strcmp(text, "-") == 0;
}

int facts_differ(const struct facts *a, const struct facts *b, int after)
{
    for (int i = after + 1; i < FACTS_SIZE; i++) {
        const char *s = (const char *)a + fact_list[i].at, *t = (const char *)b + fact_list[i].at;
        if (!(fact_list[i].use & REPEATS))
            continue;
        if (fact_list[i].room && strcmp(s, t) != 0 && !unknown(s) && !unknown(t))
            return i;
        double x = fact_list[i].room ? NAN : facts_number(a, (enum fact_id)i),
               y = fact_list[i].room ? NAN : facts_number(b, (enum fact_id)i);
        if (!isnan(x) && !isnan(y) && x != y)
            return i;
    }
    return -1;
}

/* A whole number in its digits, another to six of them; nothing for what was not measured. */
static void number_text(double v, char *text)
{
    *text = '\0';
    if (!isnan(v))
        snprintf(text, OPTION_TEXT, v == floor(v) && fabs(v) < 1e15 ? "%.0f" : "%.6g", v);
}

const char *fact_text(const struct fact *t, const struct facts *f, const struct record *rec, char *text)
{
    const void *at = (const char *)rec + t->member;
    if (t < fact_list + FACTS_SIZE && !t->room)
        number_text(facts_number(f, (enum fact_id)(t - fact_list)), text);
    else if (t < fact_list + FACTS_SIZE)
        snprintf(text, OPTION_TEXT, "%s", (const char *)f + t->at);
    else if (t->kind == KIND_DOUBLE)
        number_text(*(const double *)at, text);
    else if (t->kind == KIND_INT)
        snprintf(text, OPTION_TEXT, "%d", *(const int *)at);
    else
        snprintf(text, OPTION_TEXT, "%s", (const char *)at);
    return text;
}

void facts_name(struct facts *f)
{
    snprintf(f->file, sizeof f->file, "%.12s.h5", f->key);
}

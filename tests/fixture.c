/* Opening a method on the tiny model from text, and comparing two such runs. */
#include "tests/fixture.h"

#include "core/arena.h"
#include "core/die.h"
#include "math/linalg.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void fixture_options(const char *text, struct adapter *common, const struct method *m, void *opts)
{
    char copy[1024], *rest = copy;
    snprintf(copy, sizeof copy, "%s", text);
    for (char *word; (word = strsep(&rest, " ")) != NULL;) {
        char *value = strchr(word, '=');
        if (!value)
            continue;
        *value++ = '\0';
        const struct option *o = option_find(adapter_options, word);
        void *to = o ? (void *)common : opts;
        if (!o)
            o = option_find(m->options, word);
        if (!o)
            die(EXIT_USAGE, "%s has no option %s", m->name, word);
        option_set(o, to, value);
    }
}

void fixture_open_seed(struct fixture *f, const char *method, const char *options, uint64_t seed)
{
    struct trap t;
    if (trap_set(&t))
        fail_msg("%s %s: %s", method, options, t.text);
    const struct method *m = method_find(method);
    struct adapter common;
    f->opts = mem_alloc(m->options_size);
    option_defaults(adapter_options, &common);
    option_defaults(m->options, f->opts);
    common.rank = 3;
    common.alpha = 5;
    fixture_options(options, &common, m, f->opts);
    tiny_open(&f->tiny, m, f->opts, &common, 0, seed);
    tiny_begin(&f->tiny, 0);
    trap_end(&t);
}

void fixture_open(struct fixture *f, const char *method, const char *options)
{
    fixture_open_seed(f, method, options, 1);
}

void fixture_close(struct fixture *f)
{
    tiny_close(&f->tiny);
    free(f->opts);
}

void fixture_train(struct fixture *f, int n)
{
    for (int i = 0; i < n; i++)
        tiny_step(&f->tiny);
}

struct param *fixture_param(struct fixture *f, const char *name)
{
    struct param *p = model_find(&f->tiny.model, name);
    if (!p)
        fail_msg("the model has no tensor %s", name);
    return p;
}

struct param *fixture_site_param(struct fixture *f, int i, const char *suffix)
{
    char name[MODEL_NAME];
    snprintf(name, sizeof name, "%s.%s", f->tiny.tuning.site[i]->name, suffix);
    return fixture_param(f, name);
}

double fixture_weight_distance(struct fixture *a, struct fixture *b)
{
    double largest, distance = tiny_weight_distance(&a->tiny, &b->tiny, &largest);
    return distance / largest;
}

void fixture_same_weights(struct fixture *a, struct fixture *b, double tolerance)
{
    double distance = fixture_weight_distance(a, b);
    if (!(distance <= tolerance))
        fail_msg("effective weights differ by %.3g of the largest; %.3g is allowed", distance, tolerance);
}

void fixture_change(struct fixture *f, int i, double factor, struct mat change)
{
    const struct site *s = f->tiny.tuning.site[i];
    struct mat b = mat_of(mem_alloc((size_t)s->out * sizeof(real)), 1, s->out);
    site_weight(s, change, b);
    mat_add(-1, s->W->w0, change);
    mat_scale(factor, change);
    free(b.v);
}

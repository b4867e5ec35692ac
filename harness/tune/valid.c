/* A method's struct before any of its code runs: what is wrong here would be read as other memory. */
#include "tune/valid.h"

#include <stdio.h>

enum { OPTIONS_MAX = 64 };

/* Bytes of an option's field; 0 when the type is none. */
static size_t field_size(const struct option *o)
{
    switch (o->type) {
    case OPT_INT:
    case OPT_BOOL:
    case OPT_CHOICE:
        return sizeof(int);
    case OPT_REAL:
        return sizeof(double);
    case OPT_TEXT:
        return OPTION_TEXT;
    }
    return 0;
}

static int choices(const struct option *o)
{
    int n = 1;
    for (const char *c = o->choices; *c; c++)
        n += *c == '|';
    return n;
}

/* A row behind the table's end is other memory: its type is looked at first, its name last. */
static bool option_fault(const struct method *m, int i, char *text, size_t size)
{
    const struct option *o = &m->options[i];
    size_t bytes = i < OPTIONS_MAX ? field_size(o) : 0;
    if (bytes == 0)
        snprintf(text, size, "row %d of its options is none: the table ends with OPTION_END", i + 1);
    else if (o->offset + bytes > m->options_size)
        snprintf(text, size, "row %d of its options lies outside .options_size = %zu bytes: say sizeof(struct options)",
                 i + 1, m->options_size);
    else if (o->type == OPT_CHOICE && (!o->choices || !(o->def >= 0 && o->def < choices(o))))
        snprintf(text, size, "option %s: its default %g is none of its choices", o->name, o->def);
    else if ((o->type == OPT_INT || o->type == OPT_REAL) && !(o->min <= o->max))
        snprintf(text, size, "option %s: the bounds %g..%g are swapped", o->name, o->min, o->max);
    else if (o->type != OPT_CHOICE && o->type != OPT_TEXT && !(o->def >= o->min && o->def <= o->max))
        snprintf(text, size, "option %s: the default %g lies outside %g..%g", o->name, o->def, o->min, o->max);
    else if (option_find(adapter_options, o->name))
        snprintf(text, size, "option %s: all methods have one of this name", o->name);
    else
        return false;
    return true;
}

bool method_fault(const struct method *m, char *text, size_t size)
{
    for (int i = 0; m->options && m->options[i].name; i++)
        if (option_fault(m, i, text, size))
            return true;
    if (!m->ops.forward != !m->ops.backward || !m->ops.forward != !m->ops.weight)
        snprintf(text, size, "forward, backward and weight say one layer in three ways: it has some of them, not all");
    else
        return false;
    return true;
}

void methods_validate(void)
{
    char text[512];
    for (int i = 0; i < method_registry_size; i++)
        if (method_fault(method_registry[i], text, sizeof text))
            die(EXIT_USAGE, "methods/%s.c: %s", method_registry[i]->name, text);
}

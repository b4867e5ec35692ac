/* die, warn, guards and traps: how every failure leaves the program. */
#include "core/die.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static struct trap *innermost;
static struct guard *guards; /* from the innermost outwards */

void guard_push(struct guard *g, void (*release)(void *), void *what)
{
    *g = (struct guard){guards, release, what};
    guards = g;
}

void guard_end(struct guard *g)
{
    assert(guards == g);
    guards = g->outer;
}

void guard_leave(struct guard *g)
{
    guard_end(g);
    g->release(g->what);
}

static void leave_all(const struct guard *outer)
{
    while (guards != outer)
        guard_leave(guards);
}

void trap_push(struct trap *t)
{
    t->outer = innermost;
    t->guards = guards;
    t->code = EXIT_OK;
    t->text[0] = '\0';
    innermost = t;
}

void trap_end(struct trap *t)
{
    if (innermost == t)
        innermost = t->outer;
}

/* Text from files may hold anything; what reaches the terminal is one line without control characters. */
static void one_line(char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text < 0x20 || *text == 0x7f)
            *text = '?';
}

static void say(const char *prefix, const char *format, va_list args)
{
    char text[2048];
    vsnprintf(text, sizeof text, format, args);
    one_line(text);
    fprintf(stderr, "peftlab: %s%s\n", prefix, text);
}

void die(enum exit_code code, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    if (innermost) {
        struct trap *t = innermost;
        innermost = t->outer;
        t->code = code;
        vsnprintf(t->text, sizeof t->text, format, args);
        one_line(t->text);
        va_end(args);
        leave_all(t->guards);
        longjmp(t->jump, 1);
    }
    say("", format, args);
    va_end(args);
    leave_all(NULL);
    exit(code);
}

void warn(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    say("warning: ", format, args);
    va_end(args);
}

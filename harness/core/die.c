/* die, warn, guards and traps: how every failure leaves the program. */
#include "core/die.h"

#include <assert.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

enum { SAID_TEXT = 2048, SAID_LINES = 128 };

static bool hushed;
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

void plain_line(char *text)
{
    for (unsigned char *c = (unsigned char *)text; *c; c++)
        if (*c < 0x20 || *c == 0x7f)
            *c = '?';
        else if (*c == 0xc2 && c[1] >= 0x80 && c[1] < 0xa0)
            c[0] = c[1] = '?'; /* U+0080 to U+009F, of which terminals take some for ESC [ */
}

static void say(const char *prefix, const char *format, va_list args)
{
    char text[SAID_TEXT];
    vsnprintf(text, sizeof text, format, args);
    plain_line(text);
    fprintf(stderr, "%s%s\n", prefix, text);
}

void die(enum exit_code code, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    hushed = false;
    if (innermost) {
        struct trap *t = innermost;
        innermost = t->outer;
        t->code = code;
        vsnprintf(t->text, sizeof t->text, format, args);
        plain_line(t->text);
        va_end(args);
        leave_all(t->guards);
        longjmp(t->jump, 1);
    }
    say("peftlab: ", format, args);
    va_end(args);
    leave_all(NULL);
    exit(code);
}

void hush(bool on)
{
    hushed = on;
}

/* Whether this line is among the last that were said; if not, it is from now on. */
static bool again(const char *prefix, const char *format, va_list args)
{
    static uint64_t said[SAID_LINES];
    static unsigned lines;
    char text[SAID_TEXT];
    uint64_t h = 0xcbf29ce484222325u ^ (unsigned char)*prefix;
    vsnprintf(text, sizeof text, format, args);
    for (const char *c = text; *c; c++)
        h = (h ^ (unsigned char)*c) * 0x100000001b3u;
    for (unsigned i = 0; i < SAID_LINES; i++)
        if (said[i] == h)
            return true;
    said[lines++ % SAID_LINES] = h;
    return false;
}

static void say_once(const char *prefix, const char *format, va_list args)
{
    va_list copy;
    va_copy(copy, args);
    if (!hushed && !again(prefix, format, copy))
        say(prefix, format, args);
    va_end(copy);
}

void warn(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    say_once("peftlab: warning: ", format, args);
    va_end(args);
}

void inform(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    say_once("", format, args);
    va_end(args);
}

/* die, warn and traps: how every failure leaves the program. */
#include "core/die.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static struct trap *innermost;

void trap_push(struct trap *t)
{
    t->outer = innermost;
    t->code = EXIT_OK;
    t->text[0] = '\0';
    innermost = t;
}

void trap_end(struct trap *t)
{
    if (innermost == t)
        innermost = t->outer;
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
        va_end(args);
        longjmp(t->jump, 1);
    }
    fputs("peftlab: ", stderr);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
    exit(code);
}

void warn(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fputs("peftlab: warning: ", stderr);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
}

/* The one way out when something outside the program is wrong: one clear line on stderr and an exit code. */
#ifndef CORE_DIE_H
#define CORE_DIE_H

#include <setjmp.h>
#include <stdbool.h>

enum exit_code {
    EXIT_OK = 0,
    EXIT_RUNS = 1,        /* some runs failed (listed) */
    EXIT_USAGE = 2,       /* wrong arguments, options or experiment file */
    EXIT_DATA = 3,        /* data or weights missing, malformed or changed */
    EXIT_CORRUPT = 4,     /* a result file is corrupt or too new */
    EXIT_MISMATCH = 5,    /* check, replay or comparison found other numbers */
    EXIT_RESOURCE = 6,    /* no space, memory or file descriptors */
    EXIT_MISSING = 7,     /* a needed program is missing (gnuplot) */
    EXIT_INTERRUPTED = 75 /* stopped by a signal; run the same command again to resume */
};

/* Prints "peftlab: <message>" and exits with `code`; inside a trap it jumps there instead. */
_Noreturn void die(enum exit_code code, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The same without leaving: "peftlab: warning: <message>". A line that is among the last
 * 128 is not said again. */
void warn(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* A line about what is being done, on stderr, by the same rule. */
void inform(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Makes one line fit for a terminal of a text, in place: control characters, which a file may hold, become "?". */
void plain_line(char *text);
/* While on, both say nothing: the reader hears it from another place. die() ends it. */
void hush(bool on);

/* What this block has opened is given back when the block is left, at its end, by return or by die():
 *     struct json *doc = json_load(path, limit);
 *     DEFER(json_free, doc);
 * calls json_free(doc) then. The last one named goes first. `what` is read here: a pointer that moves later is named by a
 * structure that holds it. Leave such a block by no goto, break or longjmp of your own. */
#define DEFER(release, what)                                                            \
    struct guard DEFER_NAME(deferred_, __LINE__) __attribute__((cleanup(guard_leave))); \
    GUARD(&DEFER_NAME(deferred_, __LINE__), release, what)
/* For what outlives the function that opens it: given back by die() alone, from here to guard_end(g). */
#define GUARD(g, release, what) \
    ((void)sizeof((release)(what), 0), guard_push(g, (void (*)(void *))(release), (void *)(what)))
struct guard {
    struct guard *outer;
    void (*release)(void *);
    void *what;
};
void guard_push(struct guard *g, void (*release)(void *), void *what);
void guard_end(struct guard *g);
void guard_leave(struct guard *g); /* ends it and gives back what it guards */
#define DEFER_NAME(a, b) DEFER_JOIN(a, b)
#define DEFER_JOIN(a, b) a##b

/* A trap turns die() into a jump, for tests, fuzzing and readers that must go on after one bad file:
 *     struct trap t;
 *     if (trap_set(&t)) { ...t.code, t.text... } else { work; }
 *     trap_end(&t);
 * What was guarded since trap_set is given back before the jump. Traps nest. Locals changed after trap_set and read in the
 * failure branch must be volatile. */
struct trap {
    jmp_buf jump;
    struct trap *outer;
    struct guard *guards; /* the innermost when the trap was set */
    enum exit_code code;
    char text[512];
};
#define trap_set(t) (trap_push(t), setjmp((t)->jump))
void trap_push(struct trap *t);
void trap_end(struct trap *t);

#endif

/* DIES(code, statement): a cmocka check that the statement dies with this exit code; what it said is in `text`. */
#ifndef TESTS_DIES_H
#define TESTS_DIES_H

#include "core/die.h"

#include <stdio.h>

static char text[512];
#define DIES(code_wanted, statement)                   \
    do {                                               \
        struct trap trap_;                             \
        if (trap_set(&trap_) == 0) {                   \
            statement;                                 \
            trap_end(&trap_);                          \
        }                                              \
        snprintf(text, sizeof text, "%s", trap_.text); \
        assert_int_equal(trap_.code, code_wanted);     \
    } while (0)

#endif

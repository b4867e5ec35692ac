/* A method under watch: every hook that computes is called through one that knows its name, spoils used-up memory, and looks
 * whether the method stayed within the sizes it states. */
#ifndef CHECK_WATCH_H
#define CHECK_WATCH_H

#include "check/lawbook.h"
#include "tune/method.h"

/* A copy of m, one at a time, whose hooks run the hooks of m. What scratch holds beyond its mark is NaN before and
 * after each hook; the states have room to spare behind site_size and shared_size, which must stay zero. */
const struct method *watch_method(const struct method *m);
/* Notes under LAW_FORM whether a hook wrote behind its state. */
void watch_report(struct laws *l);
/* From now on a crash of this process prints one line, the method's file and the hook it was in, to standard error and
 * ends it with EXIT_MISMATCH. */
void watch_crashes(void);

#endif

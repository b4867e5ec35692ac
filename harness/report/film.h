/* The direction figure as a film: how far matrices have turned and stretched, step by step, one run of each method. */
#ifndef REPORT_FILM_H
#define REPORT_FILM_H

#include "analysis/groups.h"

/* The film of a direction figure's methods on the first task that has them, as HTML that without a script shows the last
 * step with the way there. For free(); NULL when fewer than two methods have measured dM and dD at two steps. */
char *film_of(const struct groups *g, const struct display *d);

#endif

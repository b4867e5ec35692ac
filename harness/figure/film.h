/* The direction figure as a film: how far matrices have turned and stretched, step by step, one run of each method. */
#ifndef FIGURE_FILM_H
#define FIGURE_FILM_H

#include "analysis/groups.h"

enum { FILM_STEPS = 16 }; /* checkpoints of a run below which its marks would jump, and the printed figure says all */

/* The film of the first run of each group as HTML, which without a script shows the last step and the way there. For free(); NULL
 * where a run has fewer than FILM_STEPS checkpoints with dM and dD of q and v. */
char *film_html(const struct group *const *shown, int methods);

#endif

/* Rescaling attention's pairs of matrices layer by layer. */
#include "base/gauge.h"

#include "math/linalg.h"

#include <math.h>

static void scale(struct site *s, double c, bool bias)
{
    mat_scale(c, s->W->w);
    if (bias)
        mat_scale(c, s->b->w);
}

void base_regauge(struct model *m, enum gauge g)
{
    const int last = m->config.layers - 1;
    for (int l = 0; g != GAUGE_NONE && l <= last; l++) {
        const double e = last ? -2 + 4.0 * l / last : 2, c = ldexp(1, (int)round(g == GAUGE_RISING ? e : -e));
        struct site *s = m->layer[l].site;
        scale(&s[TARGET_Q], c, true);
        scale(&s[TARGET_K], 1 / c, true);
        scale(&s[TARGET_V], c, true);
        scale(&s[TARGET_O], 1 / c, false);
    }
    if (g != GAUGE_NONE)
        model_freeze(m);
}

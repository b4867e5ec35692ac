/* Best rates beside how sharply the loss bends where runs begin (record/sharpness.h): line by line, task and seed by task and seed. */
#ifndef ANALYSIS_SHARP_H
#define ANALYSIS_SHARP_H

#include "analysis/optima.h"

enum sharp_value {
    SHARP_RATE,    /* the best rate */
    SHARP_ADAPTER, /* the largest eigenvalue over the adapter */
    SHARP_WHOLE,   /* over the classifier too */
    SHARP_PRODUCT  /* best rate times eigenvalue over the adapter */
};
struct sharp_lines {
    struct optima o;
    double *value; /* (nseries, units, SHARP_PRODUCT + 1), log10; NaN where a run or its eigenvalue is missing */
};
/* The list is the key `file` of the display, else sharpness.csv of the results folder. */
struct sharp_lines sharp_lines_make(const struct groups *g, const struct display *d);
void sharp_lines_free(struct sharp_lines *s);

/* Each puts log10 of a value of every unit into v (units), NaN where it has none, and returns how many have. *width: to how much
 * it is known by the ladder of rates. */
int sharp_values(const struct sharp_lines *s, int series, enum sharp_value what, double *v, double *width);
int sharp_times(const struct sharp_lines *s, int series, enum sharp_value what, double *v,
                double *width); /* less the reference's */
/* Of units with all lines: the largest of the lines over the smallest; the slope of log best rate on log eigenvalue. */
int sharp_spreads(const struct sharp_lines *s, enum sharp_value what, double *v,
                  double *width); /* of rates and products */
int sharp_slopes(const struct sharp_lines *s, double *v, double *width);

#endif

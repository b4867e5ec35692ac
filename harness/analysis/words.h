/* Numbers as all tables and figures print them; the texts live until eight more are made. */
#ifndef ANALYSIS_WORDS_H
#define ANALYSIS_WORDS_H

#include <stdbool.h>

const char *percent_text(double share);                     /* 0.852 -> "85.2"; NaN -> "–" */
const char *points_text(double difference);                 /* 0.012 -> "+1.2" */
const char *range_text(double low, double high, bool sign); /* shares -> "[83.1, 87.0]"; NaN -> "" */
const char *count_text(double n);                           /* 252288 -> "252,288" */
const char *p_text(double p);                               /* 0.0123 -> "0.012", below 0.001 "< 0.001" */
const char *rate_text(double lr);                           /* 0.01 -> "1e-2" */

/* "s" but for 1. */
const char *plural(double n);

#endif

/* The one way in which numbers are printed, in tables, titles and captions. */
#include "analysis/words.h"

#include <math.h>
#include <stdio.h>

enum { RING = 8, NUMBER_TEXT = 64 };
static char *next_text(void)
{
    static char ring[RING][NUMBER_TEXT];
    static int turn;
    return ring[turn++ % RING];
}

/* Rounds first, so that -0.0004 is not "-0.0". */
static double rounded(double v, double unit)
{
    double r = round(v / unit) * unit;
    return r == 0 ? 0 : r;
}

const char *percent_text(double share)
{
    char *t = next_text();
    if (isnan(share))
        return "–";
    snprintf(t, NUMBER_TEXT, "%.1f", rounded(100 * share, 0.1));
    return t;
}

const char *points_text(double difference)
{
    char *t = next_text();
    if (isnan(difference))
        return "–";
    double v = rounded(100 * difference, 0.1);
    snprintf(t, NUMBER_TEXT, v == 0 ? "%.1f" : "%+.1f", v);
    return t;
}

const char *range_text(double low, double high, bool sign)
{
    char *t = next_text();
    if (isnan(low) || isnan(high))
        return "";
    snprintf(t, NUMBER_TEXT, "[%s, %s]", sign ? points_text(low) : percent_text(low),
             sign ? points_text(high) : percent_text(high));
    return t;
}

const char *count_text(double n)
{
    char digits[NUMBER_TEXT / 2], *t = next_text();
    if (isnan(n))
        return "–";
    int len = snprintf(digits, sizeof digits, "%.0f", n), used = 0;
    for (int i = 0; i < len && used < NUMBER_TEXT - 2; i++) {
        t[used++] = digits[i];
        if (i + 1 < len && (len - i - 1) % 3 == 0 && digits[i] != '-')
            t[used++] = ',';
    }
    t[used] = '\0';
    return t;
}

const char *p_text(double p)
{
    char *t = next_text();
    if (isnan(p))
        return "";
    snprintf(t, NUMBER_TEXT, p < 0.001 ? "< 0.001" : p < 0.1 ? "%.3f" : "%.2f", p);
    return t;
}

const char *rate_text(double lr)
{
    if (!(lr > 0))
        return "–";
    char *t = next_text();
    int exponent = (int)floor(log10(lr) + 1e-9);
    double mantissa = lr / pow(10, exponent);
    if (exponent >= 0 && exponent < 3)
        snprintf(t, NUMBER_TEXT, "%g", lr);
    else
        snprintf(t, NUMBER_TEXT, "%.3ge%d", mantissa, exponent);
    return t;
}

const char *plural(double n)
{
    return n == 1 ? "" : "s";
}

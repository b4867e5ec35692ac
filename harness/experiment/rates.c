/* Reading experiments/rates.csv, which the program carries, and carrying its rates over to another width. */
#include "experiment/rates.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

extern const char rates_csv[];

/* Finds the line "method,rate,width"; false when there is none. */
static bool find(const char *method, double *rate, double *width)
{
    size_t n = strlen(method);
    for (const char *line = rates_csv; line; line = strchr(line, '\n'), line = line ? line + 1 : NULL)
        if (strncmp(line, method, n) == 0 && line[n] == ',')
            return sscanf(line + n, ",%lf,%lf", rate, width) == 2;
    return false;
}

int rates_rung(const struct method *m, int d)
{
    double rate, width;
    bool known = find(m->name, &rate, &width) || find("lora", &rate, &width);
    assert(known);
    (void)known;
    rate *= m->no_rank ? width / d : sqrt(width / d);
    return (int)lround(2 * log10(rate));
}

int rates_head_rung(int d)
{
    double rate, width;
    bool known = find("head_rate", &rate, &width);
    assert(known);
    (void)known;
    return (int)lround(2 * log10(rate * width / d));
}

void rates_text(int rung, char text[16])
{
    int decade = rung >= 0 ? rung / 2 : -((1 - rung) / 2);
    snprintf(text, 16, "%de%d", rung - 2 * decade ? 3 : 1, decade);
}

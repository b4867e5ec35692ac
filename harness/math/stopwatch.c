/* A switch between clocks of processor time. */
#include "math/stopwatch.h"

#include <string.h>
#include <time.h>

const char *const part_names[PARTS] = {"other", "embedding", "linear",    "attention", "norm_gelu",
                                       "head",  "adapter",   "optimizer", "data"};
int stopwatch_on;

static double seconds[PARTS], since;
static enum part now;

double cpu_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

enum part stopwatch_switch(enum part p)
{
    double t = cpu_seconds();
    enum part was = now;
    seconds[was] += t - since;
    since = t;
    now = p;
    return was;
}

void stopwatch_reset(int on)
{
    memset(seconds, 0, sizeof seconds);
    stopwatch_on = on;
    now = PART_OTHER;
    since = cpu_seconds();
}

const double *stopwatch_seconds(void)
{
    stopwatch_switch(now);
    return seconds;
}

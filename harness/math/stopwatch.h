/* Where the processor time of a step goes: a clock per part, running only while a benchmark asks. */
#ifndef MATH_STOPWATCH_H
#define MATH_STOPWATCH_H

enum part {
    PART_OTHER,
    PART_EMBEDDING,
    PART_LINEAR,
    PART_ATTENTION,
    PART_NORM, /* norms, GELU and residuals */
    PART_HEAD,
    PART_ADAPTER,
    PART_OPTIMIZER,
    PART_DATA,
    PARTS
};
extern const char *const part_names[PARTS];

extern int stopwatch_on;
enum part stopwatch_switch(enum part p);
/* From here on time counts as p's; returns what it counted as. Costs a test of one flag when no benchmark runs. */
static inline enum part part_enter(enum part p)
{
    return stopwatch_on ? stopwatch_switch(p) : p;
}
#define TIMED(p, call)                  \
    do {                                \
        enum part was_ = part_enter(p); \
        call;                           \
        part_enter(was_);               \
    } while (0)

/* All clocks at zero, running or stopped. */
void stopwatch_reset(int on);
/* Seconds of each part since the reset. */
const double *stopwatch_seconds(void);
/* Processor time of this process: on a busy machine, what a step costs rather than how long it waited. */
double cpu_seconds(void);

#endif

/* Progress lines, the clock they use, and the flag that Ctrl-C raises. */
#include "core/progress.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

double clock_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

const char *duration_text(double s, char *text, unsigned size)
{
    long n = (long)(s + 0.5);
    if (s < 10)
        snprintf(text, size, "%.1fs", s);
    else if (n < 60)
        snprintf(text, size, "%lds", n);
    else if (n < 3600)
        snprintf(text, size, "%ldm%02lds", n / 60, n % 60);
    else
        snprintf(text, size, "%ldh%02ldm", n / 3600, n / 60 % 60);
    return text;
}

void progress_open(struct progress *p, const char *title, const char *unit, long total, long done)
{
    *p = (struct progress){.title = title, .unit = unit, .total = total, .done0 = done, .began = clock_seconds()};
    p->terminal = isatty(STDERR_FILENO);
}

void progress_show(struct progress *p, long done, const char *note)
{
    char left[32], spent[32];
    double now = clock_seconds(), every = p->terminal ? 0.2 : 30;
    if (now - p->shown < every && done < p->total)
        return;
    p->shown = now;
    long fresh = done - p->done0;
    double rate = fresh > 0 ? (double)fresh / (now - p->began + 1e-9) : 0;
    duration_text(rate > 0 ? (double)(p->total - done) / rate : 0, left, sizeof left);
    duration_text(now - p->began, spent, sizeof spent);
    fprintf(stderr, "%s%s %ld/%ld %s, %.3g/s, %s gone, %s left%s%s%s", p->terminal ? "\r\033[K" : "", p->title, done,
            p->total, p->unit, rate, spent, left, *note ? "; " : "", note, p->terminal ? "" : "\n");
    fflush(stderr);
}

void progress_close(struct progress *p, const char *summary)
{
    if (p->terminal)
        fputs(summary ? "\r\033[K" : "\n", stderr);
    if (summary)
        fprintf(stderr, "%s\n", summary);
}

static volatile sig_atomic_t stopped;

static void on_signal(int signal)
{
    static volatile sig_atomic_t interrupts;
    stopped = 1;
    if (signal == SIGINT && interrupts++ > 0)
        _exit(75);
}

void stop_install(void)
{
    struct sigaction a;
    memset(&a, 0, sizeof a);
    a.sa_handler = on_signal;
    a.sa_flags = SA_RESTART;
    sigaction(SIGINT, &a, NULL);
    sigaction(SIGTERM, &a, NULL);
}

int stop_requested(void)
{
    return stopped != 0;
}

void stop_clear(void)
{
    stopped = 0;
}

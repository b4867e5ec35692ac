/* Progress on stderr: one rewriting line with rate and ETA on a terminal, a line now and then elsewhere. */
#ifndef CORE_PROGRESS_H
#define CORE_PROGRESS_H

struct progress {
    const char *title, *unit;
    long total, done0; /* done0: what was there when we came (a resumed run) */
    double began, shown;
    int terminal;
};

void progress_open(struct progress *p, const char *title, const char *unit, long total, long done);
/* note: a few words on the state ("loss 1.72"), may be "". */
void progress_show(struct progress *p, long done, const char *note);
/* Ends the line. `summary` stays on the screen; NULL leaves what was shown. */
void progress_close(struct progress *p, const char *summary);

/* Seconds of a monotonic clock. */
double clock_seconds(void);
/* "2m05s" */
const char *duration_text(double seconds, char *text, unsigned size);

/* From here on SIGINT and SIGTERM only raise a flag; a second SIGINT ends the program at once. */
void stop_install(void);
int stop_requested(void);
/* Forgets the signal: for tests. */
void stop_clear(void);

#endif

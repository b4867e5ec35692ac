/* Worker processes: each is this program running `worker`, given one run at a time through a pipe. */
#ifndef EXPERIMENT_WORKERS_H
#define EXPERIMENT_WORKERS_H

enum { WORKERS_MOST = 512 };

struct workers;
/* Starts n processes, at most WORKERS_MOST. */
struct workers *workers_open(int n, const char *results);
void workers_close(struct workers *w);
/* Tells all of them to stop at the end of their step. */
void workers_stop(struct workers *w);
int workers_idle(const struct workers *w);
int workers_busy(const struct workers *w);
/* Hands a run to an idle worker. */
void workers_give(struct workers *w, int job, const char *const *assignments, int n);
/* Waits up to 0.2 s for one answer. Returns 0 when there is none yet; else *job, *code (EXIT_OK with text "done KEY",
 * "exists KEY" or "busy KEY": another process is at it; or the code and text of the failure). A worker that dies is replaced,
 * and its run fails with the reason. */
int workers_wait(struct workers *w, int *job, int *code, char *text, unsigned size);

#endif

/* What tests do with the program as a process: start it, end it, read what it says, and compare results folders. */
#ifndef TESTS_PROCESS_H
#define TESTS_PROCESS_H

#include <stddef.h>

#include <stdbool.h>
#include <sys/types.h>

/* A sweep of 24 small runs: a search with a ladder, and a grid without. Half a second on one core. */
extern const char small_experiment[];

/* Starts $PEFTLAB with these words (blank-separated, none may hold a blank) as the leader of its own process group,
 * both streams into the file `log`. `environment`: "NAME=value" words, or NULL. */
pid_t process_start(const char *words, const char *log, const char *environment);
/* The same with at most `descriptors` open files. */
pid_t process_start_limited(const char *words, const char *log, int descriptors);
/* Waits for it, at most `seconds`; fails the test when it is still there. The exit code, or 128 + signal. */
int process_wait(pid_t pid, double seconds);
/* Whether it has ended; then *code as above. */
int process_ended(pid_t pid, int *code);
/* Both: start and wait up to two minutes; what it said into `text`. */
int process_run(const char *words, const char *environment, char *text, size_t size);
/* A line for /bin/sh, for tests that need a pipe or a quote; what it said into `text`. The exit code, 128 + signal. */
int process_shell(const char *line, char *text, size_t size);
/* Whether the programs of both precisions are built; a sanitizer's build has one. */
bool process_twins(void);
/* Waits for a sweep that writes to `log`; fails the test when it ends otherwise than with 0. How many runs it made. */
long process_runs_made(pid_t pid, double seconds, const char *log);
/* Its children; returns how many (at most n). */
int process_children(pid_t pid, pid_t *child, int n);
/* Until no process is left in its group; they must have been told to end. */
void process_group_gone(pid_t leader);
void process_sleep(double seconds);

/* Number of whole records in <results>/runs; fails the test when one is damaged. */
int results_whole(const char *results);
/* Fails the test unless both folders hold the same runs with the same results, bit for bit but for times. */
void results_same(const char *a, const char *b);
/* Leftovers of dead processes in the folder. */
int results_leftovers(const char *results);
/* Makes a folder empty, whatever was in it. */
void results_fresh(const char *path);

#endif

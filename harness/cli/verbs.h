/* One function per verb; each gets the words after it and returns the exit code. */
#ifndef CLI_VERBS_H
#define CLI_VERBS_H

int verb_list(int argc, char **argv);
int verb_count(int argc, char **argv);
int verb_check(int argc, char **argv);
int verb_pretrain(int argc, char **argv);
int verb_run(int argc, char **argv);
int verb_race(int argc, char **argv);
int verb_export(int argc, char **argv);
int verb_sample(int argc, char **argv);
int verb_explain(int argc, char **argv);
int verb_show(int argc, char **argv);
int verb_sweep(int argc, char **argv);
int verb_report(int argc, char **argv);
int verb_document(int argc, char **argv);
int verb_status(int argc, char **argv);
int verb_verify(int argc, char **argv);
int verb_replay(int argc, char **argv);
int verb_blame(int argc, char **argv);
int verb_diff(int argc, char **argv);
int verb_merge(int argc, char **argv);
int verb_clean(int argc, char **argv);
int verb_bench(int argc, char **argv);
int verb_worker(int argc, char **argv);

/* Removes "name=value" from the words and returns value, or def. */
const char *take_option(int *argc, char **argv, const char *name, const char *def);
/* Removes the word `flag` ("--json") and says whether it was there. */
int take_flag(int *argc, char **argv, const char *flag);
/* Removes "flag value" ("-n 20") and returns the value of the last, or NULL. Dies with EXIT_USAGE when the value is
 * missing. */
const char *take_value(int *argc, char **argv, const char *flag);
/* The text behind a flag or an option as a whole number min..max; dies with EXIT_USAGE when it is none. */
long whole_number(const char *name, const char *text, long min, long max);
/* known=runs.csv, or NULL; dies with EXIT_USAGE when it names nothing. */
const char *take_known(int *argc, char **argv);
/* results=DIR, else $PEFTLAB_RESULTS, else "results". */
const char *take_results(int *argc, char **argv);

#endif

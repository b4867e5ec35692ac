/* A verb of the command line: one file harness/cli/NAME.c with one `const struct verb verb_NAME`, which scripts/registry
 * collects; a '-' in the file's name is a '_' in the struct's. */
#ifndef CLI_VERB_H
#define CLI_VERB_H

#include <stdbool.h>

enum { VERB_OPTIONS = 24 }; /* at most, with the entry that ends the table */

/* What a verb is for; `peftlab help` prints the groups in this order. A hidden verb is for programs. */
enum verb_group { VERB_MAKE, VERB_LOOK, VERB_SHARE, VERB_PROVE, VERB_HIDDEN };

/* A word that a verb takes beside its arguments.
 *   name      value     is written as
 *   "--csv"   NULL      --csv
 *   "-n"      "N"       -n 20, and where the name begins with --, also --tasks=20
 *   "--slurm" "[print]" --slurm, or --slurm=print
 *   "known"   "FILE"    known=FILE
 *   "--"      "OPTION"  all words behind it belong to another program */
struct verb_option {
    const char *name, *value, *help;
};

#define VERB_RESULTS                                                                 \
    {                                                                                \
        "results", "DIR", "the results folder (else $PEFTLAB_RESULTS, else results)" \
    }
#define VERB_KNOWN                                                                             \
    {                                                                                          \
        "known", "runs.csv", "a list of runs, as `report` writes it: those runs count as made" \
    }

struct words;

struct verb {
    const char *name, *summary, *usage; /* usage: the arguments, without the options */
    const char *help;                   /* more of the page of `peftlab help NAME`; NULL: the options say all */
    const char *example;                /* one command a line, without "peftlab " */
    enum verb_group group;
    int least, most; /* arguments; most 0: as many as one likes where least is not 0 */
    bool stops;      /* it looks at stop_requested; a signal ends any other verb at once */
    const struct verb_option options[VERB_OPTIONS];
    int (*run)(const struct words *w); /* returns the exit code */
};

extern const struct verb *const verb_registry[];
extern const int verb_registry_size;

/* The words behind a verb, parted into its options and the rest. */
struct words {
    const struct verb *verb;
    int n, behind;
    char **word;                     /* (n): arguments, and key=value that are none of the verb's options */
    char **after;                    /* (behind): what stands behind "--" */
    const char *value[VERB_OPTIONS]; /* by option; NULL: not given; "": given without a value */
};

/* Dies with EXIT_USAGE, naming the nearest, when there is no such verb. */
const struct verb *verb_find(const char *name);
/* Runs a verb with these words, which it reorders. Dies with EXIT_USAGE on an option that the verb does not have, one that is
 * given twice or lacks its value, and on too few or too many arguments. */
int verb_call(const struct verb *verb, int argc, char **argv);

/* The value of an option of this verb's table; `otherwise` when it is not given. */
const char *words_text(const struct words *w, const char *name, const char *otherwise);
bool words_given(const struct words *w, const char *name);
/* As a whole number min..max; dies with EXIT_USAGE when it is none. */
long words_number(const struct words *w, const char *name, long min, long max, long otherwise);
/* results=DIR, else $PEFTLAB_RESULTS, else "results". */
const char *words_results(const struct words *w);
/* Makes the results folder if need be and locks it, for close(): for verbs that read a list in it, and write the whole list again.
 * Dies with EXIT_USAGE where another process has it. */
int words_lock(const struct words *w);
/* known=runs.csv, or NULL. */
const char *words_known(const struct words *w);
/* Whether a word is key=value, and not a path in which a = stands. */
bool word_is_setting(const char *word);
/* Dies with EXIT_USAGE: what the verb takes, and an example. */
_Noreturn void words_usage(const struct words *w);

#endif

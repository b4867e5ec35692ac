/* What `peftlab help` prints. */
#ifndef CLI_HELP_H
#define CLI_HELP_H

#include "cli/verb.h"

#include <stdio.h>

extern const char *const help_groups[]; /* titles, by enum verb_group; without the hidden one */
extern const char help_exit_codes[];
/* The page of all verbs. */
void help_print(FILE *out);
/* How an option is written: "-n N", "known=FILE", "--slurm[=print]". */
void help_option(const struct verb_option *o, char *text, size_t size);
/* The page of one verb. */
void help_print_verb(const struct verb *v, FILE *out);

#endif

/* One function per verb; each returns the exit code. */
#ifndef CLI_VERBS_H
#define CLI_VERBS_H

int verb_pretrain(int argc, char **argv);

#endif

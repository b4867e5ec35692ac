/* What the committed reference found about a method: the claims that it can be held to, and its row against LoRA. */
#ifndef REPORT_METHOD_VERDICTS_H
#define REPORT_METHOD_VERDICTS_H

#include <stdio.h>

struct method;

/* Writes one block, `verdicts of ...`; says where the reference is when it does not come with the program, and when it
 * has no runs of the method. */
void verdicts_print(const struct method *m, FILE *f);

#endif

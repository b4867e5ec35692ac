/* peftlab pretrain: make a base, or describe the one that is there. */
#include "cli/verbs.h"
#include "train/base.h"
#include <stdlib.h>
int verb_pretrain(int argc, char **argv)
{
    struct base b;
    base_open(&b, argc > 0 ? argv[0] : "synthetic", 1);
    base_pretrain(&b, "results");
    base_describe(&b, "results");
    base_close(&b);
    return 0;
}

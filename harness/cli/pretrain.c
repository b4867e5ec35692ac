/* peftlab pretrain: make a base, or describe the one that is there. */
#include "cli/verbs.h"

#include "core/die.h"
#include "core/option.h"
#include "train/base.h"

#include <stdio.h>
#include <stdlib.h>

int verb_pretrain(int argc, char **argv)
{
    const char *results = take_results(&argc, argv), *name = take_option(&argc, argv, "base", "synthetic");
    const char *seed = take_option(&argc, argv, "base_seed", "1");
    char *end;
    long n = strtol(seed, &end, 10);
    if (argc > 0)
        die(EXIT_USAGE, "pretrain takes base= and base_seed=, not \"%.60s\"", argv[0]);
    if (*end || n < 0 || n > 2147483647)
        die(EXIT_USAGE, "base_seed=%.40s is not a number 0..2147483647", seed);
    struct base b;
    base_open(&b, name, (int)n);
    if (!b.recipe || !b.recipe->steps)
        die(EXIT_USAGE, "base=%s is not made by pretraining", name);
    base_pretrain(&b, results);
    base_describe(&b, results);
    base_close(&b);
    return EXIT_OK;
}

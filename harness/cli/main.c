/* The command line: a table of verbs. */
#include "cli/verbs.h"

#include "core/die.h"
#include "core/option.h"
#include "core/progress.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct verb {
    const char *name, *arguments, *help;
    int (*run)(int argc, char **argv);
} verbs[] = {
    {"pretrain", "[base=synthetic] [base_seed=1]", "make a synthetic base, or show the tests of one that is there", verb_pretrain},
};

int main(int argc, char **argv)
{
    setlocale(LC_ALL, "C");
    /* one run is one BLAS thread; OpenBLAS reads this when it is loaded, so set it and start again */
    if (!getenv("OPENBLAS_NUM_THREADS")) {
        setenv("OPENBLAS_NUM_THREADS", "1", 1);
        setenv("OMP_NUM_THREADS", "1", 1);
    }
    stop_install();
    for (size_t i = 0; argc > 1 && i < sizeof verbs / sizeof *verbs; i++)
        if (strcmp(argv[1], verbs[i].name) == 0)
            return verbs[i].run(argc - 2, argv + 2);
    return 2;
}

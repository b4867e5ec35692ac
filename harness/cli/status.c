#include "cli/verbs.h"
int verb_status(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    return 0;
}

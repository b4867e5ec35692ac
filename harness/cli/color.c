/* Deciding whether standard output is coloured. */
#include "cli/color.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *when_wanted(const char *code)
{
    const char *never = getenv("NO_COLOR"), *terminal = getenv("TERM");
    return isatty(STDOUT_FILENO) && !(never && *never) && !(terminal && strcmp(terminal, "dumb") == 0) ? code : "";
}

const char *color_good(void)
{
    return when_wanted("\033[32m");
}

const char *color_bad(void)
{
    return when_wanted("\033[31m");
}

const char *color_off(void)
{
    return when_wanted("\033[0m");
}

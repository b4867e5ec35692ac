/* peftlab version: which program this is. */
#include "cli/verb.h"

#include "core/build.h"
#include "core/die.h"
#include "core/real.h"

#include <stdio.h>

static int run(const struct words *w)
{
    (void)w;
    printf("peftlab %s (%s, commit %.12s%s, PEFTLAB_ABI %d)\n", source_version, REAL_NAME, source_commit,
           source_dirty ? " with changes" : "", PEFTLAB_ABI);
    return EXIT_OK;
}

const struct verb verb_version = {
    .name = "version",
    .group = VERB_LOOK,
    .summary = "print the version, the number type and the commit",
    .usage = "",
    .example = "version",
    .run = run,
};

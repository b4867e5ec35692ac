/* Look-up in the generated table of source hashes. */
#include "core/build.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *sources_hash(const char *file)
{
    for (const struct source *s = source_table; s->file; s++)
        if (strcmp(s->file, file) == 0)
            return s->sha256;
    fprintf(stderr, "peftlab: no source hash for %s: the registry is out of date\n", file);
    abort();
}

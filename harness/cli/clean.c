/* peftlab clean: lists what dead processes left in a results folder; with --stale removes it. */
#include "cli/verbs.h"

#include "core/die.h"
#include "record/folder.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int verb_clean(int argc, char **argv)
{
    const char *results = take_results(&argc, argv);
    int remove = take_flag(&argc, argv, "--stale"), n = 0, work = 0;
    struct folder f;
    if (argc)
        die(EXIT_USAGE, "clean takes --stale (remove what is listed) and results=DIR, not \"%.60s\"", argv[0]);
    folder_open(&f, results);
    for (int i = 0; i < f.n; i++) {
        const struct folder_file *g = &f.file[i];
        if (!folder_leftover(g)) {
            work += g->kind == FOLDER_JOURNAL || g->kind == FOLDER_TEMPORARY;
            continue;
        }
        if (remove && unlink(g->path) && errno != ENOENT)
            die(EXIT_RESOURCE, "%s: cannot be removed: %s", g->path, strerror(errno));
        printf("%s %s\n", remove ? "removed" : "leftover", g->path);
        n++;
    }
    folder_close(&f);
    printf("%s: %d leftovers%s, %d files of work in progress\n", results, n,
           remove ? " removed"
           : n    ? " (`peftlab clean --stale` removes them)"
                  : "",
           work);
    return EXIT_OK;
}

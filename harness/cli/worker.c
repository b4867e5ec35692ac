/* peftlab worker: makes the runs that its parent, a sweep, names on standard input. */
#include "cli/verb.h"

#include "core/die.h"
#include "core/progress.h"
#include "experiment/executor.h"

#include <stdio.h>
#include <string.h>

/* One request is "key=value" lines and an empty line; one answer is one line. */
static int read_request(char *lines[], int max, char *buffer, size_t size)
{
    int n = 0;
    size_t used = 0;
    while (n < max && fgets(buffer + used, (int)(size - used), stdin)) {
        char *line = buffer + used;
        line[strcspn(line, "\n")] = '\0';
        if (!*line)
            return n;
        lines[n++] = line;
        used += strlen(line) + 1;
    }
    return n ? n : -1;
}

static void answer(struct session *s, int n, const char *const *assignments)
{
    static const char *const words[] = {"exists", "done", "busy"};
    struct trap t;
    struct identity p;
    if (trap_set(&t)) {
        printf("failed %d %s\n", t.code, t.text);
    } else {
        identity_make(s, &p, n, assignments);
        DEFER(identity_free, &p); /* the worker lives on when a run dies */
        enum run_outcome o = executor_run(s, &p, NULL);
        printf("%s %s\n", words[o], p.key);
    }
    trap_end(&t);
    fflush(stdout);
}

static int run(const struct words *w)
{
    static char buffer[1 << 16];
    static char *lines[512];
    struct session *s = session_open(words_results(w));
    int n;
    session_hush(s, true); /* its parent has looked at the same bases and data */
    while ((n = read_request(lines, 512, buffer, sizeof buffer)) > 0) {
        answer(s, n, (const char *const *)lines);
        if (stop_requested())
            break;
    }
    session_close(s);
    return stop_requested() ? EXIT_INTERRUPTED : EXIT_OK;
}

const struct verb verb_worker = {
    .name = "worker",
    .group = VERB_HIDDEN,
    .summary = "make the runs that a sweep names on standard input",
    .usage = "",
    .example = "worker",
    .stops = true,
    .options = {VERB_RESULTS},
    .run = run,
};

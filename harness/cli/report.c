/* peftlab report: tables, figures and the page of one or more experiments. */
#include "cli/verbs.h"

#include "core/die.h"
#include "report/publish.h"

#include <string.h>

int verb_report(int argc, char **argv)
{
    const char *results = take_results(&argc, argv);
    struct report r;
    int files = 0;
    while (files < argc && !strchr(argv[files], '='))
        files++;
    if (files < 1)
        die(EXIT_USAGE, "report takes one or more experiment files, then key=value for all their grids");
    for (int i = 0; i < argc; i++)
        if (argv[i][0] == '-')
            die(EXIT_USAGE, "report has no option %.40s", argv[i]);
    struct session *s = session_open(results);
    report_open(&r, results);
    for (int i = 0; i < files; i++)
        report_add(&r, s, argv[i], argc - files, argv + files);
    session_close(s);
    report_close(&r);
    return (int)r.code;
}

/* peftlab report and document: tables, figures and the page of experiments; generated blocks in documents. */
#include "cli/verbs.h"

#include "core/die.h"
#include "report/compare_reference.h"
#include "report/document.h"
#include "report/report.h"

#include <stdio.h>
#include <string.h>

/* "--reference DIR" or "--reference=DIR", taken out of the words; NULL when it is not there. */
static const char *take_reference(int *argc, char **argv)
{
    static const char flag[] = "--reference";
    for (int i = 0; i < *argc; i++) {
        size_t n = sizeof flag - 1;
        bool joined = strncmp(argv[i], "--reference=", n + 1) == 0, apart = strcmp(argv[i], flag) == 0;
        if (!joined && !apart)
            continue;
        if (apart && i + 1 == *argc)
            die(EXIT_USAGE, "--reference needs a folder that holds runs.csv and tables/");
        const char *folder = joined ? argv[i] + n + 1 : argv[i + 1];
        int used = joined ? 1 : 2;
        memmove(argv + i, argv + i + used, (size_t)(*argc - i - used) * sizeof *argv);
        *argc -= used;
        return folder;
    }
    return NULL;
}

/* One line that says how the results stand to the reference; EXIT_MISMATCH when they do not agree. */
static enum exit_code compare(const char *results, const char *reference)
{
    struct comparison c = reference_compare(results, reference, stderr);
    printf("against %s: %d runs have the same bits, %d others; %d were made with other kernels or another compiler, %d "
           "of the reference are not here; of %d means compared %d lie outside; %d mismatches\n",
           reference, c.same_bits, c.other_bits, c.elsewhere, c.absent, c.rows + c.outside, c.outside,
           c.other_bits + c.outside);
    return c.other_bits + c.outside ? EXIT_MISMATCH : EXIT_OK;
}

int verb_report(int argc, char **argv)
{
    const char *results = take_results(&argc, argv), *reference = take_reference(&argc, argv);
    const char *known = take_known(&argc, argv);
    struct report r;
    int files = 0;
    for (int i = 0; i < argc; i++)
        if (argv[i][0] == '-')
            die(EXIT_USAGE, "report has no option %.40s, only --reference DIR", argv[i]);
    while (files < argc && !strchr(argv[files], '='))
        files++;
    if (files < 1)
        die(EXIT_USAGE, "report takes one or more experiment files, then key=value for all their grids");
    struct session *s = session_open(results);
    session_set_list(s, known);
    report_open(&r, results, stdout);
    for (int i = 0; i < files; i++)
        report_add(&r, s, argv[i], argc - files, argv + files);
    session_close(s);
    report_close(&r);
    enum exit_code compared = reference ? compare(results, reference) : EXIT_OK;
    return (int)(r.code ? r.code : compared);
}

int verb_document(int argc, char **argv)
{
    const char *tables = take_option(&argc, argv, "tables", "results/reference");
    int check = take_flag(&argc, argv, "--check"), changed = 0;
    if (argc < 1)
        die(EXIT_USAGE, "document takes one or more Markdown files, tables=DIR and --check");
    for (int i = 0; i < argc; i++)
        changed += document_update(argv[i], tables, check);
    printf("%d generated blocks %s\n", changed,
           check ? "or numbers of sentences differ from their tables" : "brought up to date");
    return check && changed ? EXIT_MISMATCH : EXIT_OK;
}

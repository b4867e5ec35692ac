/* peftlab report: tables, figures and the page of experiments. */
#include "cli/verb.h"

#include "cli/nearest.h"
#include "core/die.h"
#include "report/compare_reference.h"
#include "report/report.h"

#include <stdio.h>
#include <string.h>

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

static int run(const struct words *w)
{
    const char *results = words_results(w), *reference = words_text(w, "--reference", NULL);
    struct report r;
    int files = 0;
    while (files < w->n && !word_is_setting(w->word[files]))
        files++;
    if (files < 1)
        words_usage(w);
    for (int i = 0; i < files; i++)
        nearest_experiment(w->word[i]);
    struct session *s = session_open(results);
    session_set_list(s, words_known(w));
    report_open(&r, results, stdout);
    for (int i = 0; i < files; i++)
        report_add(&r, s, w->word[i], w->n - files, (char **)w->word + files);
    session_close(s);
    report_close(&r);
    enum exit_code compared = reference ? compare(results, reference) : EXIT_OK;
    return (int)(r.code ? r.code : compared);
}

const struct verb verb_report = {
    .name = "report",
    .group = VERB_LOOK,
    .summary = "make tables, figures and a page from the runs that exist",
    .usage = "FILE.ini ... [key=value ...]",
    .least = 1,
    .help = "key=value changes all grids of the experiments, as for sweep.",
    .example = "report experiments/main.ini\nreport experiments/main.ini known=results/reference/default/runs.csv",
    .options = {VERB_KNOWN,
                {"--reference", "FOLDER", "compare with the runs.csv and tables/ of this folder"},
                VERB_RESULTS},
    .run = run,
};

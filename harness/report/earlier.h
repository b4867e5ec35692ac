/* An earlier report in the same results folder: of other experiments, it is kept. */
#ifndef REPORT_EARLIER_H
#define REPORT_EARLIER_H

/* Where <results>/report.html shows an experiment that is not among the n ids (as its experiments-inventory.csv says),
 * renames it and runs.csv to report-ID+ID.html and runs-ID+ID.csv, after the experiments it shows, and says so in a line
 * on stderr. A page of these experiments alone, or of some of them, is left where it is, for the new one to replace. */
void earlier_keep(const char *results, int n, const char *const *ids);

#endif

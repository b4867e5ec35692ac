/* Numbers in documents: blocks of Markdown that are generated from the reference results, and a check that they agree.
 *
 *     <!-- generated: table main-score -->      the file main-score.md under <tables>, or below one folder of it
 *     ...                                       (default/tables/main-score.md); "default/main-score" names the folder,
 *                                               "main-score note 2" is the second note under the table alone
 *     <!-- end --> */
#ifndef REPORT_DOCUMENT_H
#define REPORT_DOCUMENT_H

/* Brings every generated block up to date; returns how many differed. With `check`, nothing is written, every block
 * that differs is named on stderr, and so is every number of a sentence that its tables do not have (report/sentences.h).
 * Dies with EXIT_USAGE (a block without end) or EXIT_DATA (document or table missing).
 */
int document_update(const char *path, const char *tables, int check);

#endif

/* Numbers in sentences: what a section of a document says of its experiments must stand in their tables. */
#ifndef REPORT_SENTENCES_H
#define REPORT_SENTENCES_H

/* In every section "## NAME[, NAME ...]: ..." whose names have tables under `tables`, looks at the paragraphs that
 * begin with **Result.** or with a question in bold. A number with a decimal point must be one of those tables', as it
 * is printed there, or of the tables of another experiment that the paragraph names in backticks; an estimate with its
 * interval, "85.6 [83.9, 87.4]", must stand there side by side. Names on stderr, with path and line, what does not;
 * returns how many. */
int prose_check(const char *path, const char *text, const char *tables);

#endif

/* Writing a table as Markdown, CSV, LaTeX and HTML; what comes from files is escaped in each. */
#ifndef TABLE_WRITE_H
#define TABLE_WRITE_H

#include "table/table.h"

#include <stdio.h>

enum table_format { TABLE_MARKDOWN, TABLE_CSV, TABLE_LATEX, TABLE_HTML, TABLE_FORMATS };
extern const char *const table_suffix[TABLE_FORMATS]; /* "md", "csv", "tex", "html" */
void table_write(const struct table *s, enum table_format format, FILE *out);
/* Text with what the format reads as markup made harmless. */
void table_escape(enum table_format format, const char *text, FILE *out);

#endif

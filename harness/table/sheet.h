/* A table as the report holds it, and the four ways it is written: Markdown, CSV, LaTeX, HTML. */
#ifndef TABLE_SHEET_H
#define TABLE_SHEET_H

#include <stdbool.h>
#include <stdio.h>

/* What a reader sees and what a program reads are not the same columns: "85.2 [83.1, 87.0]" against three numbers. */
enum audience { EVERYONE, READERS, PROGRAMS };

struct column {
    char *title, *name; /* name: the CSV's header */
    enum audience audience;
    bool number; /* aligned right */
};
struct entry {
    char *text;   /* for readers; NULL: nothing to say */
    double value; /* for programs when the column is a number; NaN: absent */
};
struct sheet {
    char *id, *name, *caption; /* experiment and table; caption says n and the kind of interval */
    struct column *column;
    struct entry *entry; /* (rows, columns) */
    char **note;
    int columns, rows, notes;
};

void sheet_open(struct sheet *s, const char *id, const char *name);
void sheet_free(struct sheet *s);
void sheet_caption(struct sheet *s, const char *format, ...) __attribute__((format(printf, 2, 3)));
void sheet_note(struct sheet *s, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Columns come before rows. Returns the column's index. */
int sheet_column(struct sheet *s, const char *title, const char *name, enum audience audience, bool number);
/* Adds a row; entries are empty until set. */
void sheet_row(struct sheet *s);
/* Sets an entry of the last row: its text; or its number, shown with `decimals` after the point and a sign if wanted.
 */
void sheet_text(struct sheet *s, int column, const char *format, ...) __attribute__((format(printf, 3, 4)));
void sheet_number(struct sheet *s, int column, double value, int decimals);
void sheet_signed(struct sheet *s, int column, double value, int decimals);
/* The number for programs, and other words for readers. */
void sheet_value(struct sheet *s, int column, double value, const char *words);
const struct entry *sheet_entry(const struct sheet *s, int row, int column);

enum sheet_format { SHEET_MARKDOWN, SHEET_CSV, SHEET_LATEX, SHEET_HTML, SHEET_FORMATS };
extern const char *const sheet_suffix[SHEET_FORMATS]; /* "md", "csv", "tex", "html" */
void sheet_write(const struct sheet *s, enum sheet_format format, FILE *out);
/* Text with what the format reads as markup made harmless. */
void sheet_escape(enum sheet_format format, const char *text, FILE *out);

#endif

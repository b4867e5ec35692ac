/* A table as the report holds it: rows, columns, caption and notes. table/write.h writes it. */
#ifndef TABLE_TABLE_H
#define TABLE_TABLE_H

#include <stdbool.h>

/* What a reader sees and what a program reads are not the same columns: "85.2 [83.1, 87.0]" against three numbers. */
enum audience { EVERYONE, READERS, PROGRAMS };

struct column {
    const char *title, *name; /* name: the CSV's header */
    enum audience audience;
    bool number; /* aligned right */
};
struct entry {
    char *text;   /* for readers; NULL: nothing to say */
    double value; /* for programs when the column is a number; NaN: absent */
    double *draw; /* what single runs would have said in its place, `draws` of them; NULL: not known */
    int draws;
};
struct table {
    char *id, *name, *caption; /* experiment and table; caption says n and the kind of interval */
    struct column *column;
    struct entry *entry;  /* (rows, columns) */
    char **note, *absent; /* absent: why there is no table, where that takes more words than its kind has */
    int columns, rows, notes;
};

void table_open(struct table *s, const char *id, const char *name);
void table_free(struct table *s);
void table_caption(struct table *s, const char *format, ...) __attribute__((format(printf, 2, 3)));
void table_note(struct table *s, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Why the table will have no rows, in one line. */
void table_absent(struct table *s, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Columns come before rows. Returns the column's index. */
int table_column(struct table *s, const char *title, const char *name, enum audience audience, bool number);
/* The same for n of them, whose texts are copied. */
void table_columns(struct table *s, const struct column *column, int n);
/* The first column of this name; -1 when there is none. */
int table_find_column(const struct table *s, const char *name);
/* Adds a row; entries are empty until set. */
void table_row(struct table *s);
/* Sets an entry of the last row: its text; or its number, shown with `decimals` after the point and a sign if wanted.
 */
void table_text(struct table *s, int column, const char *format, ...) __attribute__((format(printf, 3, 4)));
void table_number(struct table *s, int column, double value, int decimals);
void table_signed(struct table *s, int column, double value, int decimals);
/* The number for programs, and other words for readers. */
void table_value(struct table *s, int column, double value, const char *words);
/* What single runs would have said in place of an entry of the last row that has its number: (n), copied. No format
 * writes it; a claim about the entry is held against it. */
void table_draws(struct table *s, int column, const double *v, int n);
const struct entry *table_entry(const struct table *s, int row, int column);
/* Its text; "" where it has none, and where there is no such column (-1). */
const char *table_words(const struct table *s, int row, int column);

#endif

/* A CSV file in memory, its columns found by name. */
#ifndef CORE_CSV_FILE_H
#define CORE_CSV_FILE_H

struct csv_file {
    char *path;
    char ***row; /* row[0] is the header */
    int *fields, rows;
    long *line; /* (rows): where each begins in the file */
};

/* Dies with EXIT_DATA when the file cannot be read or has no header. */
void csv_file_read(struct csv_file *f, const char *path);
void csv_file_free(struct csv_file *f);
/* -1 when there is none of that name. */
int csv_file_column(const struct csv_file *f, const char *name);
/* at[k]: the column of names[k], for k < n. Dies with EXIT_DATA, naming the first that there is not. */
void csv_file_columns(const struct csv_file *f, const char *const *names, int n, int *at);
/* Text of a data row (0 is the first behind the header), "" where the row is short or the column is -1. */
const char *csv_file_text(const struct csv_file *f, int row, int column);
double csv_file_number(const struct csv_file *f, int row, int column); /* NaN when it is not one */
long csv_file_line(const struct csv_file *f, int row);                 /* of a data row, for messages */
int csv_file_rows(const struct csv_file *f);                           /* data rows */

#endif

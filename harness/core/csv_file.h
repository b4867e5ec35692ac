/* A whole CSV file in memory, its columns found by name. */
#ifndef CORE_CSV_FILE_H
#define CORE_CSV_FILE_H

struct frame {
    char *path;
    char ***row; /* row[0] is the header */
    int *fields, rows;
};

/* Dies with EXIT_DATA when the file cannot be read or has no header. */
void frame_read(struct frame *f, const char *path);
void frame_free(struct frame *f);
/* -1 when there is none of that name. */
int frame_column(const struct frame *f, const char *name);
/* Text of a data row (0 is the first behind the header), "" where the row is short or the column is -1. */
const char *frame_text(const struct frame *f, int row, int column);
double frame_number(const struct frame *f, int row, int column); /* NaN when it is not one */
int frame_rows(const struct frame *f);                           /* data rows */

#endif

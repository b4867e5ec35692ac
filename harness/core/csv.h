/* Tables and JSON lines: read through libcsv and jansson row by row, whatever their size. */
#ifndef CORE_CSV_H
#define CORE_CSV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum csv_format {
    FORMAT_TSV,        /* TAB alone separates, quotes are text, one line is one row */
    FORMAT_CSV,        /* RFC 4180: commas, fields that hold commas, quotes or line ends stand in quotes */
    FORMAT_SEMICOLON,  /* the same with semicolons, as spreadsheets write where the comma is decimal */
    FORMAT_QUOTED_TSV, /* the same with TAB, as pandas writes */
    FORMAT_JSONL,      /* an object a line; the keys of the first one are the first row, others do not count */
    FORMAT_PIPE,       /* RFC 4180 with | */
    FORMATS
};

enum { CSV_ROW_BYTES = 1 << 20, CSV_ROW_FIELDS = 256 }; /* bounds of one row */

/* Valid until the next csv_next. Blanks are kept; a carriage return at a field's edge is not data; a line without
 * anything is a row of 0 fields. */
struct csv_row {
    long line; /* where it begins, from 1 */
    int n;
    char **field;
    const char *problem; /* "longer than 1048576 bytes", "more than 256 fields": the row was cut; NULL when whole */
    bool open;           /* the file ends without a line end behind it */
};

struct csv_reader;

/* Dies with EXIT_DATA when the file cannot be read. A UTF-8 byte order mark and a line "sep=;" are skipped, a gzip file is
 * unpacked, and where the first lines end in carriage returns alone, these are line ends. */
struct csv_reader *csv_open(const char *path, enum csv_format format);
/* False at the end; the last line needs no line end. Dies with EXIT_DATA, naming file and line: a NUL byte (all
 * formats); with quotes: a quote inside a bare field, one that never closes, a row beyond CSV_ROW_BYTES. */
bool csv_next(struct csv_reader *r, struct csv_row *row);
void csv_close(struct csv_reader *r);
/* Whether a field of JSON was an array or an object; it is read as empty. */
bool csv_nested(const char *field);

/* Writes a field as RFC 4180 wants it; a leading = + - @ is not left for a spreadsheet to run. */
void csv_put(FILE *out, const char *text);

#endif

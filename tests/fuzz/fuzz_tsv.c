/* TSV and CSV: rows stay within their bounds, lines count upwards, and TSV rows are exactly the lines of the file. */
#include "core/csv_sniff.h"
#include "tests/fuzz/fuzz.h"

static struct csv_reader *csv;
static long lines; /* of the input; -1: compressed, or of lines that end in CR alone */

static void read_all(const char *path, enum csv_format format)
{
    struct csv_row row;
    long last = 0, rows = 0;
    csv = csv_open(path, format);
    for (; csv_next(csv, &row); rows++) {
        if (row.line < last + (format != FORMAT_JSONL) || row.n > CSV_ROW_FIELDS)
            abort();
        last = row.line;
        for (int i = 0; i < row.n; i++)
            if (strlen(row.field[i]) > CSV_ROW_BYTES || (format == FORMAT_TSV && strchr(row.field[i], '\t')))
                abort();
    }
    if (lines >= 0 && (format == FORMAT_TSV ? rows != lines : rows > lines))
        abort();
}

static void read_tsv(const char *path)
{
    read_all(path, FORMAT_TSV);
}

static void read_csv(const char *path)
{
    read_all(path, FORMAT_CSV);
}

static void read_jsonl(const char *path)
{
    csv_sniff(path);
    lines = -1;
    read_all(path, FORMAT_JSONL);
}

FUZZ_TARGET(tsv)
{
    void (*const readers[])(const char *) = {read_tsv, read_csv, read_jsonl};
    size_t mark = bytes >= 3 && memcmp(data, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
    size_t last = bytes;
    while (last > mark && data[last - 1] == '\r')
        last--; /* carriage returns alone after the last line end are no line */
    lines = last > mark && data[last - 1] != '\n';
    for (size_t i = mark; i < bytes; i++)
        lines += data[i] == '\n';
    bool packed = bytes >= 2 && data[0] == 0x1F && data[1] == 0x8B;
    if (packed || (bytes && !memchr(data, '\n', bytes) && memchr(data, '\r', bytes)))
        lines = -1;
    for (int i = 0; i < 3; i++) {
        fuzz_read(readers[i], fuzz_file(0, data, bytes));
        csv_close(csv);
        csv = NULL;
    }
    return 0;
}

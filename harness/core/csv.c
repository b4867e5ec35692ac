/* libcsv pushes, we pull: physical lines are fed to the parser until it has completed a row. */
#include "core/csv.h"

#include "core/arena.h"
#include "core/die.h"

#include <csv.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#ifdef PEFTLAB_FUZZ /* small inputs meet the ends of chunks */
enum { CHUNK = 64 };
#else
enum { CHUNK = 1 << 16 };
#endif

struct csv_reader {
    struct csv_parser parser;
    enum csv_format format;
    char *path;
    FILE *stream;
    char chunk[CHUNK];
    size_t at, end; /* what is left of the chunk */
    long line;      /* line ends read so far */

    /* The row being assembled: fields one after another in `text`, each ended by NUL. */
    char *text;
    size_t used, capacity, fed; /* fed: bytes of the file that belong to the row */
    size_t start[CSV_ROW_FIELDS];
    char *field[CSV_ROW_FIELDS];
    int n;
    bool complete;
    const char *problem;
};

/* libcsv trims "spaces" at the edges of fields: only the carriage return of CR LF is one. */
static int is_space(unsigned char c)
{
    return c == '\r';
}

static int is_line_end(unsigned char c)
{
    return c == '\n';
}

static void on_field(void *text, size_t size, void *data)
{
    struct csv_reader *r = data;
    if (r->n == CSV_ROW_FIELDS) {
        r->problem = "more than 256 fields";
        return;
    }
    memcpy(r->text + r->used, text ? text : "", size); /* fits: see the capacity in feed */
    r->text[r->used + size] = '\0';
    r->start[r->n++] = r->used;
    r->used += size + 1;
}

static void on_row(int terminator, void *data)
{
    (void)terminator;
    ((struct csv_reader *)data)->complete = true;
}

/* A CR LF file with blank lines, a last line without an end, a byte order mark: all are the same rows. */
struct csv_reader *csv_open(const char *path, enum csv_format format)
{
    FILE *stream = fopen(path, "rbe");
    if (!stream)
        die(EXIT_DATA, "%s: %s", path, strerror(errno));
    struct stat s;
    if (fstat(fileno(stream), &s) == 0 && S_ISDIR(s.st_mode)) {
        fclose(stream);
        die(EXIT_DATA, "%s: is a folder, a file is wanted", path);
    }
    struct csv_reader *r = mem_alloc(sizeof *r);
    r->stream = stream;
    r->format = format;
    r->path = mem_text("%s", path);
    bool quotes = format == FORMAT_CSV;
    csv_init(&r->parser, CSV_REPALL_NL | (quotes ? CSV_STRICT | CSV_STRICT_FINI : 0));
    csv_set_delim(&r->parser, quotes ? ',' : '\t');
    csv_set_quote(&r->parser, quotes ? '"' : '\0'); /* libcsv always has one; NUL is refused before it gets there */
    csv_set_space_func(&r->parser, is_space);
    csv_set_term_func(&r->parser, is_line_end);
    csv_set_blk_size(&r->parser, 4096);
    r->end = fread(r->chunk, 1, CHUNK, stream);
    if (r->end >= 3 && memcmp(r->chunk, "\xEF\xBB\xBF", 3) == 0)
        r->at = 3;
    return r;
}

void csv_close(struct csv_reader *r)
{
    if (!r)
        return;
    csv_free(&r->parser);
    fclose(r->stream);
    free(r->path);
    free(r->text);
    free(r);
}

static _Noreturn void quote_error(const struct csv_reader *r, long line)
{
    if (csv_error((struct csv_parser *)&r->parser) != CSV_EPARSE)
        die(EXIT_RESOURCE, "out of memory in row %ld of %s", line, r->path);
    die(EXIT_DATA,
        "%s:%ld: a quote within a bare field, or one that never closes; for tab-separated text with literal quotes "
        "name the file .tsv",
        r->path, line);
}

/* Hands `size` bytes, at most one line, to the parser. */
static void feed(struct csv_reader *r, long line, const char *bytes, size_t size)
{
    r->fed += size;
    if (r->fed > CSV_ROW_BYTES) {
        if (r->format == FORMAT_CSV)
            die(EXIT_DATA, "%s:%ld: a row longer than %d bytes: does a quote never close?", r->path, line,
                CSV_ROW_BYTES);
        r->problem = "longer than 1048576 bytes";
        if (bytes[size - 1] != '\n')
            return;
        bytes += size - 1; /* the line end alone */
        size = 1;
    }
    size_t need = (r->fed < CSV_ROW_BYTES ? r->fed : CSV_ROW_BYTES) + CSV_ROW_FIELDS; /* every field and its NUL */
    if (need > r->capacity) {
        r->capacity = 2 * need;
        r->text = mem_grow(r->text, r->capacity);
    }
    if (csv_parse(&r->parser, bytes, size, on_field, on_row, r) != size)
        quote_error(r, line);
}

/* The next line, or the part of it that the chunk holds; false at the end of the file. */
static bool take_line(struct csv_reader *r, const char **bytes, size_t *size)
{
    if (r->at == r->end) {
        r->at = 0;
        r->end = fread(r->chunk, 1, CHUNK, r->stream);
        if (ferror(r->stream))
            die(EXIT_DATA, "%s: %s", r->path, strerror(errno));
        if (r->end == 0)
            return false;
    }
    const char *from = r->chunk + r->at, *end = memchr(from, '\n', r->end - r->at);
    *bytes = from;
    *size = end ? (size_t)(end - from) + 1 : r->end - r->at;
    if (memchr(from, '\0', *size))
        die(EXIT_DATA, "%s:%ld: a NUL byte: not text, or UTF-16; save it as UTF-8", r->path, r->line + 1);
    r->at += *size;
    r->line += end != NULL;
    return true;
}

bool csv_next(struct csv_reader *r, struct csv_row *row)
{
    r->n = 0;
    r->used = r->fed = 0;
    r->complete = false;
    r->problem = NULL;
    long line = r->line + 1;
    const char *bytes;
    size_t size;
    while (!r->complete && take_line(r, &bytes, &size))
        feed(r, line, bytes, size);
    if (!r->complete && csv_fini(&r->parser, on_field, on_row, r) != 0)
        quote_error(r, line);
    for (int i = 0; i < r->n; i++)
        r->field[i] = r->text + r->start[i];
    *row = (struct csv_row){.line = line, .n = r->n, .field = r->field, .problem = r->problem};
    return r->complete;
}

void csv_put(FILE *out, const char *text)
{
    bool formula = *text && strchr("=+-@", *text), quote = formula || strpbrk(text, ",\"\r\n");
    if (quote)
        fputs(formula ? "\"'" : "\"", out);
    for (const char *c = text; *c; c++) {
        if (*c == '"')
            fputc('"', out);
        fputc(*c, out);
    }
    if (quote)
        fputc('"', out);
}

/* ---- Whole files ------------------------------------------------------------------------------------------------ */

void csv_file_read(struct csv_file *f, const char *path)
{
    struct csv_row r;
    struct csv_reader *csv = csv_open(path, FORMAT_CSV);
    struct trap t;
    *f = (struct csv_file){.path = mem_text("%s", path)};
    if (trap_set(&t)) { /* what is no table is given back, for whoever goes on */
        csv_close(csv);
        csv_file_free(f);
        die(t.code, "%s", t.text);
    }
    while (csv_next(csv, &r)) {
        if (!r.n)
            continue;
        f->row = mem_grow(f->row, (size_t)(f->rows + 1) * sizeof *f->row);
        f->fields = mem_grow(f->fields, (size_t)(f->rows + 1) * sizeof *f->fields);
        f->row[f->rows] = mem_alloc((size_t)r.n * sizeof(char *));
        f->fields[f->rows] = r.n;
        for (int i = 0; i < r.n; i++)
            f->row[f->rows][i] = mem_text("%s", r.field[i]);
        f->rows++;
    }
    if (!f->rows)
        die(EXIT_DATA, "%s: is empty", path);
    trap_end(&t);
    csv_close(csv);
}

void csv_file_free(struct csv_file *f)
{
    for (int i = 0; i < f->rows; i++) {
        for (int k = 0; k < f->fields[i]; k++)
            free(f->row[i][k]);
        free(f->row[i]);
    }
    free(f->row);
    free(f->fields);
    free(f->path);
    *f = (struct csv_file){0};
}

int csv_file_column(const struct csv_file *f, const char *name)
{
    for (int i = 0; i < f->fields[0]; i++)
        if (strcmp(f->row[0][i], name) == 0)
            return i;
    return -1;
}

const char *csv_file_text(const struct csv_file *f, int row, int column)
{
    return column < 0 || column >= f->fields[row + 1] ? "" : f->row[row + 1][column];
}

double csv_file_number(const struct csv_file *f, int row, int column)
{
    const char *text = csv_file_text(f, row, column);
    char *end;
    double v = strtod(text, &end);
    return end == text || *end ? NAN : v;
}

int csv_file_rows(const struct csv_file *f)
{
    return f->rows - 1;
}

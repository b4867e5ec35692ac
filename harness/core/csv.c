/* libcsv pushes, we pull: physical lines are fed to the parser until it has completed a row. */
#include "core/csv.h"

#include "core/arena.h"
#include "core/csv_stream.h"
#include "core/die.h"
#include "core/json.h"

#include <csv.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef PEFTLAB_FUZZ /* small inputs meet the ends of chunks */
enum { CHUNK = 64 };
#else
enum { CHUNK = 1 << 16 };
#endif

struct csv_reader {
    struct csv_parser parser;
    char *path;
    gzFile stream;
    bool quotes, json;
    struct json *object; /* the line of JSON that the fields are in */
    char *key[CSV_ROW_FIELDS], number[CSV_ROW_FIELDS][32];
    int keys;
    bool begun, pending; /* the keys have been read; the object that they are from is the next row */
    long row_line;
    char where[512];  /* file and line, for messages of JSON */
    char end_of_line; /* LF, or CR where a file has no LF */
    char chunk[CHUNK];
    size_t at, end; /* what is left of the chunk */
    long line;      /* line ends read so far */

    /* The row being assembled: fields one after another in `text`, each ended by NUL. */
    char *text;
    size_t used, capacity, fed; /* fed: bytes of the file that belong to the row */
    size_t start[CSV_ROW_FIELDS];
    char *field[CSV_ROW_FIELDS];
    int n;
    bool complete, open;
    const char *problem;
};

/* libcsv trims "spaces" at the edges of fields: only the carriage return of CR LF is one. */
static int is_space(unsigned char c)
{
    return c == '\r';
}

static int is_nothing(unsigned char c)
{
    (void)c;
    return 0;
}

static int is_line_end(unsigned char c)
{
    return c == '\n';
}

static int is_return(unsigned char c)
{
    return c == '\r';
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
    struct csv_reader *r = data;
    r->complete = true;
    r->open = terminator < 0; /* what libcsv says at the end of a file */
}

/* A CR LF file with blank lines, a last line without an end, a byte order mark: all are the same rows. */
struct csv_reader *csv_open(const char *path, enum csv_format format)
{
    static const char separator[FORMATS] = {'\t', ',', ';', '\t', ',', '|'};
    struct csv_reader *r = mem_alloc(sizeof *r);
    struct guard guard;
    GUARD(&guard, csv_close, r);
    r->path = mem_text("%s", path);
    r->stream = csv_stream_open(path);
    r->quotes = format != FORMAT_TSV;
    r->json = format == FORMAT_JSONL;
    r->end = csv_stream_read(r->stream, path, r->chunk, CHUNK);
    if (r->end >= 3 && memcmp(r->chunk, "\xEF\xBB\xBF", 3) == 0)
        r->at = 3;
    size_t hint = csv_separator_line(r->chunk + r->at, r->end - r->at);
    r->at += hint;
    r->line += hint > 0;
    guard_end(&guard);
    /* The last byte may be the half of a CR LF that the chunk's end has cut. */
    bool returns = !memchr(r->chunk, '\n', r->end) && r->end > 1 && memchr(r->chunk, '\r', r->end - 1);
    r->end_of_line = returns ? '\r' : '\n';
    csv_init(&r->parser, CSV_REPALL_NL | (r->quotes ? CSV_STRICT | CSV_STRICT_FINI : 0));
    csv_set_delim(&r->parser, (unsigned char)separator[format]);
    csv_set_quote(&r->parser, r->quotes ? '"' : '\0'); /* libcsv always has one; NUL is refused before it gets there */
    csv_set_space_func(&r->parser, returns ? is_nothing : is_space);
    csv_set_term_func(&r->parser, returns ? is_return : is_line_end);
    csv_set_blk_size(&r->parser, 4096);
    return r;
}

void csv_close(struct csv_reader *r)
{
    if (!r)
        return;
    csv_free(&r->parser);
    if (r->stream)
        csv_stream_close(r->stream);
    for (int i = 0; i < r->keys; i++)
        free(r->key[i]);
    json_free(r->object);
    free(r->path);
    free(r->text);
    free(r);
}

static _Noreturn void quote_error(const struct csv_reader *r, long line)
{
    if (csv_error((struct csv_parser *)&r->parser) != CSV_EPARSE)
        die(EXIT_RESOURCE, "out of memory in row %ld of %s", line, r->path);
    die(EXIT_DATA,
        "%s:%ld: a quote within a bare field, or one that never closes; where TABs separate and quotes are text, say "
        "format=tsv",
        r->path, line);
}

/* Hands `size` bytes, at most one line, to the parser. */
static void feed(struct csv_reader *r, long line, const char *bytes, size_t size)
{
    r->fed += size;
    if (r->fed > CSV_ROW_BYTES) {
        if (r->quotes)
            die(EXIT_DATA, "%s:%ld: a row longer than %d bytes: does a quote never close?", r->path, line,
                CSV_ROW_BYTES);
        r->problem = "longer than 1048576 bytes";
        if (bytes[size - 1] != r->end_of_line)
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
        r->end = csv_stream_read(r->stream, r->path, r->chunk, CHUNK);
        if (r->end == 0)
            return false;
    }
    const char *from = r->chunk + r->at, *end = memchr(from, r->end_of_line, r->end - r->at);
    *bytes = from;
    *size = end ? (size_t)(end - from) + 1 : r->end - r->at;
    if (!r->line && (strncmp(from, "PK\3\4", 4) == 0 || strncmp(from, "PAR1", 4) == 0))
        die(EXIT_DATA, "%s: %s; save it as CSV", r->path,
            *from == 'P' && from[1] == 'K' ? "a workbook of Excel, or another zip archive" : "a Parquet file");
    if (memchr(from, '\0', *size))
        die(EXIT_DATA, "%s:%ld: a NUL byte: not text, or UTF-16; save it as UTF-8", r->path, r->line + 1);
    r->at += *size;
    r->line += end != NULL;
    return true;
}

/* The next line of JSON as r->object, which is NULL where it is empty; false at the end. */
static bool next_object(struct csv_reader *r)
{
    const char *bytes;
    size_t size;
    bool any = false;
    json_free(r->object);
    r->object = NULL;
    r->row_line = r->line + 1;
    for (r->used = 0; take_line(r, &bytes, &size);) {
        any = true;
        if (r->used + size > CSV_ROW_BYTES)
            die(EXIT_DATA, "%s:%ld: a line longer than %d bytes", r->path, r->line, CSV_ROW_BYTES);
        if (r->used + size + 1 > r->capacity)
            r->text = mem_grow(r->text, r->capacity = 2 * (r->used + size + 1));
        memcpy(r->text + r->used, bytes, size);
        r->used += size;
        if (bytes[size - 1] == r->end_of_line)
            break;
    }
    if (!any)
        return false;
    r->text[r->used] = '\0';
    if (strspn(r->text, " \t\r\n") < r->used) {
        snprintf(r->where, sizeof r->where, "%.480s, line %ld", r->path, r->row_line);
        r->object = json_parse(r->text, r->used, r->where);
        if (json_is_rounded(r->object))
            r->problem = "a whole number of more than 18 digits; write it as a text";
    }
    return true;
}

static void take_key(struct csv_reader *r, const char *key)
{
    if (r->keys == CSV_ROW_FIELDS)
        die(EXIT_DATA, "%s: an object of more than %d keys", r->path, CSV_ROW_FIELDS);
    r->key[r->keys++] = mem_text("%s", key);
}

static char nothing[] = "", nested[] = ""; /* told apart by where they are */

bool csv_nested(const char *field)
{
    return field == nested;
}

/* field[i] := the value of key i; a key that is missing has an empty one. */
static void take_values(struct csv_reader *r)
{
    struct json_view m = {0};
    for (int i = 0; i < r->keys; i++)
        r->field[i] = nothing;
    r->n = r->keys;
    while (json_next(json_root(r->object), &m)) {
        int i = 0;
        while (i < r->keys && strcmp(r->key[i], m.key) != 0)
            i++;
        if (i == r->keys)
            continue;
        if (json_has_text(m))
            r->field[i] = (char *)json_text(m); /* the document is ours to change */
        else if (json_scalar(m, r->number[i], sizeof r->number[i]))
            r->field[i] = r->number[i];
        else
            r->field[i] = nested;
    }
}

static bool next_json(struct csv_reader *r, struct csv_row *row)
{
    r->n = 0;
    if (!r->pending) /* of the first object names and values are two rows */
        r->problem = NULL;
    if (!r->pending && !next_object(r))
        return false;
    r->pending = !r->begun && r->object;
    if (r->pending) {
        r->begun = true;
        struct json_view m = {0};
        while (json_next(json_root(r->object), &m))
            take_key(r, m.key);
        for (r->n = 0; r->n < r->keys; r->n++)
            r->field[r->n] = r->key[r->n];
    } else if (r->object) {
        take_values(r);
    }
    *row =
        (struct csv_row){.line = r->row_line, .n = r->n, .field = r->field, .problem = r->pending ? NULL : r->problem};
    return true;
}

bool csv_next(struct csv_reader *r, struct csv_row *row)
{
    if (r->json)
        return next_json(r, row);
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
    *row = (struct csv_row){.line = line, .n = r->n, .field = r->field, .problem = r->problem, .open = r->open};
    return r->complete;
}

static bool is_number(const char *text)
{
    char *end;
    strtod(text, &end);
    return end != text && !*end;
}

void csv_put(FILE *out, const char *text)
{
    bool formula = *text && text[1] && strchr("=+-@", *text) && !is_number(text),
         quote = formula || strpbrk(text, ",\"\r\n");
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

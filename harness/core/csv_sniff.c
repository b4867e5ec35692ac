/* A file's format is guessed from its first line, and from how quotes stand between its TABs. */
#include "core/csv_sniff.h"

#include "core/arena.h"
#include "core/csv_stream.h"
#include "core/die.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { SNIFFED = 1 << 16 };

/* Whether all lines but the last, which the end of the text may cut, have as many TABs as the first. */
static bool lines_are_rows(const char *text, size_t size)
{
    size_t tabs = 0, first = 0;
    bool begun = false;
    for (size_t at = 0; at < size; at++) {
        tabs += text[at] == '\t';
        if (!strchr("\r\n", text[at]) || (at + 1 < size && text[at] == '\r' && text[at + 1] == '\n'))
            continue;
        if (begun && tabs != first)
            return false;
        first = begun ? first : tabs;
        begun = true;
        tabs = 0;
    }
    return true;
}

/* Whether fields between TABs are quoted: one is, and a quote in any other field would not be one. A quoted field may hold TABs and
 * line ends, but not where every line is a row by itself: there a quotation begins in one text and ends in another. One that the end
 * of the text cuts says nothing. */
static bool quoted_fields(const char *text, size_t size)
{
    const bool rows = lines_are_rows(text, size);
    bool any = false;
    for (size_t at = 0, end; at < size; at = end + 1) {
        end = at;
        if (text[at] == '"') {
            for (end++; end < size && (text[end] != '"' || (end + 1 < size && text[end + 1] == '"')); end++) {
                if (rows && (text[end] == '\n' || text[end] == '\r'))
                    return false;
                end += text[end] == '"';
            }
            end++;
            if (end < size && !strchr("\t\r\n", text[end]))
                return false;
            any |= end <= size;
        } else
            for (; end < size && !strchr("\t\r\n", text[end]); end++)
                if (text[end] == '"')
                    return false;
    }
    return any;
}

#define SKIPPED "\xEF\xBB\xBF" /* a byte order mark */

/* The format of a file that begins with these bytes. A quote does not hide a TAB: in plain TSV it is text. */
static enum csv_format sniff(const char *text, size_t size)
{
    size_t commas = 0, semicolons = 0, pipes = 0, tabs = 0;
    const char *start = text + strspn(text, SKIPPED), *at = start;
    bool quoted = false, said = csv_separator_line(at, size - (size_t)(at - text)) > 0;
    if (at[strspn(at, " ")] == '{')
        return FORMAT_JSONL;
    at += said ? strlen("sep=") : 0;
    for (; *at && !strchr("\r\n", *at); at++) {
        quoted ^= *at == '"';
        tabs += *at == '\t';
        commas += *at == ',' && !quoted;
        semicolons += *at == ';' && !quoted;
        pipes += *at == '|' && !quoted;
    }
    if (tabs)
        return !said && !quoted_fields(start, size - (size_t)(start - text)) ? FORMAT_TSV : FORMAT_QUOTED_TSV;
    if (pipes > commas && pipes > semicolons)
        return FORMAT_PIPE;
    return semicolons > commas ? FORMAT_SEMICOLON : FORMAT_CSV;
}

/* Whether a text is a JSON array and no table whose first name begins with a bracket. */
static bool is_array(const char *text)
{
    const char *at = text + strspn(text, SKIPPED " \t\r\n");
    return *at == '[' && at[1 + strspn(at + 1, " \t\r\n")] == '{';
}

enum csv_format csv_sniff(const char *path)
{
    char *text = mem_alloc(SNIFFED + 1);
    DEFER(free, text);
    gzFile stream = csv_stream_open(path);
    DEFER(csv_stream_close, stream);
    size_t n = csv_stream_read(stream, path, text, SNIFFED);
    if (is_array(text))
        die(EXIT_DATA, "%s: one JSON array; write an object a line (pandas: to_json(orient=\"records\", lines=True))",
            path);
    return sniff(text, n);
}

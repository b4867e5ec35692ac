/* Chunks of a table's file through zlib. */
#include "core/csv_stream.h"

#include "core/die.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

gzFile csv_stream_open(const char *path)
{
    struct stat s;
    if (stat(path, &s) == 0 && !S_ISREG(s.st_mode)) /* a pipe without a writer would be waited for */
        die(EXIT_DATA, "%s: is %s, a file is wanted", path, S_ISDIR(s.st_mode) ? "a folder" : "no regular file");
    errno = 0;
    gzFile stream = gzopen(path, "rbe");
    if (!stream)
        die(EXIT_DATA, "%s: %s", path, strerror(errno ? errno : ENOMEM));
    return stream;
}

void csv_stream_close(gzFile stream)
{
    gzclose(stream);
}

size_t csv_stream_read(gzFile stream, const char *path, char *chunk, size_t size)
{
    int n = gzread(stream, chunk, (unsigned)size), code = Z_OK;
    const char *why = gzerror(stream, &code);
    if (n < 0 || (code != Z_OK && code != Z_STREAM_END && code != Z_BUF_ERROR))
        die(EXIT_DATA, "%s: %s", path, code == Z_ERRNO ? strerror(errno) : why);
    if (code == Z_BUF_ERROR)
        die(EXIT_DATA, "%s: the compressed file ends too early", path);
    return (size_t)n;
}

size_t csv_separator_line(const char *text, size_t size)
{
    size_t n = 5;
    if (size < 6 || memcmp(text, "sep=", 4) != 0 || !strchr("\r\n", text[n]))
        return 0;
    n += text[n] == '\r';
    return n + (n < size && text[n] == '\n');
}

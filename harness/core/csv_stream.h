/* A table's file as bytes: gzip is unpacked, what is not compressed comes as it stands. */
#ifndef CORE_CSV_STREAM_H
#define CORE_CSV_STREAM_H

#include <stddef.h>
#include <zlib.h>

/* Dies with EXIT_DATA, naming the path: a folder, or what cannot be opened. */
gzFile csv_stream_open(const char *path);
void csv_stream_close(gzFile stream);
/* Up to `size` bytes, 0 at the end. Dies with EXIT_DATA when they cannot be read or unpacked. */
size_t csv_stream_read(gzFile stream, const char *path, char *chunk, size_t size);
/* The bytes of a first line "sep=;", 0 when the text begins otherwise. */
size_t csv_separator_line(const char *text, size_t size);

#endif

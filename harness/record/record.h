/* Runs on disk: one sealed HDF5 file per run (docs/schema.md), written whole or not at all. */
#ifndef RECORD_RECORD_H
#define RECORD_RECORD_H

#include "core/seal.h"
#include "record/facts.h"

#define SCHEMA_VERSION "1.2"

/* "<results>/runs/<key12>.h5" */
void record_path(const char *results, const char *key, char *path, size_t size);
/* The file of a run that a user named by its path, its key or the beginning of it. Dies with EXIT_USAGE when several begin so. */
void record_path_of(const char *results, const char *word, char *path, size_t size);
/* Writes a finished run and returns after it is safely on disk. Dies with EXIT_RESOURCE. */
void record_write(const char *results, const struct spec *s, const struct run *r, const char *key,
                  const char *base_hash, const char *data_hash);
/* Reads a sealed file. Dies with EXIT_CORRUPT (seal broken, unknown schema, missing parts) or EXIT_DATA (absent). */
void record_read(struct record *rec, const char *path);
/* The same for record_path_of a word. */
void record_find(struct record *rec, const char *results, const char *word);
/* The same without what only figures draw: curves and items are counted but NULL, of probes there are dD per row and
 * the rank. */
void record_read_facts(struct record *rec, const char *path);
void record_free(struct record *rec);

#endif

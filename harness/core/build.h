/* What a result depends on besides its options: the sources of its method and task, and the core's arithmetic. */
#ifndef CORE_BUILD_H
#define CORE_BUILD_H

/* Raised by hand with every change of the core's arithmetic, so that old results are not taken for new ones. The test
 * that pins a curve per method fails when the arithmetic changes and this number does not. */
enum { PEFTLAB_ABI = 4 };

/* Filled by scripts/registry: SHA-256 of the code of methods/<name>.c and tasks/<name>.c, comments and blanks apart. */
struct source {
    const char *file, *sha256;
};
extern const struct source source_table[];
/* The hash of "methods/lora.c" or "tasks/sst.c"; "data": of all the code that tasks share. Aborts on an unknown name. */
const char *sources_hash(const char *file);
/* The release, as the Makefile says it. */
extern const char *const source_version;
/* The commit the program was built from, "unknown" outside git; dirty: the tree had changes. */
extern const char *const source_commit;
extern const int source_dirty;

#endif

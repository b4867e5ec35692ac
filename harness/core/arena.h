/* Memory by kind: an arena reserves address space once, commits it as it grows, and knows its peak. */
#ifndef CORE_ARENA_H
#define CORE_ARENA_H

#include "core/real.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct arena {
    const char *name; /* "weights", "grads", ... as it appears in /cost */
    char *base;       /* start of the reservation, 64-byte aligned */
    size_t reserved, committed, used, peak;
    bool dry; /* hand out addresses, never commit: counting a model too large for the machine */
};

/* Reserves `bytes` of address space (no memory yet). Dies with EXIT_RESOURCE. */
void arena_open(struct arena *a, const char *name, size_t bytes);
/* The same, or false. */
bool arena_try(struct arena *a, const char *name, size_t bytes);
void arena_close(struct arena *a);
/* `bytes` of zeroed memory, aligned to 64. Dies with EXIT_RESOURCE when the reservation or the machine is exhausted. */
void *arena_take(struct arena *a, size_t bytes);
/* A zeroed (rows, cols) matrix. */
struct mat arena_mat(struct arena *a, int rows, int cols);
/* As above, contents undefined: for values that are overwritten at once. */
struct mat arena_mat_raw(struct arena *a, int rows, int cols);

/* Everything taken after a mark is given back by release; the memory stays committed. */
static inline size_t arena_mark(const struct arena *a)
{
    return a->used;
}
static inline void arena_release(struct arena *a, size_t mark)
{
    a->used = mark;
}

/* Gives the memory above what is taken back to the machine; it comes again, zeroed, when it is taken. */
void arena_give_back(struct arena *a);

/* malloc and friends that die instead of returning NULL, and count calls so that a test can fail the n-th. */
void *mem_alloc(size_t bytes) __attribute__((returns_nonnull));           /* zeroed; free with free() */
void *mem_grow(void *old, size_t bytes) __attribute__((returns_nonnull)); /* realloc */
/* A new last element of a list of n, to be assigned to: PUSH(list, n) = value. The list is moved when it must be. */
#define PUSH(list, n) (*((list) = mem_grow((list), (size_t)((n) + 1) * sizeof *(list)), &(list)[(n)++]))
/* Frees a list of texts that ends with NULL. */
void mem_free_list(char **list);
char *mem_text(const char *format, ...) __attribute__((format(printf, 1, 2), returns_nonnull));
/* Adds to the end of a text that was made so; NULL begins one. */
void mem_append(char **text, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* A stream into *text, which is for free() once the stream is closed. */
FILE *mem_stream(char **text, size_t *size) __attribute__((returns_nonnull));
char *mem_vtext(const char *format, va_list args) __attribute__((format(printf, 1, 0), returns_nonnull));

#endif

/* Arenas over mmap: PROT_NONE address space that becomes memory in steps of 256 KiB. */
#include "core/arena.h"

#include "core/die.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { ALIGN = 64, STEP = 256 * 1024 };

/* PEFTLAB_FAIL_ALLOC=n makes the n-th allocation of this process fail: how the tests reach every out-of-memory path. */
static void count_allocation(size_t bytes)
{
    static long countdown = -1;
    if (countdown == -1) {
        const char *n = getenv("PEFTLAB_FAIL_ALLOC");
        countdown = n ? strtol(n, NULL, 10) : 0;
    }
    if (countdown > 0 && --countdown == 0)
        die(EXIT_RESOURCE, "out of memory: %zu bytes asked for (injected by PEFTLAB_FAIL_ALLOC)", bytes);
}

bool arena_try(struct arena *a, const char *name, size_t bytes)
{
    count_allocation(0);
    bytes = (bytes + STEP - 1) / STEP * STEP;
    void *p = mmap(NULL, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    *a = (struct arena){0};
    if (p != MAP_FAILED)
        *a = (struct arena){.name = name, .base = p, .reserved = bytes};
    return p != MAP_FAILED;
}

void arena_open(struct arena *a, const char *name, size_t bytes)
{
    if (!arena_try(a, name, bytes))
        die(EXIT_RESOURCE, "no address space for the %s arena (%zu MiB); raise `ulimit -v`", name, bytes >> 20);
}

void arena_close(struct arena *a)
{
    if (a->base)
        munmap(a->base, a->reserved);
    *a = (struct arena){0};
}

static void *take(struct arena *a, size_t bytes)
{
    bytes = (bytes + ALIGN - 1) / ALIGN * ALIGN;
    if (!a->dry && bytes > a->reserved - a->used)
        die(EXIT_RESOURCE, "the %s arena is full (%zu MiB reserved): the model or the batch is too large for it",
            a->name, a->reserved >> 20);
    size_t end = a->used + bytes;
    if (end > a->committed && !a->dry) {
        size_t to = (end + STEP - 1) / STEP * STEP;
        count_allocation(to - a->committed);
        if (mprotect(a->base + a->committed, to - a->committed, PROT_READ | PROT_WRITE))
            die(EXIT_RESOURCE, "out of memory: the %s arena cannot grow to %zu MiB", a->name, to >> 20);
        a->committed = to;
    }
    void *p = a->base + (end > a->reserved ? 0 : a->used); /* a dry one counts on, and nobody reads there */
    a->used = end;
    if (end > a->peak)
        a->peak = end;
    return p;
}

void arena_give_back(struct arena *a)
{
    size_t from = (a->used + STEP - 1) / STEP * STEP;
    if (from < a->committed && madvise(a->base + from, a->committed - from, MADV_DONTNEED))
        warn("the %s arena keeps %zu MiB: madvise failed", a->name, (a->committed - from) >> 20);
}

void *arena_take(struct arena *a, size_t bytes)
{
    void *p = take(a, bytes);
    if (!a->dry)
        memset(p, 0, bytes);
    return p;
}

struct mat arena_mat(struct arena *a, int rows, int cols)
{
    return mat_of(arena_take(a, (size_t)rows * (size_t)cols * sizeof(real)), rows, cols);
}

struct mat arena_mat_raw(struct arena *a, int rows, int cols)
{
    return mat_of(take(a, (size_t)rows * (size_t)cols * sizeof(real)), rows, cols);
}

void *mem_alloc(size_t bytes)
{
    count_allocation(bytes);
    void *p = calloc(1, bytes ? bytes : 1);
    if (!p)
        die(EXIT_RESOURCE, "out of memory: %zu bytes asked for", bytes);
    return p;
}

void *mem_grow(void *old, size_t bytes)
{
    count_allocation(bytes);
    void *p = realloc(old, bytes ? bytes : 1);
    if (!p)
        die(EXIT_RESOURCE, "out of memory: %zu bytes asked for", bytes);
    return p;
}

void mem_free_list(char **list)
{
    for (char **text = list; *text; text++)
        free(*text);
    free(list);
}

char *mem_vtext(const char *format, va_list args)
{
    va_list again;
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, format, args);
    char *text = mem_alloc((size_t)n + 1);
    vsnprintf(text, (size_t)n + 1, format, again);
    va_end(again);
    return text;
}

char *mem_text(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *text = mem_vtext(format, args);
    va_end(args);
    return text;
}

void mem_append(char **text, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *more = mem_vtext(format, args), *all = mem_text("%s%s", *text ? *text : "", more);
    va_end(args);
    free(more);
    free(*text);
    *text = all;
}

FILE *mem_stream(char **text, size_t *size)
{
    *text = NULL;
    *size = 0;
    FILE *f = open_memstream(text, size);
    if (!f)
        die(EXIT_RESOURCE, "out of memory: no room for a text");
    return f;
}

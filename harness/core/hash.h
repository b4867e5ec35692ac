/* SHA-256 in hexadecimal: the identity of data, weights and runs; and FNV-1a, for tables and streams. */
#ifndef CORE_HASH_H
#define CORE_HASH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { HASH_HEX = 65 }; /* 64 digits and the terminator */

/* hash_open, hash_add any number of times, hash_close: the digest, and the state is freed. Dies with EXIT_RESOURCE. */
struct hash {
    void *state;
};
void hash_open(struct hash *h);
/* Frees the state of a digest that will not be closed: for GUARD. */
void hash_drop(struct hash *h);
void hash_add(struct hash *h, const void *bytes, size_t n);
void hash_close(struct hash *h, char hex[HASH_HEX]);
/* All of it at once. */
void hash_bytes(const void *bytes, size_t n, char hex[HASH_HEX]);

/* Whether a text is a SHA-256 as these write it: 64 digits of a file that may be anyone's. */
bool hash_is(const char *text);

/* FNV-1a of n bytes, going on from `h`: 32 bits (the ids of random streams are made of it) and 64. */
#define FNV32 2166136261u
#define FNV64 14695981039346656037u
static inline uint32_t hash_fnv32(uint32_t h, const void *bytes, size_t n)
{
    for (const unsigned char *c = bytes; n; n--)
        h = (h ^ *c++) * 16777619u;
    return h;
}
static inline uint64_t hash_fnv64(uint64_t h, const void *bytes, size_t n)
{
    for (const unsigned char *c = bytes; n; n--)
        h = (h ^ *c++) * 1099511628211u;
    return h;
}

#endif

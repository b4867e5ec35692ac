/* SHA-256 in hexadecimal: the identity of data, weights and runs. */
#ifndef CORE_HASH_H
#define CORE_HASH_H

#include <stddef.h>

enum { HASH_HEX = 65 }; /* 64 digits and the terminator */

/* hash_open, hash_add any number of times, hash_close: the digest, and the state is freed. Dies with EXIT_RESOURCE. */
struct hash {
    void *state;
};
void hash_open(struct hash *h);
void hash_add(struct hash *h, const void *bytes, size_t n);
void hash_close(struct hash *h, char hex[HASH_HEX]);
/* All of it at once. */
void hash_bytes(const void *bytes, size_t n, char hex[HASH_HEX]);

#endif

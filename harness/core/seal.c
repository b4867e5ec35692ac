/* Sealing and checking: the block is a magic line, the size and the hash as text, and zeros. */
#include "core/seal.h"

#include "core/file.h"
#include "core/hash.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char magic[] = "peftlab sealed result 1\n";

static void block_of(const char *image, size_t size, char block[SEAL_BYTES])
{
    char hex[HASH_HEX];
    hash_bytes(image + SEAL_BYTES, size - SEAL_BYTES, hex);
    memset(block, 0, SEAL_BYTES);
    snprintf(block, SEAL_BYTES, "%ssize %zu\nsha256 %s\n", magic, size, hex);
}

void seal_put(char *image, size_t size)
{
    char block[SEAL_BYTES];
    block_of(image, size, block);
    memcpy(image, block, SEAL_BYTES);
}

bool seal_claimed(const char *image, size_t size)
{
    return size > SEAL_BYTES && memcmp(image, magic, sizeof magic - 1) == 0;
}

const char *seal_wrong(const char *image, size_t size)
{
    char block[SEAL_BYTES];
    if (!seal_claimed(image, size))
        return "is not a sealed result of peftlab";
    block_of(image, size, block);
    return memcmp(image, block, SEAL_BYTES) ? "is damaged: its content is not what was sealed" : NULL;
}

bool seal_check(const char *path, char *why, size_t why_size)
{
    size_t size;
    char *image = file_read(path, (size_t)1 << 40, &size);
    const char *wrong = seal_wrong(image, size);
    free(image);
    if (wrong)
        snprintf(why, why_size, "%s", wrong);
    return !wrong;
}

/* SHA-256 on libcrypto, the library's only user. */
#include "core/hash.h"

#include "core/die.h"

#include <openssl/evp.h>
#include <string.h>

static void check(int ok)
{
    if (!ok)
        die(EXIT_RESOURCE, "SHA-256 failed in libcrypto: no memory, or a build of OpenSSL without it");
}

void hash_open(struct hash *h)
{
    h->state = EVP_MD_CTX_new();
    check(h->state && EVP_DigestInit_ex(h->state, EVP_sha256(), NULL));
}

void hash_add(struct hash *h, const void *bytes, size_t n)
{
    check(EVP_DigestUpdate(h->state, bytes, n));
}

void hash_drop(struct hash *h)
{
    EVP_MD_CTX_free(h->state);
    h->state = NULL;
}

void hash_close(struct hash *h, char hex[HASH_HEX])
{
    static const char digit[] = "0123456789abcdef";
    unsigned char raw[EVP_MAX_MD_SIZE];
    unsigned n = 0;
    check(EVP_DigestFinal_ex(h->state, raw, &n) && n == 32);
    hash_drop(h);
    for (unsigned i = 0; i < n; i++) {
        hex[2 * i] = digit[raw[i] >> 4];
        hex[2 * i + 1] = digit[raw[i] & 15];
    }
    hex[2 * n] = '\0';
}

void hash_bytes(const void *bytes, size_t n, char hex[HASH_HEX])
{
    struct hash h;
    hash_open(&h);
    hash_add(&h, bytes, n);
    hash_close(&h, hex);
}

bool hash_is(const char *text)
{
    return strlen(text) == HASH_HEX - 1 && strspn(text, "0123456789abcdef") == HASH_HEX - 1;
}

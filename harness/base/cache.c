/* The flat image of a base's weights: converted once, checked, and mapped by all runs of a machine. */
#include "base/cache.h"

#include "core/arena.h"
#include "core/build.h"
#include "core/content.h"
#include "core/die.h"
#include "core/file.h"
#include "core/h5.h"
#include "model/hf.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* Fills the live weights of m from wherever the base comes from. */
static void fill_weights(const struct base *b, struct model *m, const char *path)
{
    char name[256];
    if (!b->recipe && !b->stored) {
        struct hf *f = hf_open(b->name);
        hf_read_model(f, m);
        hf_close(f);
        return;
    }
    struct h5 *h = h5_open_sealed(path);
    for (int i = 0; i < m->nbase; i++) {
        struct param *p = m->param[i];
        snprintf(name, sizeof name, "/weights/%s", p->name);
        h5_read_real_into(h, name, p->w.v, mat_size(p->w));
    }
    h5_close(h);
}

/* The cache is the image itself and a last line with its hash, which is checked: a flipped bit would be in every run.
 */
static bool cache_whole(int fd, size_t size)
{
    char hex[HASH_HEX];
    if (size <= HASH_HEX)
        return false;
    char *image = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (image == MAP_FAILED)
        return false;
    hash_bytes(image, size - HASH_HEX, hex);
    bool same = memcmp(hex, image + size - HASH_HEX, HASH_HEX) == 0;
    munmap(image, size);
    return same;
}

bool base_cache_whole(const char *path)
{
    struct stat s;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    bool whole = fd >= 0 && fstat(fd, &s) == 0 && cache_whole(fd, (size_t)s.st_size);
    if (fd >= 0)
        close(fd);
    return whole;
}

static bool map_cache(struct base *b, const struct model *m, const char *cache)
{
    struct stat s;
    int fd = open(cache, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    if (fstat(fd, &s) || (size_t)s.st_size != m->base_bytes + HASH_HEX || !cache_whole(fd, (size_t)s.st_size)) {
        warn("%s: is damaged; making it again", cache);
        close(fd);
        return false;
    }
    b->image = fd;
    return true;
}

static void write_cache(const struct model *m, const char *cache)
{
    char hex[HASH_HEX];
    struct file_out f;
    hash_bytes(m->live, m->base_bytes, hex);
    file_begin(&f, cache);
    file_write(&f, m->live, m->base_bytes);
    file_write(&f, hex, sizeof hex);
    file_commit(&f);
}

/* What was read must be what the base's hash says, or the key of every run would be a lie: the weights of a pretrained file,
 * and the bytes of a folder's, which somebody may be exchanging just now. A file from a corpus has a seal, which was checked. */
static void check_weights(const struct base *b, const struct model *m, const char *path)
{
    char hex[HASH_HEX];
    if (b->stored)
        return;
    if (b->weights_file)
        content_hash(b->weights_file, NULL, hex);
    else
        base_weights_hash(m, hex);
    if (strcmp(hex, b->weights) != 0)
        die(b->weights_file ? EXIT_DATA : EXIT_CORRUPT, "%s: the weights are not those that %s",
            b->weights_file ? b->weights_file : path,
            b->weights_file ? "stood there a moment ago: has the file been exchanged?" : "its own hash says");
}

static void make_image(const struct base *b, struct model *m, const char *path, const char *cache)
{
    if (b->recipe && b->recipe->steps == 0) {
        model_map_anonymous(m);
        model_init(m, (uint64_t)b->seed);
    } else {
        model_map_live(m);
        fill_weights(b, m, path);
    }
    check_weights(b, m, path);
    write_cache(m, cache);
}

/* From then on the results folder has what its runs were made with, whatever later versions of the program bring. */
static void copy_reference(const struct base *b, const char *from, const char *results)
{
    enum { LIMIT = 1 << 28 };
    char to[1024];
    size_t size;
    struct file_out f;
    base_path(b, results, to, sizeof to);
    char *bytes = file_read(from, LIMIT, &size), *folder = mem_text("%s/bases", results);
    folder_make(folder);
    file_begin(&f, to);
    file_write(&f, bytes, size);
    file_commit(&f);
    fprintf(stderr, "base %s: that of the reference, %s, copied to %s\n", b->name, from, to);
    free(folder);
    free(bytes);
}

void base_load(struct base *b, const char *results)
{
    char path[1024], name[128], hex[HASH_HEX];
    struct memory mem;
    struct model m;
    enum base_place place = base_find(b, results);
    base_find_file(b, results, path, sizeof path);
    if (place == BASE_MISSING)
        die(EXIT_DATA, "the base \"%s\" has not been made yet (%s): run `peftlab pretrain base=%s`", b->name, path,
            b->name);
    if (place == BASE_REFERENCE)
        copy_reference(b, path, results);
    char *folder = mem_text("%s/cache", results);
    folder_make(folder);
    snprintf(name, sizeof name, "%s abi %d", b->hash, PEFTLAB_ABI); /* and how weights become an image */
    hash_bytes(name, strlen(name), hex);
    char *cache = mem_text("%s/%.16s.%s", folder, hex, REAL_NAME);
    memory_open(&mem);
    model_open(&m, &b->config, &mem);
    if (!map_cache(b, &m, cache)) {
        make_image(b, &m, path, cache);
        model_close(&m); /* the weights go before the file is looked at */
        model_open(&m, &b->config, &mem);
        if (!map_cache(b, &m, cache))
            die(EXIT_RESOURCE, "%s: cannot be read back", cache);
    }
    model_close(&m);
    memory_close(&mem);
    free(cache);
    free(folder);
}

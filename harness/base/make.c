/* Pretraining a base, once for all processes, and writing its file. */
#include "base/make.h"

#include "base/acceptance.h"
#include "base/base_corpus.h"
#include "base/masked.h"
#include "base/pretrain.h"
#include "core/arena.h"
#include "core/die.h"
#include "core/file.h"
#include "core/h5.h"
#include "core/progress.h"
#include "data/corpus.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void write_base(const struct base *b, struct model *m, const struct pretrain_curve *curve, const char *path)
{
    char hex[HASH_HEX], name[256];
    struct guard guard;
    struct h5 *h = h5_create(path);
    GUARD(&guard, h5_abandon, h);
    base_weights_hash(m, hex);
    h5_set_text(h, "/", "schema", "peftlab-base");
    h5_set_text(h, "/", "schema_version", "1.0");
    h5_set_text(h, "/", "name", b->name);
    h5_set_text(h, "/", "key", b->key);
    h5_set_text(h, "/", "weights_hash", hex);
    const char *step[] = {"point"};
    size_t n[1] = {(size_t)curve->n};
    if (curve->n) {
        h5_write(h, "/curve/step", H5_I32, 1, n, curve->step, step);
        h5_write(h, "/curve/mlm_loss", H5_F64, 1, n, curve->loss, step);
        h5_write(h, "/curve/mlm_accuracy", H5_F64, 1, n, curve->accuracy, step);
    }
    if (b->corpus)
        base_accept_corpus(h, b, m);
    else
        base_accept(h, m);
    for (int i = 0; i < m->nbase; i++) {
        const char *labels[] = {"out", "in"};
        size_t dims[2] = {(size_t)m->param[i]->w.rows, (size_t)m->param[i]->w.cols};
        snprintf(name, sizeof name, "/weights/%s", m->param[i]->name);
        h5_write(h, name, sizeof(real) == 4 ? H5_F32 : H5_F64, 2, dims, m->param[i]->w.v, labels);
    }
    guard_end(&guard);
    h5_close(h);
}

/* One process pretrains a base, others wait for it. The lock goes with the process. */
static int wait_for_turn(const char *lock)
{
    int fd, said = 0;
    while ((fd = file_open_locked(lock)) < 0) {
        if (!said++)
            fprintf(stderr, "another process is making %.*s; waiting for it\n", (int)strlen(lock) - 5, lock);
        if (stop_requested())
            die(EXIT_INTERRUPTED, "interrupted; the same command goes on");
        usleep(200000);
    }
    return fd;
}

static void end_turn(int fd, const char *lock)
{
    unlink(lock);
    close(fd);
}

void base_pretrain(struct base *b, const char *results)
{
    char path[1024], checkpoint[1100], lock[1100];
    base_path(b, results, path, sizeof path);
    if (!b->recipe || b->recipe->steps == 0 || file_exists(path))
        return;
    char *folder = mem_text("%s/bases", results);
    folder_make(folder);
    free(folder);
    snprintf(lock, sizeof lock, "%s.lock", path);
    int turn = wait_for_turn(lock);
    if (file_exists(path)) {
        end_turn(turn, lock);
        return;
    }
    snprintf(checkpoint, sizeof checkpoint, "%s.checkpoint", path);
    struct memory mem;
    struct model m;
    struct pretrain_curve curve = {0};
    memory_open(&mem);
    model_open(&m, &b->config, &mem);
    model_map_anonymous(&m);
    model_init(&m, (uint64_t)b->seed);
    struct masked_source from = {b->corpus, b->config.positions, b->corpus ? b->recipe->batch : 64};
    pretrain(&m, b->recipe, &from, b->seed, b->key, checkpoint, &curve);
    write_base(b, &m, &curve, path);
    unlink(checkpoint);
    end_turn(turn, lock);
    model_close(&m);
    memory_close(&mem);
}

/* Saved per token and layer: x, q, k, v, context, two norms and their inputs (9 d), GELU's value and slope and the
 * scratch of backward (4 ffn), attention's probabilities (heads x length); the masked words' logits. */
double base_pretrain_bytes(const struct base *b)
{
    const struct model_config *c = &b->config;
    double d = c->d, f = c->ffn, T = c->positions, rows = b->recipe->batch * T;
    double weights = c->layers * (4 * d * d + 2 * d * f) + (c->vocab + T + d) * d;
    double saved = rows * (c->layers * (9 * d + 4 * f + c->heads * T) + 4 * d) + 0.15 * rows * (c->vocab + 6 * d);
    return sizeof(real) * (5 * weights + saved);
}

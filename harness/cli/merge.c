/* peftlab merge: unites results folders. The same key with other numbers is an error, never a choice. */
#include "cli/verb.h"

#include "core/arena.h"
#include "core/die.h"
#include "core/file.h"
#include "core/h5.h"
#include "record/compare.h"
#include "record/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BATCH = 1000 };

/* One file of one of the folders. `sub`: "runs" or "bases". */
struct item {
    const struct folder_file *file;
    const char *sub;
    int folder;
};

struct merge {
    struct folder *folder; /* the inputs, then the output */
    int folders, items, conflicts, damaged;
    long same;
    struct item *item;
};

static void gather(struct merge *m)
{
    long all = 0;
    for (int i = 0; i < m->folders; i++)
        all += m->folder[i].n;
    m->item = mem_alloc((size_t)(all + 1) * sizeof *m->item);
    for (int i = 0; i < m->folders; i++)
        for (int k = 0; k < m->folder[i].n; k++) {
            const struct folder_file *f = &m->folder[i].file[k];
            if (f->kind == FOLDER_RUN || f->kind == FOLDER_BASE)
                m->item[m->items++] = (struct item){f, f->kind == FOLDER_RUN ? "runs" : "bases", i};
        }
}

/* By name; among equals the output's own comes first, then the inputs in order. */
static int by_name(const void *a, const void *b)
{
    const struct item *x = a, *y = b;
    int order = strcmp(x->sub, y->sub);
    if (!order)
        order = strcmp(x->file->name, y->file->name);
    return order ? order : x->folder - y->folder;
}

static void print_difference(const char *what, const char *how, void *data)
{
    int *n = data;
    if ((*n)++ < 8)
        printf("    %s: %s\n", what, how);
}

static bool same_bytes(const char *a, const char *b)
{
    size_t na, nb;
    char *x = file_read(a, H5_FILE_LIMIT, &na), *y = file_read(b, H5_FILE_LIMIT, &nb);
    bool same = na == nb && memcmp(x, y, na) == 0;
    free(x);
    free(y);
    return same;
}

static void base_weights(const char *path, char hex[HASH_HEX])
{
    struct h5 *h = h5_open_sealed(path);
    h5_attr_text(h, "/", "weights_hash", hex, HASH_HEX);
    h5_close(h);
}

/* Two files of one name: equal but for times, or a conflict, which is printed. */
static void confront(struct merge *m, const struct item *a, const struct item *b)
{
    if (same_bytes(a->file->path, b->file->path)) {
        m->same++;
        return;
    }
    if (a->file->kind == FOLDER_BASE) {
        char x[HASH_HEX], y[HASH_HEX];
        base_weights(a->file->path, x);
        base_weights(b->file->path, y);
        if (strcmp(x, y) == 0) {
            m->same++;
            return;
        }
        printf("CONFLICT  %s and %s are two bases of one key\n", a->file->path, b->file->path);
        m->conflicts++;
        return;
    }
    struct record x, y;
    int n = 0;
    record_read(&x, a->file->path);
    record_read(&y, b->file->path);
    if (strcmp(x.key, y.key) != 0 || record_compare(&x, &y, NULL, NULL)) {
        printf("CONFLICT  %s and %s: one key, other numbers (%s, %s; %s, %s)\n", a->file->path, b->file->path, x.core,
               x.compiler, y.core, y.compiler);
        record_compare(&x, &y, print_difference, &n);
        if (n > 8)
            printf("    and %d more\n", n - 8);
        m->conflicts++;
    } else
        m->same++;
    record_free(&x);
    record_free(&y);
}

/* Looks at every file before anything is copied. */
static void look(struct merge *m)
{
    char why[128];
    for (int i = 0; i < m->items; i++) {
        const struct item *a = &m->item[i], *before = i ? a - 1 : NULL;
        if (a->file->kind == FOLDER_RUN && !seal_check(a->file->path, why, sizeof why)) {
            printf("DAMAGED   %s: %s\n", a->file->path, why);
            m->damaged++;
            continue;
        }
        if (a->file->kind == FOLDER_BASE) { /* dies on one that is not what was sealed */
            char hex[HASH_HEX];
            base_weights(a->file->path, hex);
        }
        if (!m->damaged && before && strcmp(before->sub, a->sub) == 0 && strcmp(before->file->name, a->file->name) == 0)
            confront(m, before, a);
    }
}

/* Copies under temporary names, syncs the file system once, and only then gives the names. */
struct copies {
    struct file_out out[BATCH];
    int n;
};

static void abandon(struct copies *b)
{
    for (int i = 0; i < b->n; i++)
        file_abandon(&b->out[i]);
}

static void copy_batch(const char *to, const struct item *const *batch, int n)
{
    struct copies b = {.n = n};
    char path[1200];
    DEFER(abandon, &b);
    for (int i = 0; i < n; i++) {
        size_t size;
        snprintf(path, sizeof path, "%s/%s/%s", to, batch[i]->sub, batch[i]->file->name);
        char *bytes = file_read(batch[i]->file->path, H5_FILE_LIMIT, &size);
        DEFER(free, bytes);
        file_begin(&b.out[i], path);
        file_write(&b.out[i], bytes, size);
        file_close(&b.out[i]);
    }
    int fd = open(to, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 || syncfs(fd))
        die(EXIT_RESOURCE, "%s: cannot be synced: %s", to, strerror(errno));
    for (int i = 0; i < n; i++)
        file_rename(&b.out[i]);
    syncfs(fd);
    close(fd);
}

static long copy_all(const struct merge *m, const char *to)
{
    const struct item *batch[BATCH];
    long copied = 0;
    int n = 0;
    for (int i = 0; i < m->items; i++) {
        const struct item *a = &m->item[i], *before = i ? a - 1 : NULL;
        if (a->folder == 0 ||
            (before && strcmp(before->sub, a->sub) == 0 && strcmp(before->file->name, a->file->name) == 0))
            continue;
        batch[n++] = a;
        copied++;
        if (n == BATCH) {
            copy_batch(to, batch, n);
            n = 0;
        }
    }
    if (n)
        copy_batch(to, batch, n);
    return copied;
}

static void make_folders(const char *to)
{
    static const char *const subs[] = {"", "/runs", "/bases"};
    char path[1100];
    for (int i = 0; i < 3; i++) {
        snprintf(path, sizeof path, "%s%s", to, subs[i]);
        folder_make(path);
    }
}

static int run(const struct words *w)
{
    const char *to = words_text(w, "-o", NULL);
    struct merge m = {0};
    if (!to)
        words_usage(w);
    m.folder = mem_alloc((size_t)(w->n + 1) * sizeof *m.folder);
    folder_open(&m.folder[m.folders++], to);
    for (int i = 0; i < w->n; i++) {
        if (!file_is_folder(w->word[i]))
            die(EXIT_DATA, "%s: there is no such folder", w->word[i]);
        if (strcmp(w->word[i], to) != 0)
            folder_open(&m.folder[m.folders++], w->word[i]);
    }
    gather(&m);
    qsort(m.item, (size_t)m.items, sizeof *m.item, by_name);
    look(&m);
    long copied = 0;
    if (!m.conflicts && !m.damaged) {
        make_folders(to);
        copied = copy_all(&m, to);
    }
    printf("%s: %ld files copied, %ld were there twice and are the same%s\n", to, copied, m.same,
           m.conflicts || m.damaged ? "; nothing was copied, because of what stands above" : "");
    for (int i = 0; i < m.folders; i++)
        folder_close(&m.folder[i]);
    free(m.folder);
    free(m.item);
    return m.damaged ? EXIT_CORRUPT : m.conflicts ? EXIT_MISMATCH : EXIT_OK;
}

const struct verb verb_merge = {
    .name = "merge",
    .group = VERB_SHARE,
    .summary = "copy the runs of several results folders into one",
    .usage = "FOLDER ... -o FOLDER",
    .least = 1,
    .help = "Nothing is copied where two folders hold the same run with different numbers.",
    .example = "merge mine yours -o results",
    .options = {{"-o", "FOLDER", "the folder that takes them: a new one, or one of the others"}},
    .run = run,
};

/* peftlab verify: every file of a results folder against its seal and its schema. */
#include "cli/verb.h"

#include "base/base.h"
#include "base/cache.h"
#include "core/die.h"
#include "core/file.h"
#include "core/h5.h"
#include "record/folder.h"
#include "record/record.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct tally {
    long runs, bases, caches, damaged, unread, leftovers, work, others;
};

static void check_run(const struct folder_file *f)
{
    struct record rec;
    record_read(&rec, f->path);
    DEFER(record_free, &rec);
    if (strncmp(rec.key, f->name, 12) != 0)
        die(EXIT_CORRUPT, "%s: holds another run, %.12s", f->path, rec.key);
}

static void read_schema(const char *path, char *schema, size_t size)
{
    struct h5 *h = h5_open_sealed(path);
    struct guard guard;
    GUARD(&guard, h5_abandon, h);
    h5_attr_text(h, "/", "schema", schema, size);
    guard_end(&guard);
    h5_close(h);
}

static void check_base(const char *path)
{
    char schema[64];
    read_schema(path, schema, sizeof schema);
    if (strcmp(schema, "peftlab-base") != 0)
        die(EXIT_CORRUPT, "%s: schema is \"%s\", not peftlab-base", path, schema);
}

static void check(const struct folder_file *f, struct tally *t)
{
    struct trap trap;
    if (trap_set(&trap)) {
        if (trap.code == EXIT_RESOURCE || trap.code == EXIT_INTERRUPTED)
            die(trap.code, "%s", trap.text);
        const bool read = access(f->path, R_OK) == 0; /* else nothing is known of what it holds */
        printf("%s   %s\n", read ? "DAMAGED" : "UNREAD ", trap.text);
        *(read ? &t->damaged : &t->unread) += 1;
        trap_end(&trap);
        return;
    }
    switch (f->kind) {
    case FOLDER_RUN:
        t->runs++;
        check_run(f);
        break;
    case FOLDER_BASE:
        t->bases++;
        check_base(f->path);
        break;
    case FOLDER_CACHE:
        t->caches++;
        if (!base_cache_whole(f->path))
            die(EXIT_CORRUPT, "%s: is damaged: its content is not what was written (remove it; it is made again)",
                f->path);
        break;
    case FOLDER_JOURNAL:
    case FOLDER_TEMPORARY:
    case FOLDER_FAILED:
        if (folder_leftover(f)) {
            printf("leftover  %s\n", f->path);
            t->leftovers++;
        } else
            t->work++;
        break;
    case FOLDER_CHECKPOINT:
    case FOLDER_OTHER:
        t->others++;
    }
    trap_end(&trap);
}

static void check_one(const char *path)
{
    char schema[64];
    struct record rec;
    read_schema(path, schema, sizeof schema);
    if (strcmp(schema, "peftlab-base") == 0) { /* opening it has checked its seal */
        printf("%s: whole; a base\n", path);
        return;
    }
    record_read(&rec, path);
    printf("%s: whole; run %.12s\n", path, rec.key);
    record_free(&rec);
}

static int run(const struct words *w)
{
    const char *results = words_results(w), *path = w->n ? w->word[0] : results;
    struct folder f;
    struct tally t = {0};
    if (file_exists(path)) {
        check_one(path);
        return EXIT_OK;
    }
    if (!file_is_folder(path))
        die(EXIT_DATA, "%s: there is no such folder", path);
    folder_open(&f, path);
    for (int i = 0; i < f.n; i++)
        check(&f.file[i], &t);
    folder_close(&f);
    printf("%s: %ld runs, %ld bases, %ld caches: %ld damaged; %ld leftovers, %ld at work, %ld other files\n", path,
           t.runs, t.bases, t.caches, t.damaged, t.leftovers, t.work, t.others);
    if (t.unread)
        warn("%ld files cannot be read, so that nothing is known of what they hold", t.unread);
    return t.damaged ? EXIT_CORRUPT : t.unread ? EXIT_DATA : EXIT_OK;
}

const struct verb verb_verify = {
    .name = "verify",
    .group = VERB_PROVE,
    .summary = "check every file of a results folder for damage",
    .usage = "[FOLDER | FILE]",
    .most = 1,
    .help = "FILE is the file of one run or base.",
    .example = "verify results",
    .options = {VERB_RESULTS},
    .run = run,
};

/* From options to a key. */
#include "experiment/run_key.h"

#include "core/arena.h"
#include "core/build.h"
#include "core/content.h"
#include "core/die.h"
#include "core/file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What is known of data before they are made; hash is "" when nothing is. */
struct known_data {
    char hash[HASH_HEX];
    int ntrain; /* training examples */
};

/* What the budget's answer is for a configuration, whatever its rate and seed. */
struct solved {
    bool done;
    struct adapter adapter;
    int extra;
};

/* `about` and the lines of a configuration, with `skip` those that begin with none of the words, else those that begin with one;
 * for free(). */
static char *some_lines(const char *about, const char *text, const char *const *words, bool skip)
{
    char *out = mem_text("%s%s", about, text), *end = out + strlen(about);
    for (const char *p = text; *p; p += strcspn(p, "\n") + 1) {
        size_t n = strcspn(p, "\n") + 1;
        bool is = false;
        for (int k = 0; words[k]; k++)
            is |= strncmp(p, words[k], strlen(words[k])) == 0;
        if (is != skip) {
            memcpy(end, p, n);
            end += n;
        }
    }
    *end = '\0';
    return out;
}

/* spec_resolve, once for all rates and seeds of a cell. */
static void resolve(struct session *s, struct spec *spec, const struct model_config *config, const char *text)
{
    static const char *const words[] = {"lr=", "seed=", "evaluate=", "evals=", NULL};
    char *about = some_lines("budget\n", text, words, true);
    struct solved *known = session_memory(s, about, sizeof *known);
    free(about);
    if (!known->done) {
        spec_resolve(spec, config);
        *known = (struct solved){true, spec->adapter, spec->extra};
    }
    spec->adapter = known->adapter;
    spec->extra = known->extra;
}

/* The contents of the files that a task reads; their names are among its options, and do not identify them. */
static void add_files(const struct session *s, const struct spec *spec, struct hash *h)
{
    char path[2 * OPTION_TEXT], hex[HASH_HEX], *cache = mem_text("%s/cache", session_results(s));
    DEFER(free, cache);
    struct task_env env = {.common = &spec->task_common, .opts = spec->task_opts};
    for (int i = 0; spec->task->file && i < SPLITS; i++) {
        spec->task->file(&env, (enum split)i, path, sizeof path);
        content_hash(path, cache, hex);
        hash_add(h, hex, sizeof hex);
    }
}

/* Everything that the data of a run depend on: its task's options, code and files, the tokenizer and the length of the base, and
 * the code that all tasks share. */
static void data_origin(const struct session *s, const struct identity *id, const char *text, char hex[HASH_HEX])
{
    char tokenizer[HASH_HEX], *code = mem_text("tasks/%s.c", id->spec.task->name);
    struct hash h;
    struct guard g;
    DEFER(free, code);
    hash_open(&h);
    GUARD(&g, hash_drop, &h);
    for (const char *p = text; *p; p += strcspn(p, "\n") + 1)
        if (strncmp(p, "task", 4) == 0)
            hash_add(&h, p, strcspn(p, "\n") + 1);
    session_tokenizer(s, id->base, tokenizer);
    hash_add(&h, tokenizer, strlen(tokenizer) + 1);
    hash_add(&h, sources_hash(code), HASH_HEX);
    hash_add(&h, sources_hash("data"), HASH_HEX);
    int numbers[] = {id->base->config.positions, PEFTLAB_ABI};
    hash_add(&h, numbers, sizeof numbers);
    add_files(s, &id->spec, &h);
    guard_end(&g);
    hash_close(&h, hex);
}

/* "HASH NTRAIN CHECK": the last is a hash of the origin and what stands before it. */
static char *data_line(const char *origin, const struct known_data *f)
{
    char check[HASH_HEX], *all = mem_text("%s %s %d", origin, f->hash, f->ntrain);
    hash_bytes(all, strlen(all), check);
    free(all);
    return mem_text("%s %d %s\n", f->hash, f->ntrain, check);
}

static bool recall(const char *path, const char *origin, struct known_data *f)
{
    char line[3 * HASH_HEX] = "";
    FILE *in = fopen(path, "re");
    bool read = in && fgets(line, sizeof line, in) && sscanf(line, "%64s %d", f->hash, &f->ntrain) == 2;
    if (in)
        fclose(in);
    if (!read)
        return false;
    char *want = data_line(origin, f);
    bool same = strcmp(line, want) == 0;
    free(want);
    return same;
}

/* Only where there is a results folder; one that cannot be written to is no error. */
static void remember(const struct session *s, const char *path, const char *origin, const struct known_data *f)
{
    struct file_out out;
    struct trap t;
    if (!file_is_folder(session_results(s)))
        return;
    char *line = data_line(origin, f), *folder = mem_text("%s/cache", session_results(s));
    if (!trap_set(&t)) {
        folder_make(folder);
        file_begin(&out, path);
        file_write(&out, line, strlen(line));
        file_commit(&out);
    }
    trap_end(&t);
    free(folder);
    free(line);
}

static char *data_path(const struct session *s, const char *origin)
{
    return mem_text("%s/cache/%.16s.data", session_results(s), origin);
}

/* Whether all files of the task can be read; the first one's path is written. */
static bool files_here(const struct spec *spec, char path[2 * OPTION_TEXT])
{
    struct task_env env = {.common = &spec->task_common, .opts = spec->task_opts};
    struct trap t;
    volatile bool here = spec->task->file != NULL;
    if (trap_set(&t)) /* a folder without them */
        here = false;
    else
        for (int i = SPLITS - 1; here && i >= 0; i--) {
            spec->task->file(&env, (enum split)i, path, 2 * OPTION_TEXT);
            here = access(path, R_OK) == 0;
        }
    trap_end(&t);
    return here;
}

static const struct known_data *find_data(struct session *s, const struct identity *id, const char *text)
{
    static const char *const words[] = {"task", "base", NULL};
    char origin[HASH_HEX], *about = some_lines("data\n", text, words, false);
    struct known_data *f = session_memory(s, about, sizeof *f);
    free(about);
    if (*f->hash)
        return f;
    f->ntrain = id->spec.task_common.ntrain;
    char listed[HASH_HEX] = "", file[2 * OPTION_TEXT];
    const bool known = session_list(s) && listed_data(session_listed(s), text, listed);
    const bool here = known && id->base->place == BASE_HERE && files_here(&id->spec, file);
    if (known && !here && !id->spec.train.epochs) { /* what is not here, or is made, is what the list says */
        memcpy(f->hash, listed, sizeof f->hash);
        return f;
    }
    data_origin(s, id, text, origin);
    char *path = data_path(s, origin);
    if (!recall(path, origin, f)) {
        struct session_data d = session_data(s, &id->spec, id->base);
        memcpy(f->hash, d.hash, sizeof f->hash);
        f->ntrain = d.splits[SPLIT_TRAIN].n;
        remember(s, path, origin, f);
    }
    free(path);
    if (here && strcmp(listed, f->hash) != 0)
        warn("%s: its contents are not those of the runs in the list, which therefore do not count for it", file);
    return f;
}

static void find_base(struct session *s, struct identity *id)
{
    const struct train_opts *o = &id->spec.train;
    char listed[HASH_HEX];
    bool here = id->base->place == BASE_HERE;
    memcpy(id->base_hash, id->base->hash, sizeof id->base_hash);
    if (session_list(s) && listed_base(session_listed(s), o->base, o->base_seed, here ? id->base->hash : "", listed) &&
        !here)
        memcpy(id->base_hash, listed, sizeof id->base_hash);
}

const struct base *identity_check(struct session *s, struct spec *spec, int n, const char *const *assignments)
{
    char text[SPEC_TEXT];
    struct guard g;
    spec_parse(spec, n, assignments);
    GUARD(&g, spec_free, spec);
    const struct base *b = session_base(s, spec->train.base, spec->train.base_seed);
    spec_text(spec, text);
    if (spec->train.epochs)
        spec_set_epochs(spec, spec->task_common.ntrain);
    resolve(s, spec, &b->config, text);
    guard_end(&g);
    return b;
}

/* What is wrong is said before the data are made; where epochs are asked for, the number of steps waits for them. */
void identity_make(struct session *s, struct identity *id, int n, const char *const *assignments)
{
    char text[SPEC_TEXT];
    struct guard g;
    *id = (struct identity){.base = NULL};
    spec_parse(&id->spec, n, assignments);
    GUARD(&g, spec_free, &id->spec);
    struct base *b = session_base(s, id->spec.train.base, id->spec.train.base_seed);
    id->base = b;
    spec_text(&id->spec, text);
    if (!id->spec.train.epochs)
        resolve(s, &id->spec, &b->config, text);
    const struct known_data *data = find_data(s, id, text);
    if (id->spec.train.epochs) {
        spec_set_epochs(&id->spec, data->ntrain);
        resolve(s, &id->spec, &b->config, text);
    }
    memcpy(id->data_hash, data->hash, sizeof id->data_hash);
    find_base(s, id);
    spec_key(&id->spec, id->base_hash, id->data_hash, id->key);
    guard_end(&g);
}

bool identity_correct(struct session *s, struct identity *id, const struct session_data *data)
{
    if (strcmp(data->hash, id->data_hash) == 0 && strcmp(id->base->hash, id->base_hash) == 0)
        return false;
    char text[SPEC_TEXT], origin[HASH_HEX];
    struct known_data f = {.ntrain = data->splits[SPLIT_TRAIN].n};
    memcpy(f.hash, data->hash, sizeof f.hash);
    spec_text(&id->spec, text);
    data_origin(s, id, text, origin);
    char *path = data_path(s, origin);
    remember(s, path, origin, &f);
    free(path);
    memcpy(id->data_hash, data->hash, sizeof id->data_hash);
    memcpy(id->base_hash, id->base->hash, sizeof id->base_hash);
    spec_key(&id->spec, id->base_hash, id->data_hash, id->key);
    return true;
}

void identity_free(struct identity *id)
{
    spec_free(&id->spec);
}

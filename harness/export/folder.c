/* Which folder an export may use, and peftlab.json, which tells what lies there. */
#include "export/folder.h"

#include "core/arena.h"
#include "core/die.h"
#include "core/file.h"
#include "core/json.h"
#include "core/unicode.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const kinds[] = {
    [EXPORT_ADAPTER] = "adapter", [EXPORT_MERGED] = "merged model", [EXPORT_BASE] = "base"};

/* By these files PEFT and transformers see what lies in a folder. */
static const char *const files[] = {"adapter_config.json", "adapter_model.safetensors",
                                    "config.json",         "model.safetensors",
                                    "pytorch_model.bin",   "vocab.txt",
                                    "tokenizer.json",      "vocab.json"};

static bool same_folder(const char *a, const char *b)
{
    struct stat x, y;
    return stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

/* Does the folder's own peftlab.json say that this kind of export lies there? */
static bool says(const char *folder, enum export_kind kind)
{
    char *path = mem_text("%s/peftlab.json", folder);
    struct json *volatile doc = NULL;
    volatile bool same = false;
    struct trap t;
    if (trap_set(&t) == 0) {
        doc = json_load(path, 1 << 20);
        same = strcmp(json_text(json_get(json_root(doc), "export")), kinds[kind]) == 0;
        trap_end(&t);
    }
    json_free(doc);
    free(path);
    return same;
}

void export_make_room(const char *folder, enum export_kind kind, const char *base)
{
    if (same_folder(folder, base))
        die(EXIT_USAGE, "%s: is the folder of the base: an export there would replace its weights; name another folder",
            folder);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        char *path = mem_text("%s/%s", folder, files[i]);
        bool there = access(path, F_OK) == 0;
        free(path);
        if (there && !says(folder, kind))
            die(EXIT_USAGE,
                "%s: holds %s, which is no part of %s %s exported here: with both, it would be read wrongly; name "
                "another folder, or remove what lies there",
                folder, files[i], kind == EXPORT_ADAPTER ? "an" : "a", kinds[kind]);
    }
    folder_make(folder);
    if (access(folder, W_OK | X_OK))
        die(EXIT_RESOURCE, "%s: cannot be written: %s", folder, strerror(errno));
}

void export_class_name(const struct class_names *names, int k, char *text, size_t size)
{
    if (!names || k >= names->n) {
        snprintf(text, size, "LABEL_%d", k);
        return;
    }
    const char *at = names->name[k], *end = at + strlen(at);
    long invalid = 0;
    size_t used = 0;
    while (at < end && used + UNICODE_BYTES < size)
        used += (size_t)unicode_put(unicode_next(&at, end, &invalid), text + used);
    text[used] = '\0';
}

void export_note(const char *folder, enum export_kind kind, const char *run, const struct class_names *names,
                 int outputs)
{
    char number[16], name[EXPORT_NAME];
    struct json *doc = json_new();
    struct json_view root = json_root(doc);
    json_put_string(root, "export", kinds[kind]);
    if (run)
        json_put_string(root, "run", run);
    if (outputs) {
        json_put_int(root, "num_labels", outputs);
        struct json_view labels = json_put_object(root, "id2label");
        for (int k = 0; k < outputs; k++) {
            snprintf(number, sizeof number, "%d", k);
            export_class_name(names, k, name, sizeof name);
            json_put_string(labels, number, name);
        }
    }
    char *path = mem_text("%s/peftlab.json", folder);
    json_write(doc, path);
    free(path);
    json_free(doc);
}

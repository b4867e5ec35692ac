/* Saying what a user may have meant by the name of a file or of a shape. */
#include "cli/nearest.h"

#include "base/base.h"
#include "core/arena.h"
#include "core/die.h"
#include "core/file.h"
#include "core/option.h"
#include "core/program.h"
#include "data/task.h"
#include "tune/method.h"
#include "tune/shapes.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static void look_into(struct nearest *n, const char *folder)
{
    struct dirent **entry;
    int files = scandir(*folder ? folder : ".", &entry, NULL, alphasort);
    for (int i = 0; i < files; i++) {
        const char *dot = strrchr(entry[i]->d_name, '.');
        if (dot && strcmp(dot, ".ini") == 0 && option_nearer(n, entry[i]->d_name) && *folder)
            snprintf(n->name, sizeof n->name, "%s/%s", folder, entry[i]->d_name);
        free(entry[i]);
    }
    if (files >= 0)
        free(entry);
}

void nearest_experiment(const char *path)
{
    struct stat about;
    if (file_exists(path))
        return;
    if (lstat(path, &about) == 0) /* it is there: no other was meant */
        die(EXIT_DATA, "%s: %s", path, stat(path, &about) ? strerror(errno) : "is not a file; an experiment is one");
    const char *slash = strrchr(path, '/');
    struct nearest n = {.wanted = slash ? slash + 1 : path};
    char *folder = mem_text("%.*s", slash ? (int)(slash - path) : 0, path), *own = program_file("experiments");
    look_into(&n, folder);
    look_into(&n, "experiments");
    if (own)
        look_into(&n, own);
    if (*n.name && n.distance <= 4)
        die(EXIT_DATA, "%s: there is no such file; did you mean %s?", path, n.name);
    die(EXIT_DATA, "%s: there is no such file", path);
}

void nearest_shape(const char *name)
{
    struct nearest n = {.wanted = name};
    struct model_config c;
    if (shape_find(name, &c) || file_is_folder(name) || file_exists(name))
        return;
    for (int i = 0; i < shape_count; i++)
        option_nearer(&n, shapes[i].name);
    for (int i = 0; i < recipe_count; i++) {
        if (strcmp(recipes[i].name, name) == 0)
            return;
        option_nearer(&n, recipes[i].name);
    }
    die(EXIT_USAGE, "base=%.60s is neither a published shape nor a base; did you mean %s?", name, n.name);
}

void nearest_method(const char *name)
{
    for (int i = 0; i < method_registry_size; i++)
        if (strcmp(method_registry[i]->name, name) == 0)
            return;
    for (int i = 0; i < task_registry_size; i++)
        if (strcmp(task_registry[i]->name, name) == 0)
            die(EXIT_USAGE,
                "%s is a task and no method; `peftlab sample %s` shows it, `peftlab list methods` the methods", name,
                name);
}

/* What the kinds of models have in common. */
#include "data/piece_model.h"

#include "core/die.h"

#include <string.h>

void model_expects_text(struct json_view object, const char *key, const char *wanted, const char *path)
{
    struct json_view v = json_find(object, key);
    if (v.node && strcmp(json_text(v), wanted) != 0)
        die(EXIT_DATA, "%s: %s of the model is \"%.60s\", only \"%s\" is carried out", path, key, json_text(v), wanted);
}

void model_expects_off(struct json_view object, const char *key, const char *path)
{
    struct json_view v = json_find(object, key);
    if (v.node && json_bool(v))
        die(EXIT_DATA, "%s: %s of the model is on, which is not carried out", path, key);
}

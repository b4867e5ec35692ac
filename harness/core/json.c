/* jansson behind views; the text is measured (depth, number of values) before jansson builds anything from it. */
#include "core/json.h"

#include "core/arena.h"
#include "core/die.h"
#include "core/file.h"
#include "core/option.h"

#include <assert.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct json {
    json_t *root;
    char *name;
    int digits; /* significant digits that the reals put into it need */
    bool rounded;
};

/* Depth and number of values of anything that could be JSON, without recursion or memory. NULL when acceptable. */
static const char *excess(const char *text, size_t size)
{
    int depth = 0, values = 0;
    bool quoted = false;
    for (size_t i = 0; i < size; i++) {
        char c = text[i];
        if (c == '\0')
            return "a NUL byte";
        if (quoted) {
            i += c == '\\';
            quoted = c != '"';
        } else if (c == '"') {
            quoted = true;
        } else if (c == '[' || c == '{') {
            if (++depth > JSON_DEPTH)
                return "nested too deeply";
        } else if (c == ']' || c == '}') {
            depth--;
        } else if (c == ',' && ++values > JSON_VALUES) {
            return "too many values";
        }
    }
    return NULL;
}

struct json *json_parse(const char *text, size_t size, const char *name)
{
    const char *problem = excess(text, size);
    if (problem)
        die(EXIT_DATA, "%s: not acceptable as JSON: %s", name, problem);
    json_error_t error;
    json_t *root = json_loadb(text, size, JSON_REJECT_DUPLICATES, &error);
    const bool rounded = !root && json_error_code(&error) == json_error_numeric_overflow;
    if (rounded) /* transformers writes 10^30 for "no limit" */
        root = json_loadb(text, size, JSON_REJECT_DUPLICATES | JSON_DECODE_INT_AS_REAL, &error);
    if (!root)
        die(EXIT_DATA, "%s:%d: not valid JSON: %s", name, error.line, error.text);
    struct json *doc = mem_alloc(sizeof *doc);
    *doc = (struct json){.root = root, .name = mem_text("%s", name), .rounded = rounded};
    return doc;
}

bool json_is_rounded(const struct json *doc)
{
    return doc->rounded;
}

struct json *json_load(const char *path, size_t limit)
{
    size_t size;
    char *text = file_read(path, limit, &size);
    DEFER(free, text);
    return json_parse(text, size, path);
}

void json_free(struct json *doc)
{
    if (!doc)
        return;
    json_decref(doc->root);
    free(doc->name);
    free(doc);
}

struct json_view json_root(const struct json *doc)
{
    return (struct json_view){.doc = doc, .node = doc->root};
}

static _Noreturn void refuse(struct json_view v, const char *problem)
{
    const char *parent = v.parent ? v.parent : "", *key = v.key ? v.key : "the document";
    die(EXIT_DATA, "%s: %.80s%s%.80s %s", v.doc->name, parent, v.parent ? ": " : "", key, problem);
}

static struct json_view child(struct json_view v, const char *key, json_t *node)
{
    return (struct json_view){.doc = v.doc, .parent = v.key, .key = key, .node = node};
}

struct json_view json_find(struct json_view object, const char *key)
{
    if (!json_is_object((json_t *)object.node))
        refuse(object, "is not an object {...}");
    json_t *node = json_object_get(object.node, key);
    return child(object, key, json_is_null(node) ? NULL : node);
}

bool json_has_null(struct json_view object, const char *key)
{
    return json_is_null(json_object_get(object.node, key));
}

struct json_view json_get(struct json_view object, const char *key)
{
    struct json_view v = json_find(object, key);
    if (!v.node)
        refuse(v, "is missing");
    return v;
}

/* Whether a real is an integer that both a double and a long long hold. */
static bool is_whole(double v)
{
    return fabs(v) <= 9007199254740992.0 && v == rint(v);
}

long long json_int(struct json_view v, long long min, long long max)
{
    char problem[120];
    const json_t *j = v.node;
    const double number = json_real_value(j); /* a whole one is an integer, too */
    const bool whole = json_is_real(j) && is_whole(number);
    long long value = whole ? (long long)number : json_integer_value(j);
    if ((json_is_integer(j) || whole) && value >= min && value <= max)
        return value;
    snprintf(problem, sizeof problem, "must be an integer from %lld to %lld", min, max);
    refuse(v, problem);
}

double json_number(struct json_view v, double min, double max)
{
    char problem[120];
    double value = json_number_value(v.node);
    if (json_is_number((json_t *)v.node) && value >= min && value <= max)
        return value;
    snprintf(problem, sizeof problem, "must be a number from %g to %g", min, max);
    refuse(v, problem);
}

bool json_bool(struct json_view v)
{
    if (!json_is_boolean((json_t *)v.node))
        refuse(v, "must be true or false");
    return json_is_true((json_t *)v.node);
}

bool json_has_text(struct json_view v)
{
    return json_is_string((json_t *)v.node);
}

bool json_has_array(struct json_view v)
{
    return json_is_array((json_t *)v.node);
}

bool json_has_object(struct json_view v)
{
    return json_is_object((json_t *)v.node);
}

bool json_scalar(struct json_view v, char *out, size_t size)
{
    json_t *j = v.node;
    if (json_is_integer(j))
        snprintf(out, size, "%lld", (long long)json_integer_value(j));
    else if (json_is_real(j) && is_whole(json_real_value(j)))
        snprintf(out, size, "%.0f", json_real_value(j) + 0.0);
    else if (json_is_real(j))
        option_real_text(json_real_value(j), out, size);
    else
        snprintf(out, size, "%s", json_is_true(j) ? "true" : json_is_false(j) ? "false" : "");
    return !j || json_is_number(j) || json_is_boolean(j) || json_is_null(j);
}

bool json_flag(struct json_view object, const char *key, bool otherwise)
{
    struct json_view v = json_find(object, key);
    return v.node ? json_bool(v) : otherwise;
}

const char *json_text(struct json_view v)
{
    if (!json_is_string((json_t *)v.node))
        refuse(v, "must be a text");
    return json_string_value(v.node);
}

size_t json_object_length(struct json_view v)
{
    if (!json_is_object((json_t *)v.node))
        refuse(v, "is not an object {...}");
    return json_object_size(v.node);
}

size_t json_array_length(struct json_view v)
{
    if (!json_is_array((json_t *)v.node))
        refuse(v, "is not an array [...]");
    return json_array_size(v.node);
}

struct json_view json_element(struct json_view array, size_t i)
{
    if (i >= json_array_length(array))
        refuse(array, "has too few elements");
    return (struct json_view){
        .doc = array.doc, .parent = array.parent, .key = array.key, .node = json_array_get(array.node, i)};
}

bool json_next(struct json_view object, struct json_view *member)
{
    if (!json_is_object((json_t *)object.node))
        refuse(object, "is not an object {...}");
    void *at = member->node ? json_object_iter_next(object.node, json_object_key_to_iter(member->key))
                            : json_object_iter(object.node);
    if (!at)
        return false;
    *member = child(object, json_object_iter_key(at), json_object_iter_value(at));
    return true;
}

struct json *json_new(void)
{
    struct json *doc = mem_alloc(sizeof *doc);
    *doc = (struct json){.root = json_object(), .name = mem_text("JSON being written"), .digits = 1};
    return doc;
}

/* Takes over `node`. A text that is not UTF-8 gives no node: jansson cannot hold it. */
static json_t *put(struct json_view at, const char *key, json_t *node)
{
    if (!node || (key ? json_object_set_new(at.node, key, node) : json_array_append_new(at.node, node)))
        die(EXIT_DATA, "cannot be written as JSON (memory, or a text that is not UTF-8): %.80s", key ? key : "element");
    return node;
}

struct json_view json_put_object(struct json_view at, const char *key)
{
    return child(at, key, put(at, key, json_object()));
}

struct json_view json_put_array(struct json_view at, const char *key)
{
    return child(at, key, put(at, key, json_array()));
}

void json_put_string(struct json_view at, const char *key, const char *value)
{
    put(at, key, json_string(value));
}

void json_put_int(struct json_view at, const char *key, long long value)
{
    put(at, key, json_integer(value));
}

void json_put_real(struct json_view at, const char *key, double value)
{
    assert(isfinite(value));
    put(at, key, json_real(value));
    struct json *doc = (struct json *)at.doc;
    char text[40];
    while (snprintf(text, sizeof text, "%.*g", doc->digits, value), strtod(text, NULL) != value)
        doc->digits++;
}

void json_put_bool(struct json_view at, const char *key, bool value)
{
    put(at, key, json_boolean(value));
}

void json_put_null(struct json_view at, const char *key)
{
    put(at, key, json_null());
}

void json_put_shared(struct json_view at, const char *key, struct json_view value)
{
    put(at, key, json_incref((json_t *)value.node));
}

static char *dump(const struct json *doc, size_t flags)
{
    char *text = json_dumps(doc->root, flags | JSON_REAL_PRECISION(doc->digits ? doc->digits : 17));
    if (!text)
        die(EXIT_RESOURCE, "out of memory while writing JSON");
    return text;
}

char *json_line(const struct json *doc)
{
    return dump(doc, JSON_COMPACT);
}

void json_write(const struct json *doc, const char *path)
{
    char *text = dump(doc, JSON_INDENT(2));
    DEFER(free, text);
    struct file_out f;
    file_begin(&f, path);
    file_write(&f, text, strlen(text));
    file_write(&f, "\n", 1);
    file_commit(&f);
}

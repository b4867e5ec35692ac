/* JSON files through jansson: bounded, strict, and every complaint names the file and the key. */
#ifndef CORE_JSON_H
#define CORE_JSON_H

#include <stdbool.h>
#include <stddef.h>

enum { JSON_DEPTH = 64, JSON_VALUES = 4000000 }; /* deepest nesting and most values that are read */

struct json; /* a document */

/* A value inside a document, passed by value; it lives as long as the document. */
struct json_view {
    const struct json *doc;
    const char *parent, *key; /* for messages; may be NULL */
    void *node;               /* NULL: no value */
};

/* Parses a file of at most `limit` bytes, or text in memory (`name` stands for the file in messages).
 * Dies with EXIT_DATA: not an object or array in JSON, nested deeper than JSON_DEPTH, a key given twice, a NUL byte. */
struct json *json_load(const char *path, size_t limit);
struct json *json_parse(const char *text, size_t size, const char *name);
/* Whether it holds a whole number beyond 64 bits, which was read as the nearest double. */
bool json_is_rounded(const struct json *doc);
void json_free(struct json *doc);
struct json_view json_root(const struct json *doc);

/* The value of a key. json_get dies when there is none; json_find returns a view without node (so for null). */
struct json_view json_get(struct json_view object, const char *key);
struct json_view json_find(struct json_view object, const char *key);
bool json_has_null(struct json_view object, const char *key); /* the key is there, and null */
/* Values of the wanted type, or one line that names file, key and bounds. An integer is a real, and a whole real an integer. */
long long json_int(struct json_view v, long long min, long long max);
double json_number(struct json_view v, double min, double max);
bool json_bool(struct json_view v);
bool json_flag(struct json_view object, const char *key, bool otherwise); /* of a key that may be absent */
const char *json_text(struct json_view v);
/* Whether a value is a text, an array, an object. */
bool json_has_text(struct json_view v);
bool json_has_array(struct json_view v);
bool json_has_object(struct json_view v);
/* Writes a number, true or false, or nothing for null; false for a text, an array or an object. */
bool json_scalar(struct json_view v, char *out, size_t size);
/* Number of members (object) or elements (array), anything else dies; element i, which dies where there is none; the object's members in file order:
 *     struct json_view m = {0};
 *     while (json_next(object, &m)) use(m.key, m);                                                                  */
size_t json_object_length(struct json_view v);
size_t json_array_length(struct json_view v);
struct json_view json_element(struct json_view array, size_t i);
bool json_next(struct json_view object, struct json_view *member);

/* Building: a new document is an empty object; in arrays the key is NULL and values are appended. */
struct json *json_new(void);
struct json_view json_put_object(struct json_view at, const char *key);
struct json_view json_put_array(struct json_view at, const char *key);
void json_put_string(struct json_view at, const char *key, const char *value);
void json_put_int(struct json_view at, const char *key, long long value);
void json_put_real(struct json_view at, const char *key, double value); /* finite; written to read back equal */
void json_put_bool(struct json_view at, const char *key, bool value);
void json_put_null(struct json_view at, const char *key);
/* A value of another document, which both hold from then on, without a copy; reals are then written as at's has them. */
void json_put_shared(struct json_view at, const char *key, struct json_view value);
/* One line of text, for free(); a file (indented, final newline) that appears complete or not at all. */
char *json_line(const struct json *doc);
void json_write(const struct json *doc, const char *path);

#endif

/* vocab.json and merges.txt, put together as one tokenizer.json, so that there is one reader of BPE. */
#include "data/tokenizer_merges.h"

#include "core/die.h"
#include "core/unicode.h"

#include <string.h>

static void put_merges(struct json_view list, char *text, const char *end, const char *path)
{
    int line = 1;
    for (char *next; text < end; text = next, line++) {
        char *stop = memchr(text, '\n', (size_t)(end - text));
        next = stop ? stop + 1 : (char *)end + 1;
        stop = stop ? stop : (char *)end;
        stop -= stop > text && stop[-1] == '\r';
        *stop = '\0';
        if (strlen(text) != (size_t)(stop - text) || !unicode_is_utf8(text))
            die(EXIT_DATA, "%s: line %d of merges.txt beside it is not UTF-8 text", path, line);
        if (strncmp(text, "#version", 8) != 0)
            json_put_string(list, NULL, text);
    }
}

struct json *tokenizer_of_merges(struct json_view vocab, char *merges, size_t size, const char *path)
{
    static const char frame[] = "{\"pre_tokenizer\": {\"type\": \"ByteLevel\", \"add_prefix_space\": false},"
                                " \"model\": {\"type\": \"BPE\"}}";
    struct json *doc = json_parse(frame, sizeof frame - 1, path);
    struct guard guard;
    GUARD(&guard, json_free, doc);
    struct json_view model = json_get(json_root(doc), "model");
    json_put_shared(model, "vocab", vocab);
    put_merges(json_put_array(model, "merges"), merges, merges + size, path);
    guard_end(&guard);
    return doc;
}

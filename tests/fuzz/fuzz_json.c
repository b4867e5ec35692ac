/* JSON: any bytes are a document that prints and parses to itself, or are refused. */
#include "core/json.h"
#include "tests/fuzz/fuzz.h"

static void reader(const char *path)
{
    struct json *doc = json_load(path, 1 << 20);
    char *text = json_line(doc);
    struct json *again = json_parse(text, strlen(text), "what was printed");
    char *twice = json_line(again);
    if (strcmp(text, twice) != 0)
        abort();
    free(text);
    free(twice);
    json_free(again);
    json_free(doc);
}

FUZZ_TARGET(json)
{
    fuzz_read(reader, fuzz_file(0, data, bytes));
    return 0;
}

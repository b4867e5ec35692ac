/* key=value words: any lines are a run whose canonical text gives the same run again, or are refused. */
#include "experiment/replay.h"
#include "tests/fuzz/fuzz.h"

enum { WORDS = 64 };

/* Out of the reader, so that they are freed when it dies. */
static struct spec spec, again;
static char *words[WORDS], **canonical;
static int n, lines;

static void reader(const char *path)
{
    char first[SPEC_TEXT], second[SPEC_TEXT];
    (void)path;
    spec_parse(&spec, n, (const char *const *)words);
    spec_text(&spec, first);
    canonical = replay_words(first, &lines);
    spec_parse(&again, lines, (const char *const *)canonical);
    spec_text(&again, second);
    if (strlen(first) + 1 >= sizeof first || strcmp(first, second) != 0)
        abort();
}

FUZZ_TARGET(options)
{
    char *text = calloc(1, bytes + 1), *rest = text;
    memcpy(text, data, bytes);
    for (n = 0; n < WORDS && rest;)
        words[n++] = strsep(&rest, "\n");
    fuzz_read_as(EXIT_USAGE, reader, "");
    spec_free(&spec);
    spec_free(&again);
    if (canonical)
        mem_free_list(canonical);
    canonical = NULL;
    free(text);
    return 0;
}

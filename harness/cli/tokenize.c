/* peftlab tokenize: the ids and pieces that a base's tokenizer makes of a text. */
#include "cli/verb.h"

#include "base/base.h"
#include "core/die.h"
#include "core/file.h"
#include "data/tokenizer_files.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Pieces below their ids, or the ids alone. */
static void print(const struct tokenizer *t, const char *a, const char *b, int max_len, bool ids)
{
    static struct example e;
    struct pieces p, q;
    long invalid = tokenizer_pieces(t, a, &p);
    if (b)
        invalid += tokenizer_pieces(t, b, &q);
    sequence_build(b ? &t->pair : &t->single, &p, b ? &q : NULL, max_len, &e);
    for (int line = 0; line < (ids ? 1 : 2); line++) {
        for (int i = 0; i < e.n; i++) {
            char id[12];
            const char *word = vocab_word(t->vocab, e.ids[i]);
            int width = snprintf(id, sizeof id, "%d", e.ids[i]), letters = (int)strlen(word);
            printf("%s%-*s", i ? " " : "", ids ? 0 : width > letters ? width : letters, line ? word : id);
        }
        printf("\n");
    }
    int all = tokenizer_length(t, &p, b ? &q : NULL);
    if (all > e.n)
        fprintf(stderr, "cut at %d of %d tokens\n", e.n, all);
    if (invalid)
        fprintf(stderr, "%ld bytes are not UTF-8\n", invalid);
}

/* One text a line; a tab parts a pair. */
static void print_file(const struct tokenizer *t, const char *path, int max_len, bool ids)
{
    if (file_is_folder(path))
        die(EXIT_DATA, "%s: is a folder, a file is wanted", path);
    FILE *f = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
    char *line = NULL;
    size_t size = 0;
    ssize_t n;
    if (!f)
        die(EXIT_DATA, "%s: %s", path, strerror(errno));
    while ((n = getline(&line, &size, f)) > 0) {
        if (strlen(line) < (size_t)n)
            die(EXIT_DATA, "%s: a line holds a NUL byte: this is no text", path);
        while (n > 0 && strchr("\r\n", line[n - 1]))
            line[--n] = '\0';
        char *pair = strchr(line, '\t');
        if (pair)
            *pair++ = '\0';
        print(t, line, pair, max_len, ids);
    }
    if (ferror(f))
        die(EXIT_DATA, "%s: %s", path, strerror(errno));
    free(line);
    if (f != stdin)
        fclose(f);
}

static int run(const struct words *w)
{
    const char *name = words_text(w, "base", NULL), *file = words_text(w, "file", NULL);
    int max_len = (int)words_number(w, "max_len", 3, EXAMPLE_TOKENS, EXAMPLE_TOKENS);
    bool ids = words_given(w, "--ids");
    if (!name || (w->n == 0) == !file || w->n > 2)
        words_usage(w);
    size_t size = strlen(name); // cppcheck-suppress nullPointerRedundantCheck ; words_usage does not return
    struct base base = {.image = -1};
    struct tokenizer *t = NULL;
    if (size > 3 && strcmp(name + size - 3, ".h5") == 0)
        base_open(&base, name, 1);
    else if (file_is_folder(name) || file_exists(name))
        t = tokenizer_open(name);
    else
        die(EXIT_USAGE, "base=%s is neither a folder with a tokenizer, a tokenizer's file, nor a base's .h5 file",
            name);
    const struct tokenizer *used = t ? t : base.tokenizer;
    assert(used); /* base_open takes no other file than one that was made from text */
    if (file)
        print_file(used, file, max_len, ids);
    else
        print(used, w->word[0], w->n > 1 ? w->word[1] : NULL, max_len, ids);
    tokenizer_free(t);
    base_close(&base);
    return EXIT_OK;
}

const struct verb verb_tokenize = {
    .name = "tokenize",
    .group = VERB_LOOK,
    .summary = "print the ids and pieces that a base's tokenizer makes of a text",
    .usage = "base=DIR [TEXT [TEXT]]",
    .help = "The ids are those of Hugging Face's tokenizers. Byte-level pieces stand as in the vocabulary, a blank as "
            "U+0120.",
    .example = "tokenize base=data/minilm \"Unaffordable cafés\"",
    .least = 0,
    .most = 2,
    .options = {{"base", "DIR", "a folder, its tokenizer.json or vocab.txt, or a base's .h5 file"},
                {"file", "FILE", "texts to read instead, one a line, a pair parted by a tab; - is the standard input"},
                {"max_len", "N", "tokens of a text or a pair, special ones included; 512 unless given"},
                {"--ids", NULL, "print the ids alone"}},
    .run = run,
};

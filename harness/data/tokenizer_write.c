/* The files of a tokenizer that was read go out byte for byte; a base's own vocabulary becomes vocab.txt. */
#include "data/tokenizer_write.h"

#include "core/arena.h"
#include "core/file.h"
#include "core/json.h"

#include <stdlib.h>
#include <string.h>

static void write_file(const char *folder, const char *name, const char *bytes, size_t size)
{
    char *path = mem_text("%s/%s", folder, name);
    struct file_out f;
    file_begin(&f, path);
    file_write(&f, bytes, size);
    file_commit(&f);
    free(path);
}

static void write_vocab(const struct tokenizer *t, const char *folder)
{
    char *text = NULL;
    size_t size = 0;
    for (int i = 0; i < vocab_size(t->vocab); i++) {
        const char *word = vocab_word(t->vocab, i);
        size_t n = strlen(word);
        text = mem_grow(text, size + n + 1);
        memcpy(text + size, word, n);
        text[size + n] = '\n';
        size += n + 1;
    }
    write_file(folder, "vocab.txt", text, size);
    free(text);
}

void tokenizer_write_config(const struct wordpiece_settings *s, const char *folder, int positions)
{
    struct json *doc = json_new();
    struct json_view root = json_root(doc);
    json_put_string(root, "tokenizer_class", "BertTokenizer");
    json_put_bool(root, "do_lower_case", s->lower);
    json_put_bool(root, "strip_accents", s->strip);
    json_put_bool(root, "tokenize_chinese_chars", s->cjk);
    json_put_int(root, "model_max_length", positions);
    char *path = mem_text("%s/tokenizer_config.json", folder);
    json_write(doc, path);
    free(path);
    json_free(doc);
}

void tokenizer_write(const struct tokenizer *t, const char *folder, int positions)
{
    for (int i = 0; i < t->files; i++)
        write_file(folder, t->file[i].name, t->file[i].bytes, t->file[i].size);
    if (t->files)
        return;
    write_vocab(t, folder);
    tokenizer_write_config(&t->settings, folder, positions);
}

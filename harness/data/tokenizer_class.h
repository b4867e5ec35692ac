/* transformers opens a folder by a class of its own, which brings things with it that no file says, and leaves out others. */
#ifndef DATA_TOKENIZER_CLASS_H
#define DATA_TOKENIZER_CLASS_H

#include "core/json.h"
#include "data/tokenizer.h"

#include <limits.h>

/* A folder, or a file, being read. */
struct tokenizer_opening {
    struct tokenizer *t;
    const char *path; /* as the user names it */
    bool folder;
    struct json *json, *config, *specials, *added, *model; /* documents that are there */
    char of[PATH_MAX];                                     /* the file that the words are from, for messages */
};

/* The classes that do so; GENERIC takes tokenizer.json as it stands. */
enum family { BERT, MPNET, ROBERTA, GPT2, GENERIC };

/* The words for these roles, and the first and the last of a text, where no file names them, by family; NULL: none. */
struct tokenizer_own {
    const char *role[SPECIAL_WORDS], *ends[2];
};
extern const struct tokenizer_own tokenizer_own[];

/* The class: named in tokenizer_config.json, else by the model's type. */
enum family tokenizer_family(const struct tokenizer_opening *o);
/* Case, accents and ideographs of a WordPiece: as tokenizer_config.json states them, else as the class has them. `json`, the
 * step of tokenizer.json, may be NULL. Dies with EXIT_DATA where it says otherwise: nobody can know what is meant. */
struct wordpiece_settings tokenizer_settle(const struct tokenizer_opening *o, const struct normal_step *json);
/* Does to a tokenizer that was read from tokenizer.json what the class does. Dies with EXIT_DATA where the class would leave
 * out what the file says. Marks BERT's own WordPiece as plain. */
void tokenizer_obey(struct tokenizer_opening *o, enum family family, struct json_view model);

#endif

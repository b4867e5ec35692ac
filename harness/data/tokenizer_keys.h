/* The keys of a tokenizer_config.json. */
#ifndef DATA_TOKENIZER_KEYS_H
#define DATA_TOKENIZER_KEYS_H

#include "core/json.h"

/* Dies with EXIT_DATA at a key that changes ids and is not carried out; warns of one that is not known. `path`: the folder,
 * as the user names it. */
void tokenizer_check_keys(struct json_view root, const char *path);

#endif

/* The keys that tokenizer_config.json may hold, and what becomes of each. */
#include "data/tokenizer_keys.h"

#include "core/die.h"

#include <stdbool.h>
#include <string.h>

/* Keys that change no id, or are read elsewhere. */
static bool harmless(const char *key)
{
    static const char *const keys[] = {"tokenizer_class",
                                       "do_lower_case",
                                       "strip_accents",
                                       "tokenize_chinese_chars",
                                       "model_max_length",
                                       "pad_token",
                                       "unk_token",
                                       "cls_token",
                                       "sep_token",
                                       "mask_token",
                                       "bos_token",
                                       "eos_token",
                                       "additional_special_tokens",
                                       "extra_special_tokens",
                                       "added_tokens_decoder",
                                       "clean_up_tokenization_spaces",
                                       "name_or_path",
                                       "_name_or_path",
                                       "special_tokens_map_file",
                                       "tokenizer_file",
                                       "model_input_names",
                                       "max_length",
                                       "stride",
                                       "truncation",
                                       "truncation_strategy",
                                       "pad_to_multiple_of",
                                       "pad_token_type_id",
                                       "padding",
                                       "padding_side",
                                       "errors",
                                       "trim_offsets",
                                       "backend",
                                       "is_local",
                                       "local_files_only",
                                       "auto_map",
                                       "processor_class",
                                       "chat_template",
                                       "vocab_type",
                                       "use_fast",
                                       "init_inputs",
                                       "_commit_hash",
                                       "transformers_version",
                                       "model_specific_special_tokens",
                                       "split_special_tokens",
                                       "vocab_size",
                                       "full_tokenizer_file",
                                       "fast_tokenizer_files",
                                       "keep_accents",
                                       "sp_model_kwargs",
                                       "remove_space"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (strcmp(key, keys[i]) == 0)
            return true;
    return false;
}

/* Settings that may only stand there with one value, as text; the others change ids and are not carried out. */
static bool as_wanted(const char *key, struct json_view v, bool *known)
{
    static const struct {
        const char *key;
        bool wanted;
    } flags[] = {{"do_basic_tokenize", true}, {"split_by_punct", false}, {"add_bos_token", false},
                 {"add_eos_token", false},    {"legacy", false},         {"from_slow", false}};
    *known = true;
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
        if (strcmp(key, flags[i].key) == 0)
            return json_bool(v) == flags[i].wanted;
    if (strcmp(key, "never_split") == 0)
        return json_array_length(v) == 0;
    if (strcmp(key, "truncation_side") == 0)
        return strcmp(json_text(v), "right") == 0;
    *known = false;
    return true;
}

void tokenizer_check_keys(struct json_view root, const char *path)
{
    struct json_view m = {0};
    while (json_next(root, &m)) {
        bool known = true;
        struct json_view v = json_find(root, m.key);
        if (!v.node || harmless(m.key) || strcmp(m.key, "add_prefix_space") == 0)
            continue;
        if (!as_wanted(m.key, v, &known))
            die(EXIT_DATA, "%s/tokenizer_config.json: %s changes how texts are cut and is not carried out", path,
                m.key);
        if (!known)
            warn("%s/tokenizer_config.json: %.60s is not known here: compare `peftlab tokenize base=%s TEXT` with "
                 "transformers",
                 path, m.key, path);
    }
}

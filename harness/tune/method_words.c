/* Setting a method's options and those of adapters from words. */
#include "tune/method_words.h"

#include "core/arena.h"
#include "core/die.h"

#include <stdio.h>
#include <string.h>

void *method_words(const struct method *m, struct adapter *common, int n, char *const *words, const char *where)
{
    void *opts = mem_alloc(m->options_size);
    char key[64];
    option_defaults(adapter_options, common);
    option_defaults(m->options, opts);
    for (int i = 0; i < n; i++) {
        const char *equals = strchr(words[i], '=');
        if (!equals)
            die(EXIT_USAGE, "%s\"%.60s\" is not of the form key=value", where, words[i]);
        snprintf(key, sizeof key, "%.*s", (int)(equals - words[i]), words[i]);
        const struct option *adapter = option_find(adapter_options, key);
        const struct option *own = adapter ? NULL : option_find(m->options, key);
        if (!adapter && !own)
            die(EXIT_USAGE,
                "%s%s has no option \"%s\" (`peftlab explain %s` lists its own, `peftlab list options` all)", where,
                m->name, key, m->name);
        option_set(adapter ? adapter : own, adapter ? (void *)common : opts, equals + 1);
    }
    return opts;
}

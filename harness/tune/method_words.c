/* Setting a method's options and those of adapters from words. */
#include "tune/method_words.h"

#include "core/arena.h"
#include "core/die.h"

#include <stdio.h>
#include <string.h>

const struct option *method_option(const struct method *m, const char *key, struct adapter *common, void *opts,
                                   void **in)
{
    const struct option *shared = option_find(adapter_options, key);
    *in = shared ? (void *)common : opts;
    return shared ? shared : option_find(m->options, key);
}

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
        void *in;
        const struct option *o = method_option(m, key, common, opts, &in);
        if (!o)
            die(EXIT_USAGE,
                "%s%s has no option \"%s\" (`peftlab explain %s` lists its own, `peftlab list options` all)", where,
                m->name, key, m->name);
        option_set(o, in, equals + 1);
    }
    return opts;
}

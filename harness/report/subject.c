/* Finding the method that a text begins with. */
#include "report/subject.h"

#include <string.h>

static size_t begins(const char *text, const char *word)
{
    const size_t n = strlen(word);
    return strncmp(text, word, n) == 0 && (text[n] == '\0' || text[n] == ' ') ? n : 0;
}

const struct method *subject_of(const char *text)
{
    const struct method *found = NULL;
    size_t longest = 0;
    for (int i = 0; i < method_registry_size; i++) {
        const struct method *m = method_registry[i];
        const size_t title = begins(text, m->title), name = begins(text, m->name);
        if (title > longest || name > longest) {
            found = m;
            longest = title > name ? title : name;
        }
    }
    return found;
}

const struct method *subject_of_claim(const char *rule)
{
    const char *value = strstr(rule, ": ");
    return value ? subject_of(value + 2) : NULL;
}

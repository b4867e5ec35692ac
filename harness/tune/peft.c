/* The words by which PEFT calls a method's choices. */
#include "tune/peft.h"

#include <stdio.h>
#include <string.h>

bool peft_word(const struct peft_key *k, int i, char name[PEFT_WORD], char word[PEFT_WORD])
{
    const char *at = strchr(k->key, '=');
    *word = '\0';
    snprintf(name, PEFT_WORD, "%.*s", (int)strcspn(k->key, "="), k->key);
    for (; at && i > 0; i--)
        at = strchr(at + 1, '|');
    if (at)
        snprintf(word, PEFT_WORD, "%.*s", (int)strcspn(at + 1, "|"), at + 1);
    return *word;
}

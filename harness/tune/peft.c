/* The words by which PEFT calls a method's choices, the shapes of its tensors, its keys and scales. */
#include "tune/peft.h"

#include <math.h>
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

bool peft_says(const struct peft *p, enum peft_value value)
{
    bool says = false;
    for (const struct peft_key *k = p->key; k->key; k++)
        says |= k->value == value;
    return says;
}

double peft_divisor_at(const struct peft *p, int rank)
{
    return p->divisor == BY_ROOT_OF_RANK ? sqrt(rank) : p->divisor == BY_RANK ? rank : rank + 1e-5;
}

struct mat peft_view(const struct peft_tensor *p, struct mat ours)
{
    if (p->form == PEFT_VECTOR)
        return mat_of(ours.v, 1, (int)mat_size(ours));
    if (p->form != PEFT_STACK_OF_SQUARES)
        return ours;
    int m = (int)lrint(sqrt(ours.cols));
    return mat_of(ours.v, ours.rows * m, m);
}

/* Counting runs by the BLAS kernel that made them. */
#include "experiment/kernels.h"

#include "core/die.h"

#include <stdio.h>
#include <string.h>

enum { KERNELS_MAX = 16 };
struct kernels {
    char name[KERNELS_MAX][32]; /* "Haswell", "SkylakeX" ... in order of appearance */
    long runs[KERNELS_MAX];
    int n;
};

static void count(struct plan *p, struct kernels *c)
{
    *c = (struct kernels){.n = 0};
    for (int i = 0; i < p->runs; i++) {
        int k = 0;
        const struct facts *e =
            p->run[i].state == PLAN_DONE ? index_look(&p->index, session_results(p->session), p->run[i].key) : NULL;
        if (!e)
            continue;
        while (k < c->n && strcmp(c->name[k], e->core) != 0)
            k++;
        if (k == c->n && k < KERNELS_MAX)
            snprintf(c->name[c->n++], sizeof c->name[0], "%s", e->core);
        if (k < KERNELS_MAX)
            c->runs[k]++;
    }
}

/* "Haswell (120 runs), SkylakeX (4 runs)" */
static const char *words_of(const struct kernels *c, char *text, unsigned size)
{
    unsigned used = 0;
    *text = '\0';
    for (int k = 0; k < c->n && used < size; k++)
        used += (unsigned)snprintf(text + used, size - used, "%s%s (%ld run%s)", k ? ", " : "", c->name[k], c->runs[k],
                                   c->runs[k] == 1 ? "" : "s");
    return text;
}

void kernels_warn(struct plan *p)
{
    struct kernels c;
    char text[512];
    count(p, &c);
    if (c.n > 1)
        warn("these runs are of different BLAS kernels, which round differently: %s; OPENBLAS_CORETYPE pins one",
             words_of(&c, text, sizeof text));
}

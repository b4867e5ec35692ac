/* Counting runs by the BLAS kernel that made them. */
#include "experiment/cores.h"

#include "core/die.h"

#include <stdio.h>
#include <string.h>

void cores_count(struct plan *p, struct cores *c)
{
    *c = (struct cores){.n = 0};
    for (int i = 0; i < p->runs; i++) {
        int k = 0;
        const struct index_entry *e =
            p->run[i].state == PLAN_DONE ? index_look(&p->index, session_results(p->session), p->run[i].key) : NULL;
        if (!e)
            continue;
        while (k < c->n && strcmp(c->name[k], e->core) != 0)
            k++;
        if (k == c->n && k < CORES_MAX)
            snprintf(c->name[c->n++], sizeof c->name[0], "%s", e->core);
        if (k < CORES_MAX)
            c->runs[k]++;
    }
}

const char *cores_text(const struct cores *c, char *text, unsigned size)
{
    unsigned used = 0;
    *text = '\0';
    for (int k = 0; k < c->n && used < size; k++)
        used += (unsigned)snprintf(text + used, size - used, "%s%s (%ld run%s)", k ? ", " : "", c->name[k], c->runs[k],
                                   c->runs[k] == 1 ? "" : "s");
    return text;
}

void cores_warn(struct plan *p)
{
    struct cores c;
    char text[512];
    cores_count(p, &c);
    if (c.n > 1)
        warn("these runs are of different BLAS kernels, which round differently: %s; OPENBLAS_CORETYPE pins one",
             cores_text(&c, text, sizeof text));
}

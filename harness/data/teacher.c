/* Site lists and random orthonormal bases for planted teachers. */
#include "data/teacher.h"

#include "core/arena.h"
#include "core/die.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static bool listed(const char *list, int layer)
{
    const char *p = list;
    bool found = false;
    if (strcmp(list, "all") == 0)
        return true;
    for (;;) {
        char *end;
        long k = strtol(p, &end, 10);
        if (end == p || k < 0 || (*end && *end != ','))
            die(EXIT_USAGE, "planted layers \"%s\": write numbers from 0 joined by commas, or all", list);
        found |= k == layer;
        if (!*end)
            return found;
        p = end + 1;
    }
}

int teacher_sites(const char *list, struct teacher_site *sites, int n)
{
    int chosen = 0;
    for (int i = 0; i < n; i++)
        if (listed(list, sites[i].layer) && (strcmp(sites[i].target, "q") == 0 || strcmp(sites[i].target, "v") == 0)) {
            struct teacher_site t = sites[chosen];
            sites[chosen++] = sites[i];
            sites[i] = t;
        }
    if (chosen == 0)
        die(EXIT_USAGE, "planted layers \"%s\": the base has no such layer", list);
    return chosen;
}

static double dot(const double *a, const double *b, int n)
{
    double s = 0;
    for (int i = 0; i < n; i++)
        s += a[i] * b[i];
    return s;
}

/* Modified Gram-Schmidt, each row twice: orthogonal to machine precision (Giraud et al. 2005). */
double *teacher_basis(struct rng *r, int k, int n)
{
    double *Q = mem_alloc(sizeof *Q * (size_t)k * (size_t)n);
    if (k > n)
        die(EXIT_USAGE, "planted rank %d exceeds the width %d of the base", k, n);
    for (int i = 0; i < k; i++) {
        double *q = Q + (size_t)i * (size_t)n, norm;
        for (int j = 0; j < n; j++)
            q[j] = rng_normal(r);
        for (int pass = 0; pass < 2; pass++)
            for (int m = 0; m < i; m++) {
                const double *p = Q + (size_t)m * (size_t)n;
                double c = dot(p, q, n);
                for (int j = 0; j < n; j++)
                    q[j] -= c * p[j];
            }
        norm = sqrt(dot(q, q, n));
        for (int j = 0; j < n; j++)
            q[j] /= norm;
    }
    return Q;
}

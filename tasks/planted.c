/* Planted teachers: the base with a known change of q and v; students regress its pooled vector on fresh documents.
 *
 *   low   W' = W + rho ||W||_F U V^T / sqrt(k),  U (out, k), V (in, k) with random orthonormal columns
 *   dir   the same, then every output row rescaled to its old norm: only directions change
 *   mag   row i of W times exp(rho z_i), z_i ~ N(0, 1): only magnitudes change */
#include "data/task.h"
#include "data/teacher.h"
#include "language/language.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum plant { PLANT_LOW, PLANT_DIR, PLANT_MAG };

struct planted_options {
    int plant, k, teacher;
    double rho;
    char layers[OPTION_TEXT];
};

static const struct option options[] = {
    OPTION_C(planted_options, plant, PLANT_LOW, "low|dir|mag", "low rank, its directions only, or magnitudes only"),
    OPTION_I(planted_options, k, 1, 1, 64, "rank of the change (low, dir)"),
    OPTION_I(planted_options, teacher, 1, 0, 2147483647, "seed of the change"),
    OPTION_R(planted_options, rho, 0, 0, 10, "size of the change; 0: 1 for low and dir, 0.5 for mag"),
    OPTION_T(planted_options, layers, "auto", "changed layers, as 1,2; auto: 1,2 for low and dir, all for mag"),
    OPTION_END};

static real *row(struct mat W, int i)
{
    return W.v + (size_t)i * (size_t)W.ld;
}

static double norm(const real *w, int n)
{
    double s = 0;
    for (int j = 0; j < n; j++)
        s += (double)w[j] * (double)w[j];
    return sqrt(s);
}

static void plant_low(struct rng *r, const struct planted_options *o, double rho, struct mat W)
{
    double *U = teacher_basis(r, o->k, W.rows), *V = teacher_basis(r, o->k, W.cols), total = 0;
    for (int i = 0; i < W.rows; i++)
        total += pow(norm(row(W, i), W.cols), 2);
    double scale = rho * sqrt(total) / sqrt(o->k);
    for (int i = 0; i < W.rows; i++) {
        real *w = row(W, i);
        double before = norm(w, W.cols), rescale;
        for (int j = 0; j < W.cols; j++) {
            double change = 0;
            for (int m = 0; m < o->k; m++)
                change += U[(size_t)m * (size_t)W.rows + (size_t)i] * V[(size_t)m * (size_t)W.cols + (size_t)j];
            w[j] = (real)((double)w[j] + scale * change);
        }
        rescale = o->plant == PLANT_DIR ? before / norm(w, W.cols) : 1;
        for (int j = 0; j < W.cols; j++)
            w[j] = (real)((double)w[j] * rescale);
    }
    free(U);
    free(V);
}

static void plant_mag(struct rng *r, double rho, struct mat W)
{
    for (int i = 0; i < W.rows; i++) {
        double factor = exp(rho * rng_normal(r));
        for (int j = 0; j < W.cols; j++)
            row(W, i)[j] = (real)((double)row(W, i)[j] * factor);
    }
}

static void teach(const struct task_env *env, struct teacher_site *sites, int nsites)
{
    const struct planted_options *o = env->opts;
    bool mag = o->plant == PLANT_MAG, automatic = strcmp(o->layers, "auto") == 0;
    double rho = o->rho > 0 ? o->rho : mag ? .5 : 1;
    int n = teacher_sites(!automatic ? o->layers : mag ? "all" : "1,2", sites, nsites);
    for (int s = 0; s < n; s++) {
        uint32_t id = 2 * (uint32_t)sites[s].layer + (sites[s].target[0] == 'v');
        struct rng r = rng_stream((uint64_t)o->teacher, RNG_TEACHER, id, 0);
        if (mag)
            plant_mag(&r, rho, sites[s].W);
        else
            plant_low(&r, o, rho, sites[s].W);
    }
}

static bool draw(const struct task_env *env, struct rng *r, struct example *out)
{
    static const char *const kinds[DOCUMENT_KINDS] = {"single",   "paraphrase",   "entailment",
                                                      "question", "continuation", "unrelated"};
    struct document d;
    (void)env;
    lang_document(r, &d);
    out->n = d.n;
    out->label = 0;
    memcpy(out->ids, d.ids, sizeof *d.ids * (size_t)d.n);
    memcpy(out->types, d.types, (size_t)d.n);
    snprintf(out->note, EXAMPLE_NOTE, "%s", kinds[d.kind]);
    return true;
}

const struct task task_planted = {.name = "planted",
                                  .title = "regression onto a teacher whose weight change is known",
                                  .options = options,
                                  .options_size = sizeof(struct planted_options),
                                  .kind = TASK_VECTOR,
                                  .primary = METRIC_RECOVERED,
                                  .streams = true,
                                  .draw = draw,
                                  .teach = teach};

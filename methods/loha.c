/* LoHa: the update is the product, entry by entry, of two low-rank products, so that its rank may reach r^2.
 *
 *     y = x W0' + b + x~ D',   D = s (A1 B1) o (A2 B2),   A1, A2 (out, r),  B1, B2 (r, in),  s = alpha / r
 *     A1, A2 ~ U(+-1/sqrt r),  B1 ~ U(+-1/sqrt(in)),  B2 = 0
 *
 * Hyeon-Woo, Ye-Bin, Oh, FedPara, ICLR 2022 (arXiv 2108.06098); Yeh et al., LyCORIS, ICLR 2024 (arXiv 2309.14859).
 * Started as HF PEFT does; LyCORIS draws normal numbers and sets A2 = 0. With M = dL/dD the gradients are
 * G1 = s M o (A2 B2), dA1 = G1 B1', dB1 = A1' G1, and the same with 1 and 2 exchanged. */
#include "core/rng.h"
#include "math/linalg.h"
#include "tune/dense.h"
#include "tune/peft.h"

#include <math.h>

struct state {
    struct param *A[2], *B[2]; /* (out, r), (r, in) */
    double s;
    struct mat P[2], D; /* (out, in): A_i B_i and D, kept from forward to backward */
};

static void attach(struct tuning *t, struct site *s)
{
    static const char *const names[] = {"hada_w1_a", "hada_w1_b", "hada_w2_a", "hada_w2_b"};
    struct state *h = s->state;
    h->s = tuning_scale(t);
    for (int i = 0; i < 2; i++) {
        h->A[i] = tuning_param(t, s, names[2 * i], s->out, s->rank);
        h->B[i] = tuning_param(t, s, names[2 * i + 1], s->rank, s->in);
        tuning_train(h->A[i], 1);
        tuning_train(h->B[i], 1);
    }
}

static void init(struct tuning *t, struct site *s)
{
    const struct state *h = s->state;
    for (int i = 0; i < 2; i++) {
        struct rng r = tuning_rng(t, s, i);
        rng_fill_uniform(&r, h->A[i]->w, -1 / sqrt(s->rank), 1 / sqrt(s->rank));
    }
    struct rng r = tuning_rng(t, s, 2);
    rng_fill_uniform(&r, h->B[0]->w, -1 / sqrt(s->in), 1 / sqrt(s->in));
}

/* y = x W0' + b + x~ D' */
static void forward(struct site *s, const struct pass *p, struct mat x, struct mat y)
{
    struct state *h = s->state;
    for (int i = 0; i < 2; i++) {
        h->P[i] = dense_room(s, p);
        gemm_nn(1, h->A[i]->w, h->B[i]->w, 0, h->P[i]);
    }
    h->D = dense_room(s, p);
    mat_copy(h->P[0], h->D);
    mat_multiply(h->P[1], h->D);
    mat_scale(h->s, h->D);
    dense_forward(s, p, h->D, x, y);
}

/* G_i = M o P_(1-i);  dA_i += s G_i B_i',  dB_i += s A_i' G_i,  dx += mask o (dy D) */
static void backward(struct site *s, const struct pass *p, struct mat x, struct mat dy, struct mat dx)
{
    const struct state *h = s->state;
    struct mat M = dense_backward(s, p, h->D, x, dy, dx), G = arena_mat_raw(p->scratch, s->out, s->in);
    for (int i = 0; i < 2; i++) {
        mat_copy(M, G);
        mat_multiply(h->P[1 - i], G);
        gemm_nt(h->s, G, h->B[i]->w, 1, h->A[i]->g);
        gemm_tn(h->s, h->A[i]->w, G, 1, h->B[i]->g);
    }
}

/* W_ij + s (sum_k A1_ik B1_kj) (sum_k A2_ik B2_kj) */
static void weight(const struct site *s, struct mat W, struct mat b)
{
    const struct state *h = s->state;
    (void)b;
    for (int i = 0; i < s->out; i++)
        for (int j = 0; j < s->in; j++) {
            double sum[2] = {0, 0};
            for (int f = 0; f < 2; f++)
                for (int k = 0; k < s->rank; k++)
                    sum[f] += (double)h->A[f]->w.v[i * s->rank + k] * (double)h->B[f]->w.v[k * s->in + j];
            W.v[(size_t)i * W.ld + j] += (real)(h->s * sum[0] * sum[1]);
        }
}

static long count(const struct adapter *a, const void *opts, int in, int out)
{
    (void)opts;
    return 2L * a->rank * (in + out); /* 2 r (in + out) */
}

static const struct peft peft = {
    .type = "LOHA",
    .tensor = {{"hada_w1_a", "hada_w1_a", RANKS_IN_COLUMNS, PEFT_MATRIX},
               {"hada_w1_b", "hada_w1_b", RANKS_IN_ROWS, PEFT_MATRIX},
               {"hada_w2_a", "hada_w2_a", RANKS_IN_COLUMNS, PEFT_MATRIX},
               {"hada_w2_b", "hada_w2_b", RANKS_IN_ROWS, PEFT_MATRIX}},
    .key = {{"r", PEFT_RANK, "rank", 0},
            {"alpha", PEFT_ALPHA, "alpha", 0},
            {"rank_pattern", PEFT_SITE_RANKS, NULL, 0},
            {"alpha_pattern", PEFT_SITE_ALPHAS, NULL, 0}},
};

const struct method method_loha = {
    .name = "loha",
    .title = "LoHa",
    .cite = "Hyeon-Woo, Ye-Bin, Oh, ICLR 2022, arXiv 2108.06098; Yeh et al., ICLR 2024, arXiv 2309.14859",
    .equation = "W = W0 + s (A1 B1) o (A2 B2)",
    .site_size = sizeof(struct state),
    .facts = NEEDS_INPUT,
    .attach = attach,
    .init = init,
    .ops = {forward, backward, weight},
    .count = count,
    .style = {"#D55E00", 7},
    .peft = &peft,
};

/* HiRA: a low-rank pair that multiplies W0 entry by entry, so that the update may have full rank.
 *
 *     y = x W0' + b + x~ D',   D = W0 o (B A),   A (r, in) ~ U(-1/sqrt(in), 1/sqrt(in)),   B (out, r) = 0
 *
 * Huang et al., ICLR 2025. There is no alpha, as in HF PEFT. The gradient passes through the dense M = dy' x~ (out,
 * in): dB = (M o W0) A',  dA = B' (M o W0). */
#include "math/linalg.h"
#include "tune/dense.h"
#include "tune/lowrank.h"
#include "tune/peft.h"

struct state {
    struct lowrank l;
    struct mat D; /* (out, in), kept from forward to backward */
};

static void attach(struct tuning *t, struct site *s)
{
    struct state *h = s->state;
    lowrank_attach(t, s, &h->l);
    tuning_train(h->l.A, 1);
    tuning_train(h->l.B, 1);
}

static void init(struct tuning *t, struct site *s)
{
    lowrank_init(t, s, s->state);
}

/* y = x W0' + b + x~ D' */
static void forward(struct site *s, const struct pass *p, struct mat x, struct mat y)
{
    struct state *h = s->state;
    h->D = dense_room(s, p);
    gemm_nn(1, h->l.B->w, h->l.A->w, 0, h->D);
    mat_multiply(s->W->w, h->D);
    dense_forward(s, p, h->D, x, y);
}

/* M = dy' x~ o W0;  dB += M A',  dA += B' M,  dx += mask o (dy D) */
static void backward(struct site *s, const struct pass *p, struct mat x, struct mat dy, struct mat dx)
{
    const struct state *h = s->state;
    struct mat M = dense_backward(s, p, h->D, x, dy, dx);
    mat_multiply(s->W->w, M);
    gemm_nt(1, M, h->l.A->w, 1, h->l.B->g);
    gemm_tn(1, h->l.B->w, M, 1, h->l.A->g);
}

/* W_i o (1 + B_i A) */
static void weight(const struct site *s, struct mat W, struct mat b)
{
    const struct state *h = s->state;
    const struct mat A = h->l.A->w, B = h->l.B->w;
    (void)b;
    for (int i = 0; i < s->out; i++)
        for (int j = 0; j < s->in; j++) {
            double f = 1;
            for (int k = 0; k < s->rank; k++)
                f += (double)B.v[(size_t)i * B.ld + k] * (double)A.v[(size_t)k * A.ld + j];
            W.v[(size_t)i * W.ld + j] *= (real)f;
        }
}

static long count(const struct adapter *a, const void *opts, int in, int out)
{
    (void)opts;
    return lowrank_count(a->rank, in, out); /* r (in + out) */
}

static const struct peft peft = {
    .type = "HIRA",
    .tensor = {{"lora_A.weight", "hira_A", RANKS_IN_ROWS, PEFT_MATRIX},
               {"lora_B.weight", "hira_B", RANKS_IN_COLUMNS, PEFT_MATRIX}},
    .key = {{"r", PEFT_LARGEST, "rank", 0},
            {"hira_dropout", PEFT_DROPOUT, NULL, 0},
            {"fan_in_fan_out", PEFT_FALSE, NULL, 0}},
    .one_rank = true,
};

const struct method method_hira = {
    .name = "hira",
    .title = "HiRA",
    .cite = "Huang et al., HiRA, ICLR 2025",
    .equation = "W = W0 + W0 o (B A)",
    .site_size = sizeof(struct state),
    .facts = NEEDS_INPUT,
    .attach = attach,
    .init = init,
    .ops = {forward, backward, weight},
    .count = count,
    .style = {"#009E73", 7},
    .peft = &peft,
};

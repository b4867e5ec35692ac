/* GraLoRA: W0 is cut into k x k blocks, each with a low-rank update of its own.
 *
 *     y = x W0' + b + x~ D',   block (j, i) of D (outputs j, inputs i) = s (A_i[:, j] B_j[i, :])',   q = r / k
 *     A_i (in/k, r) ~ U(+-1/sqrt(in/k)),  B_j (r, out/k) = 0;   [:, j] are columns j q .. (j + 1) q, [i, :] rows likewise
 *     hybrid h > 0 adds LoRA's pair of rank h for the whole matrix;   s = alpha / (r + h)
 *
 * Jung et al., NeurIPS 2025 (arXiv 2505.20355), as HF PEFT computes it. k divides r, in and out; k = 1 is LoRA. */
#include "math/linalg.h"
#include "tune/lowrank.h"
#include "tune/peft.h"

enum { MOST = 8 }; /* blocks along a side */
struct options {
    int k, hybrid;
};
static const struct option options[] = {
    OPTION_I(options, k, 2, 1, MOST, "blocks along each side of a matrix; divides rank, inputs and outputs"),
    OPTION_I(options, hybrid, 0, 0, 4096, "rank of a further pair for the whole matrix"),
    OPTION_END,
};

struct state {
    struct lowrank whole; /* of rank hybrid; A is NULL without */
    struct param *A, *B;  /* (in, r): the A_i below one another; (k r, out / k): the B_j */
    double s;
    int k, in, out;            /* blocks along a side; inputs and outputs of one */
    struct mat u[MOST * MOST]; /* kept from forward to backward */
};

static void check(const struct adapter *common, const void *opts, int in, int out)
{
    const struct options *o = opts;
    if (common->rank % o->k || in % o->k || out % o->k)
        die(EXIT_USAGE, "gralora: k=%d must divide rank=%d and both sides of a %d x %d matrix", o->k, common->rank, out,
            in);
}

static void attach(struct tuning *t, struct site *s)
{
    const struct options *o = t->opts;
    struct state *g = s->state;
    g->k = o->k;
    g->in = s->in / o->k;
    g->out = s->out / o->k;
    g->s = adapter_scale(t->common) * t->common->rank / (t->common->rank + o->hybrid);
    g->A = tuning_trained(t, s, "gralora_A", s->in, s->rank);
    g->B = tuning_trained(t, s, "gralora_B", o->k * s->rank, g->out);
    if (o->hybrid == 0)
        return;
    g->whole.s = g->s;
    g->whole.A = tuning_trained(t, s, "gralora_A_general.weight", o->hybrid, s->in);
    g->whole.B = tuning_trained(t, s, "gralora_B_general.weight", s->out, o->hybrid);
}

static void init(struct tuning *t, struct site *s)
{
    struct state *g = s->state;
    tuning_kaiming(t, s, 1, g->A->w, g->in);
    if (g->whole.A)
        lowrank_init(t, s, &g->whole);
}

/* A_i[:, j] (in/k, q), B_j[i, :] (q, out/k), or their gradients. */
static struct mat block_A(const struct state *g, struct mat A, int i, int j)
{
    int q = A.cols / g->k;
    return mat_cols(mat_rows(A, i * g->in, g->in), j * q, q);
}
static struct mat block_B(const struct state *g, struct mat B, int i, int j)
{
    int r = B.rows / g->k, q = r / g->k;
    return mat_rows(B, j * r + i * q, q);
}

/* u_ij = x~_i A_i[:, j] (N, q);  y_j += s u_ij B_j[i, :] */
static void forward(struct site *s, const struct pass *p, struct mat x, struct mat y)
{
    struct state *g = s->state;
    struct mat dropped = pass_dropout(p, s, x);
    if (g->whole.A)
        lowrank_forward(s, p, x, y);
    else
        site_plain_forward(s, x, y);
    for (int i = 0; i < g->k; i++)
        for (int j = 0; j < g->k; j++) {
            struct mat u = arena_mat_raw(p->keep ? p->saved : p->scratch, x.rows, s->rank / g->k);
            gemm_nn(1, mat_cols(dropped, i * g->in, g->in), block_A(g, g->A->w, i, j), 0, u);
            gemm_nn(g->s, u, block_B(g, g->B->w, i, j), 1, mat_cols(y, j * g->out, g->out));
            g->u[i * g->k + j] = u;
        }
}

/* e_ij = s dy_j B_j[i, :]';  dB_j[i, :] += s u_ij' dy_j,  dA_i[:, j] += x~_i' e_ij,  dx_i += mask o e_ij A_i[:, j]' */
static void backward(struct site *s, const struct pass *p, struct mat x, struct mat dy, struct mat dx)
{
    struct state *g = s->state;
    struct mat e = arena_mat_raw(p->scratch, dy.rows, s->rank / g->k), E = arena_mat(p->scratch, dy.rows, s->in);
    struct mat dropped = pass_dropout(p, s, x);
    site_plain_backward(s, x, dy, dx);
    if (g->whole.A)
        lowrank_backward_delta(s, p, &g->whole, x, dy, dx);
    for (int i = 0; i < g->k; i++)
        for (int j = 0; j < g->k; j++) {
            struct mat dyj = mat_cols(dy, j * g->out, g->out);
            gemm_nt(g->s, dyj, block_B(g, g->B->w, i, j), 0, e);
            gemm_tn(g->s, g->u[i * g->k + j], dyj, 1, block_B(g, g->B->g, i, j));
            gemm_tn(1, mat_cols(dropped, i * g->in, g->in), e, 1, block_A(g, g->A->g, i, j));
            gemm_nt(1, e, block_A(g, g->A->w, i, j), 1, mat_cols(E, i * g->in, g->in));
        }
    pass_dropout_add(p, s, E, dx);
}

/* W_(j,o),(i,c) + s sum_f B_j[i q + f, o] A_i[c, j q + f], and LoRA's */
static void weight(const struct site *s, struct mat W, struct mat b)
{
    const struct state *g = s->state;
    const int r = s->rank, q = r / g->k;
    for (int o = 0; o < s->out; o++)
        for (int c = 0; c < s->in; c++) {
            const int j = o / g->out, i = c / g->in;
            double sum = 0;
            for (int f = 0; f < q; f++)
                sum += mat_get(g->B->w, j * r + i * q + f, o % g->out) * mat_get(g->A->w, c, j * q + f);
            *mat_at(W, o, c) += (real)(g->s * sum);
        }
    if (g->whole.A)
        lowrank_weight(s, W, b);
}

static long count(const struct adapter *a, const void *opts, int in, int out)
{
    const struct options *o = opts;
    return lowrank_count(a->rank + o->hybrid, in, out); /* (r + h) (in + out) */
}

static const struct peft peft = {
    .type = "GRALORA",
    .tensor = {{"gralora_A", "gralora_A", RANKS_IN_COLUMNS, PEFT_STACK, "k"},
               {"gralora_B", "gralora_B", RANKS_NOWHERE, PEFT_STACK, "k"},
               {"gralora_A_general.weight", "gralora_A_general.weight", RANKS_NOWHERE, PEFT_MATRIX},
               {"gralora_B_general.weight", "gralora_B_general.weight", RANKS_NOWHERE, PEFT_MATRIX}},
    .key = {{"r", PEFT_LARGEST, "rank", 0},
            {"alpha", PEFT_ALPHA, "alpha", 0},
            {"gralora_k", PEFT_OPTION, "k", 0},
            {"hybrid_r", PEFT_OPTION, "hybrid", 0},
            {"gralora_dropout", PEFT_DROPOUT, NULL, 0},
            {"bias", PEFT_NONE, NULL, 0},
            {"fan_in_fan_out", PEFT_FALSE, NULL, 0}},
};

const struct method method_gralora = {
    .name = "gralora",
    .title = "GraLoRA",
    .cite = "Jung et al., NeurIPS 2025, arXiv 2505.20355",
    .equation = "block (j, i) of W = W0 + s B_ji A_ji",
    .options = options,
    .options_size = sizeof(struct options),
    .site_size = sizeof(struct state),
    .facts = NEEDS_INPUT,
    .check = check,
    .attach = attach,
    .init = init,
    .ops = {forward, backward, weight},
    .count = count,
    .style = {"#0072B2", 13},
    .peft = &peft,
};

/* Every layer against its definition written out in double: values, and gradients by differences of that definition. */
#include "core/rng.h"
#include "math/linalg.h"
#include "math/vecmath.h"
#include "model/layers.h"
#include "tests/fixture.h"

#include <stdlib.h>
#include <string.h>

#define ALLOWED (sizeof(real) == sizeof(double) ? 1e-8 : 1e-5)

/* ---- Comparing with a definition: L(in) is a number, grad what backward says of it. */

static double uniform(struct rng *r)
{
    return 2 * rng_uniform(r) - 1;
}

/* Random numbers that real holds exactly, so that float layers and double definitions see the same input. */
static void draw(struct rng *r, double *in, real *out, int n)
{
    for (int i = 0; i < n; i++)
        in[i] = (double)(out[i] = (real)uniform(r));
}

/* grad[i] = dL/din[first + i], relative to the largest of the n. */
static void gradient(double (*L)(const double *in), double *in, int first, int n, const real *grad)
{
    const double h = 1e-3;
    double worst = 0, largest = 0;
    for (int i = 0; i < n; i++) {
        double old = in[first + i], f[5];
        for (int k = -2; k <= 2; k++) {
            in[first + i] = old + k * h;
            f[k + 2] = L(in);
        }
        in[first + i] = old;
        double want = (8 * (f[3] - f[1]) - (f[4] - f[0])) / (12 * h), d = fabs((double)grad[i] - want);
        worst = isnan(d) ? INFINITY : fmax(worst, d);
        largest = fmax(largest, fabs(want));
    }
    near(worst / largest, 0, ALLOWED);
}

static double weights[4096]; /* dL/d(output): L = sum of weights o output */

static double weighed(const double *out, int n)
{
    double sum = 0;
    for (int i = 0; i < n; i++)
        sum += weights[i] * out[i];
    return sum;
}

/* ---- Layer norm of x + r */

enum { ROWS = 3, COLS = 19, CELLS = ROWS * COLS };

static void norm_definition(const double *gamma, const double *beta, const double *z, int rows, int n, double *y)
{
    for (int i = 0; i < rows; i++) {
        double mean = 0, var = 0;
        for (int j = 0; j < n; j++)
            mean += z[i * n + j] / n;
        for (int j = 0; j < n; j++)
            var += (z[i * n + j] - mean) * (z[i * n + j] - mean) / n;
        for (int j = 0; j < n; j++)
            y[i * n + j] = gamma[j] * (z[i * n + j] - mean) / sqrt(var + 1e-3) + beta[j];
    }
}

static double norm_value(const double *in)
{
    double z[CELLS], y[CELLS];
    for (int i = 0; i < CELLS; i++)
        z[i] = in[2 * COLS + i] + in[2 * COLS + CELLS + i];
    norm_definition(in, in + COLS, z, ROWS, COLS, y);
    return weighed(y, CELLS);
}

static void layer_norm(void **state)
{
    (void)state;
    struct rng r = rng_stream(1, RNG_TEST, 1, 0);
    double in[2 * COLS + 2 * CELLS], sum = 0;
    real v[2 * COLS + 2 * CELLS], dy[CELLS], dgamma[COLS], dbeta[COLS], xhat[CELLS], rstd[ROWS];
    draw(&r, in, v, 2 * COLS + 2 * CELLS);
    draw(&r, weights, dy, CELLS);
    struct mat gamma = mat_of(v, 1, COLS), beta = mat_of(v + COLS, 1, COLS), x = mat_of(v + 2 * COLS, ROWS, COLS);
    struct mat residual = mat_of(v + 2 * COLS + CELLS, ROWS, COLS), g = mat_of(dy, ROWS, COLS);
    struct mat hat = mat_of(xhat, ROWS, COLS), scale = mat_of(rstd, 1, ROWS);
    norm_forward(gamma, beta, 1e-3, x, residual, x, hat, scale); /* in place */
    for (int i = 0; i < CELLS; i++)
        sum += weights[i] * (double)x.v[i];
    near(sum, norm_value(in), ALLOWED);
    for (int j = 0; j < COLS; j++)
        dgamma[j] = dbeta[j] = 0.5; /* gradients accumulate */
    norm_backward(gamma, hat, scale, g, g, mat_of(dgamma, 1, COLS), mat_of(dbeta, 1, COLS));
    for (int j = 0; j < COLS; j++) {
        dgamma[j] -= (real)0.5;
        dbeta[j] -= (real)0.5;
    }
    gradient(norm_value, in, 0, COLS, dgamma);
    gradient(norm_value, in, COLS, COLS, dbeta);
    gradient(norm_value, in, 2 * COLS, CELLS, dy);         /* of x */
    gradient(norm_value, in, 2 * COLS + CELLS, CELLS, dy); /* of the residual */
}

/* ---- GELU, tanh, and the functions under them */

static double gelu_definition(double x)
{
    return 0.5 * x * erfc(-x / sqrt(2));
}

static void gelu(void **state)
{
    (void)state;
    enum { N = 4001 };
    static real x[N], y[N], slope[N], plain[N];
    for (int i = 0; i < N; i++)
        x[i] = plain[i] = (real)(-10 + 0.005 * i);
    gelu_forward(mat_of(x, 1, N), mat_of(y, 1, N), mat_of(slope, 1, N));
    gelu_forward(mat_of(plain, 1, N), mat_of(plain, 1, N), (struct mat){0}); /* in place, no slope */
    for (int i = 0; i < N; i++) {
        double a = (double)x[i], h = 1e-3, f = 8 * (gelu_definition(a + h) - gelu_definition(a - h));
        f = (f - gelu_definition(a + 2 * h) + gelu_definition(a - 2 * h)) / (12 * h);
        near((double)y[i], gelu_definition(a), sizeof(real) == sizeof(double) ? 1e-15 : 1e-6);
        near((double)slope[i], f, sizeof(real) == sizeof(double) ? 1e-11 : 1e-6);
        near((double)plain[i], (double)y[i], sizeof(real) == sizeof(double) ? 1e-15 : 2e-7);
    }
    gelu_forward(mat_of(x, 1, N), mat_of(plain, 1, N), mat_of(x, 1, N)); /* as the encoder calls it: slope over input */
    assert_memory_equal(plain, y, sizeof y);
    assert_memory_equal(x, slope, sizeof x);
}

/* The stated bounds of math/vecmath.h, over every thousandth of the range and beyond its ends. */
static void vector_functions(void **state)
{
    (void)state;
    bool is_double = sizeof(real) == sizeof(double);
    for (int i = -87000; i <= 0; i++) {
        double x = (double)(real)(i / 1000.0);
        assert_true(fabs((double)vexp((real)x) / exp(x) - 1) <= (is_double ? 0 : 2e-7));
    }
    for (int i = -12000; i <= 12000; i++) {
        real x = (real)(i / 1000.0), e = vexp((real)-0.5 * x * x);
        assert_true(fabs((double)vnormal(x, e) - 0.5 * erfc((double)-x * 0.70710678118654752440)) <=
                    (is_double ? 0 : 4e-7));
        assert_true(fabs((double)vtanh(x) - tanh((double)x)) <= (is_double ? 0 : 5e-7));
    }
    assert_true(vexp(0) == 1 && vtanh(0) == 0 && (double)vtanh(50) > 1 - 5e-7 && vtanh(-50) == -vtanh(50));
    /* what softmax asks of the padding: finite and next to nothing, never an overflow */
    assert_true(vexp(-1000) >= 0 && (double)vexp(-1000) < 1e-37);
    assert_true(fabs((double)vnormal(50, vexp(-1250)) - 1) <= 4e-7 && vnormal(-50, vexp(-1250)) >= 0);
    /* a number that is none stays none, or a diverged run would not be noticed */
    assert_true(isnan(vexp((real)NAN)) && isnan(vtanh((real)NAN)));
}

static double tanh_value(const double *in)
{
    double y[CELLS];
    for (int i = 0; i < CELLS; i++)
        y[i] = tanh(in[i]);
    return weighed(y, CELLS);
}

static void tanh_layer(void **state)
{
    (void)state;
    struct rng r = rng_stream(1, RNG_TEST, 2, 0);
    double in[CELLS];
    real x[CELLS], dy[CELLS];
    draw(&r, in, x, CELLS);
    draw(&r, weights, dy, CELLS);
    tanh_forward(mat_of(x, ROWS, COLS));
    tanh_backward(mat_of(x, ROWS, COLS), mat_of(dy, ROWS, COLS), mat_of(dy, ROWS, COLS));
    gradient(tanh_value, in, 0, CELLS, dy);
}

/* ---- Softmax cross-entropy; labels below 0 do not count */

static const int labels[5] = {2, -1, 0, -1, 18};

static double cross_entropy(const double *in)
{
    double loss = 0;
    for (int i = 0; i < 5; i++) {
        double sum = 0;
        for (int j = 0; j < COLS && labels[i] >= 0; j++)
            sum += exp(in[i * COLS + j]);
        loss += labels[i] < 0 ? 0 : (log(sum) - in[i * COLS + labels[i]]) / 3;
    }
    return 0.7 * loss;
}

static void softmax(void **state)
{
    (void)state;
    struct rng r = rng_stream(1, RNG_TEST, 3, 0);
    double in[5 * COLS];
    real z[5 * COLS], big[2] = {1000, 0};
    static const int first = 0, second = 1, none = -1;
    draw(&r, in, z, 5 * COLS);
    for (int i = 0; i < 5 * COLS; i++)
        in[i] = (double)(z[i] *= 4);
    struct mat m = mat_of(z, 5, COLS);
    near(0.7 * softmax_loss(m, labels, 0.7, (struct mat){0}), cross_entropy(in), ALLOWED);
    softmax_loss(m, labels, 0.7, m);
    gradient(cross_entropy, in, 0, 5 * COLS, z);
    assert_true(z[COLS] == 0 && z[3 * COLS + 7] == 0);
    /* no overflow, and no division by zero where nothing counts */
    near(softmax_loss(mat_of(big, 1, 2), &first, 1, (struct mat){0}), 0, 1e-30);
    near(softmax_loss(mat_of(big, 1, 2), &second, 1, (struct mat){0}), 1000, 1e-6);
    assert_true(softmax_loss(mat_of(big, 1, 2), &none, 1, mat_of(big, 1, 2)) == 0 && big[0] == 0);
}

/* ---- Attention: heads narrower and wider than a vector, examples shorter and longer, all rows and [CLS] alone */

enum { EXAMPLES = 3, TOKENS = 24, HEADS = 2 };
static const int starts[EXAMPLES + 1] = {0, 1, 6, TOKENS};
static int width, cls;

static void attention_definition(const double *q, const double *k, const double *v, double *ctx)
{
    int size = width / HEADS, row = 0;
    for (int b = 0; b < EXAMPLES; b++) {
        int n = starts[b + 1] - starts[b];
        for (int i = 0; i < (cls ? 1 : n); i++, row++)
            for (int h = 0; h < HEADS; h++) {
                double p[TOKENS], sum = 0;
                for (int j = 0; j < n; j++) {
                    double score = 0;
                    for (int c = h * size; c < (h + 1) * size; c++)
                        score += q[row * width + c] * k[(starts[b] + j) * width + c];
                    sum += p[j] = exp(score / sqrt(size));
                }
                for (int c = h * size; c < (h + 1) * size; c++) {
                    ctx[row * width + c] = 0;
                    for (int j = 0; j < n; j++)
                        ctx[row * width + c] += p[j] / sum * v[(starts[b] + j) * width + c];
                }
            }
    }
}

static double attention_value(const double *in)
{
    static double ctx[TOKENS * 40];
    int asking = cls ? EXAMPLES : TOKENS;
    attention_definition(in, in + asking * width, in + (asking + TOKENS) * width, ctx);
    return weighed(ctx, asking * width);
}

static void check_attention(int columns, int cls_only)
{
    static double in[3 * TOKENS * 40];
    static real v[3 * TOKENS * 40], d[3 * TOKENS * 40], w[TOKENS * 40], out[TOKENS * 40], probs[4096];
    struct rng r = rng_stream(1, RNG_TEST, 4, (uint32_t)columns);
    struct arena scratch;
    struct attention a = {.heads = HEADS, .B = EXAMPLES, .start = starts, .ask = cls_only ? starts : NULL};
    int n = cls_only ? EXAMPLES : TOKENS, total = (n + 2 * TOKENS) * columns;
    width = columns;
    cls = cls_only;
    draw(&r, in, v, total);
    draw(&r, weights, w, n * columns);
    for (int i = 0; i < total; i++)
        in[i] = (double)(v[i] *= 2); /* scores far enough from equal */
    arena_open(&scratch, "scratch", 1 << 20);
    struct mat q = mat_of(v, n, columns), k = mat_of(v + n * columns, TOKENS, columns);
    struct mat value = mat_of(v + (n + TOKENS) * columns, TOKENS, columns), ctx = mat_of(out, n, columns);
    assert_true(attention_probs_size(&a) <= sizeof probs / sizeof *probs);
    attention_forward(&a, q, k, value, probs, ctx, &scratch);
    double sum = 0;
    for (int i = 0; i < n * columns; i++)
        sum += weights[i] * (double)out[i];
    near(sum, attention_value(in), ALLOWED);
    mat_fill(mat_of(d, 1, total), NAN); /* overwritten, not added to */
    attention_backward(&a, q, k, value, probs, mat_of(w, n, columns), mat_of(d, n, columns),
                       mat_of(d + n * columns, TOKENS, columns), mat_of(d + (n + TOKENS) * columns, TOKENS, columns),
                       &scratch);
    assert_int_equal(scratch.used, 0);
    gradient(attention_value, in, 0, n * columns, d);
    gradient(attention_value, in, n * columns, TOKENS * columns, d + n * columns);
    gradient(attention_value, in, (n + TOKENS) * columns, TOKENS * columns, d + (n + TOKENS) * columns);
    arena_close(&scratch);
}

static void attention(void **state)
{
    (void)state;
    for (int cls_only = 0; cls_only <= 1; cls_only++) {
        check_attention(10, cls_only);
        check_attention(40, cls_only);
    }
}

int main(void)
{
    setenv("OPENBLAS_NUM_THREADS", "1", 1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(layer_norm), cmocka_unit_test(gelu),    cmocka_unit_test(vector_functions),
        cmocka_unit_test(tanh_layer), cmocka_unit_test(softmax), cmocka_unit_test(attention),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

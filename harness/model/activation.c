/* GELU in both forms, ReLU and tanh, row by row; a gate multiplies one half of a row by the other's activation. */
#include "model/activation.h"

#include "math/vecmath.h"
#include "model/layers.h"

#include <assert.h>

#define ROW(m, i) ((m).v + (size_t)(i) * (size_t)(m).ld)

/* u = sqrt(2/pi) (x + c x^3), y = x/2 (1 + tanh u), dy/dx = (1 + tanh u)/2 + x/2 (1 - tanh^2 u) sqrt(2/pi) (1 + 3 c x^2) */
VECTOR_CLONES static void gelu_tanh_row(const real *x, real *y, real *slope, int n)
{
    const real root = (real)0.79788456080286535588, c = (real)0.044715;
    for (int j = 0; j < n; j++) {
        real v = x[j], t = vtanh(root * (v + c * v * v * v)), half = (real)0.5 * (1 + t);
        y[j] = v * half;
        slope[j] = half + (real)0.5 * v * (1 - t * t) * root * (1 + 3 * c * v * v);
    }
}

static void relu_row(const real *x, real *y, real *slope, int n)
{
    for (int j = 0; j < n; j++) {
        real v = x[j];
        y[j] = v <= 0 ? 0 : v; /* NaN stays NaN */
        slope[j] = v > 0 ? 1 : 0;
    }
}

enum { ROW_MAX = 1 << 17 };

void activation_forward(enum activation f, struct mat x, struct mat y, struct mat slope)
{
    static _Thread_local real unread[ROW_MAX];
    if (f == ACT_GELU) {
        gelu_forward(x, y, slope);
        return;
    }
    void (*row)(const real *, real *, real *, int) = f == ACT_GELU_TANH ? gelu_tanh_row : relu_row;
    assert(f == ACT_GELU_TANH || f == ACT_RELU); /* tanh is a head's alone (layers.h) */
    for (int i = 0; i < x.rows; i++)
        row(ROW(x, i), ROW(y, i), slope.v ? ROW(slope, i) : unread, x.cols);
}

void activation_gate_forward(enum activation f, struct mat x, struct mat y, struct mat slope)
{
    static _Thread_local real slopes[ROW_MAX];
    for (int i = 0; i < x.rows; i++) {
        struct mat a = {ROW(x, i), 1, y.cols, y.cols}, value = {ROW(y, i), 1, y.cols, y.cols};
        const real *g = a.v + y.cols;
        activation_forward(f, a, value, mat_of(slopes, 1, y.cols));
        for (int j = 0; j < y.cols; j++) {
            real fa = value.v[j], gate = g[j];
            value.v[j] = fa * gate;
            if (slope.v) {
                ROW(slope, i)[j] = gate * slopes[j];
                ROW(slope, i)[y.cols + j] = fa;
            }
        }
    }
}

void activation_gate_backward(struct mat slope, struct mat dy, struct mat dx)
{
    for (int i = 0; i < dy.rows; i++)
        for (int j = 0; j < dy.cols; j++) {
            real d = ROW(dy, i)[j];
            ROW(dx, i)[j] = ROW(slope, i)[j] * d;
            ROW(dx, i)[dy.cols + j] = ROW(slope, i)[dy.cols + j] * d;
        }
}

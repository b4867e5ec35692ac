"""Golden figures of tests/stats/test_stats.c and test_aggregate.c: python3 tests/golden/stats.py > tests/golden/stats.h

Needs scipy, numpy and rliable. Each figure is printed beside the expression that gave it. Bootstrap figures are scipy's own
BCa on the index stream of core/rng.h, written out again here (Philox4x32-10, Salmon et al. 2011; Lemire's bounded draw).
"""
import numpy as np
import scipy.stats as st
from rliable import metrics
from scipy.optimize import brentq

BOOTSTRAP = 11  # RNG_BOOTSTRAP
UNITS, COVERAGE, STRATA, SUPERIORITY = 0, 1, 3, 4


def philox(count, id_, step, key=(0, 0)):
    """The first `count` words of stream (seed 0; RNG_BOOTSTRAP, id, step)."""
    blocks = -(-count // 4)
    word = lambda v: np.full(blocks, v, np.uint64)
    c0, c1, c2, c3 = np.arange(blocks, dtype=np.uint64), word(step), word(id_), word(BOOTSTRAP)
    k0, k1 = key
    mask, half = np.uint64(0xFFFFFFFF), np.uint64(32)
    for _ in range(10):
        p0, p1 = np.uint64(0xD2511F53) * c0, np.uint64(0xCD9E8D57) * c2
        c0, c1, c2, c3 = ((p1 >> half) ^ c1 ^ np.uint64(k0), p1 & mask, (p0 >> half) ^ c3 ^ np.uint64(k1), p0 & mask)
        k0, k1 = (k0 + 0x9E3779B9) & 0xFFFFFFFF, (k1 + 0xBB67AE85) & 0xFFFFFFFF
    return np.stack([c0, c1, c2, c3], axis=1).ravel()[:count]


def below(n, shape, id_, step):
    """rng_below(n) in order; no draw of these streams is rejected, which is asserted."""
    product = philox(int(np.prod(shape)), id_, step) * np.uint64(n)
    assert ((product & np.uint64(0xFFFFFFFF)) >= (2**32 % n)).all()
    return (product >> np.uint64(32)).astype(int).reshape(shape)


class Stream(np.random.Generator):
    """Lets scipy.stats.bootstrap draw from our stream."""

    def __new__(cls, id_):
        return super().__new__(cls, np.random.PCG64(0))

    def __init__(self, id_):
        super().__init__(np.random.PCG64(0))
        self.id_ = id_

    def integers(self, low, high=None, size=None, **_):
        return below(high - low, size, self.id_, UNITS)


def bca(statistic, units, id_, method="BCa"):
    """scipy.stats.bootstrap over unit indices -> (low, high); rounding keeps equal values equal, as BCa counts them."""
    r = st.bootstrap((np.arange(units),), lambda i: np.round(statistic(np.asarray(i, int)), 13), n_resamples=10000,
                     method=method, vectorized=False, rng=Stream(id_))
    return r.confidence_interval


def cluster_pearson(index):
    rows = np.concatenate([np.flatnonzero(RUN == i) for i in index])
    return st.pearsonr(X[rows], Y[rows])[0]


def percentile(values):
    return np.percentile(values, [2.5, 97.5])


def outcome(a, b):
    return (a > b) + 0.5 * (a == b)


def superiority_paired(a, b, id_, resamples):
    i = below(len(a), (resamples, len(a)), id_, SUPERIORITY)
    return percentile(outcome(a[i], b[i]).mean(axis=1))


def stratified(table, aggregate, paired, id_, resamples):
    """table (methods, tasks, seeds); seeds resampled within (task, method), or within task for all methods."""
    methods, tasks, seeds = table.shape
    shape = (resamples, tasks, 1 if paired else methods, seeds)
    index = np.broadcast_to(below(seeds, shape, id_, STRATA), (resamples, tasks, methods, seeds))
    index = index.transpose(0, 2, 1, 3)
    return percentile([aggregate(np.take_along_axis(table, i, axis=2)) for i in index])


def power(shift, n, alpha=0.05):
    t, delta = st.t.ppf(1 - alpha / 2, n - 1), shift * np.sqrt(n)
    return 1 - st.nct.cdf(t, n - 1, delta) + st.nct.cdf(-t, n - 1, delta)


def exact(test, *args, **more):
    return test(*args, method=st.PermutationMethod(n_resamples=np.inf), **more)


# Twelve runs' scores of two quantities, in four runs of three checkpoints; differences with ties and zeros; a small suite.
X = np.array([0.813, 0.842, 0.795, 0.871, 0.866, 0.801, 0.829, 0.858, 0.777, 0.834, 0.849, 0.862])
Y = np.array([0.611, 0.652, 0.630, 0.668, 0.701, 0.598, 0.607, 0.689, 0.582, 0.660, 0.641, 0.655])
RUN = np.array([0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3])
D = np.array([3.0, -1.0, 2.0, 2.0, 0.0, 5.0, -2.0, 4.0, 0.0, 1.0])
A = np.array([0.90, 0.88, 0.91, 0.86, 0.89, 0.92, 0.87, 0.90])
B = np.array([0.88, 0.88, 0.89, 0.87, 0.86, 0.90, 0.85, 0.91])
TABLE = np.array([[[0.71, 0.74, 0.69, 0.73], [0.52, 0.55, 0.50, 0.58], [0.90, 0.88, 0.93, 0.91]],
                  [[0.70, 0.72, 0.75, 0.66], [0.53, 0.49, 0.54, 0.51], [0.89, 0.88, 0.90, 0.86]],
                  [[0.68, 0.73, 0.71, 0.70], [0.57, 0.60, 0.56, 0.59], [0.87, 0.92, 0.85, 0.89]]])
RANKED = np.array([[3.0, 2.0, 1.0, 4.0], [3.0, 3.0, 1.0, 4.0], [2.0, 3.0, 1.0, 4.0], [1.0, 2.0, 3.0, 5.0],
                   [4.0, 2.0, 2.0, 6.0]])
P = np.array([0.01, 0.04, 0.03, 0.005, 0.2])
FRIEDMAN = st.friedmanchisquare(*RANKED.T).statistic

ARRAYS = ["X", "Y", "D", "A", "B", "TABLE", "RANKED", "P"]

FIGURES = [
    ("MEAN", "np.mean(X)"),
    ("SD", "np.std(X, ddof=1)"),
    ("MEDIAN", "np.median(X)"),
    ("IQM", "st.trim_mean(X, 0.25)"),
    ("IQM_10", "st.trim_mean(X[:10], 0.25)"),
    ("QUANTILE", "np.quantile(X, 0.13)"),
    ("PEARSON", "st.pearsonr(X, Y)[0]"),
    ("SLOPE", "st.linregress(X, Y).slope"),
    ("INTERCEPT", "st.linregress(X, Y).intercept"),
    ("NORMAL_CDF", "st.norm.cdf(-3.7)"),
    ("NORMAL_QUANTILE", "st.norm.ppf(0.975)"),
    ("NORMAL_FAR", "st.norm.ppf(1e-10)"),
    ("T_CDF", "st.t.cdf(-2.3, 4)"),
    ("T_CDF_WIDE", "st.t.cdf(1.1, 57.5)"),
    ("T_QUANTILE", "st.t.ppf(0.975, 4)"),
    ("T_QUANTILE_1", "st.t.ppf(0.001, 1)"),
    ("F_UPPER", "st.f.sf(3.1, 3, 12)"),
    ("BETA_CDF", "st.beta.cdf(0.3, 2.5, 0.7)"),
    ("NCT_4", "st.nct.cdf(2.776, 4, 1.7)"),
    ("NCT_1", "st.nct.cdf(12.7, 1, 3.0)"),
    ("NCT_28", "st.nct.cdf(2.05, 28, 2.9)"),
    ("BCA_MEAN_LOW", "bca(lambda i: np.mean(X[i]), 12, 7).low"),
    ("BCA_MEAN_HIGH", "bca(lambda i: np.mean(X[i]), 12, 7).high"),
    ("BCA_IQM_LOW", "bca(lambda i: st.trim_mean(X[i], 0.25), 12, 8).low"),
    ("BCA_IQM_HIGH", "bca(lambda i: st.trim_mean(X[i], 0.25), 12, 8).high"),
    ("BCA_PAIRED_LOW", "bca(lambda i: np.mean(X[i] - Y[i]), 12, 9).low"),
    ("BCA_PAIRED_HIGH", "bca(lambda i: np.mean(X[i] - Y[i]), 12, 9).high"),
    ("BCA_PEARSON_LOW", "bca(cluster_pearson, 4, 10).low"),
    ("BCA_PEARSON_HIGH", "bca(cluster_pearson, 4, 10).high"),
    ("PERCENTILE_LOW", "bca(lambda i: np.mean(X[i]), 12, 7, 'percentile').low"),
    ("PERCENTILE_HIGH", "bca(lambda i: np.mean(X[i]), 12, 7, 'percentile').high"),
    ("T_LOW", "st.t.interval(0.95, 11, np.mean(X), st.sem(X))[0]"),
    ("T_HIGH", "st.t.interval(0.95, 11, np.mean(X), st.sem(X))[1]"),
    ("WILCOXON", "exact(st.wilcoxon, np.round(X - Y - 0.18, 9)).pvalue"),
    ("WILCOXON_PRATT", "exact(st.wilcoxon, D, zero_method='pratt').pvalue"),
    ("WILCOXON_DROP", "exact(st.wilcoxon, D, zero_method='wilcox').pvalue"),
    ("WILCOXON_60", "st.wilcoxon(np.arange(1, 61) * np.where(np.arange(60) % 5 < 2, -1, 1), method='exact').pvalue"),
    ("SIGN_TEST", "st.binomtest(6, 7).pvalue"),
    ("SUPERIORITY", "np.mean(outcome(A, B))"),
    ("SUPERIORITY_LOW", "superiority_paired(A, B, 3, 2000)[0]"),
    ("SUPERIORITY_HIGH", "superiority_paired(A, B, 3, 2000)[1]"),
    ("POWER", "power(1.1, 8)"),
    ("DIFFERENCE_5", "brentq(lambda d: power(d, 5) - 0.8, 0.1, 3, xtol=1e-12)"),
    ("DIFFERENCE_29", "brentq(lambda d: power(d, 29) - 0.8, 0.1, 1, xtol=1e-12)"),
    ("TABLE_IQM", "metrics.aggregate_iqm(TABLE[1].T)"),
    ("IMPROVEMENT", "metrics.probability_of_improvement(TABLE[0].T, TABLE[1].T)"),
    ("TABLE_RANK", "np.mean(st.rankdata(-np.round(TABLE.mean(axis=2), 9), axis=0)[1])"),
    ("STRATIFIED_LOW", "stratified(TABLE, lambda t: metrics.aggregate_iqm(t[1].T), False, 5, 1000)[0]"),
    ("STRATIFIED_HIGH", "stratified(TABLE, lambda t: metrics.aggregate_iqm(t[1].T), False, 5, 1000)[1]"),
    ("TOGETHER_LOW", "stratified(TABLE, lambda t: np.mean(outcome(t[0][:, :, None], t[1][:, None, :])), True, 6, 1000)[0]"),
    ("TOGETHER_HIGH", "stratified(TABLE, lambda t: np.mean(outcome(t[0][:, :, None], t[1][:, None, :])), True, 6, 1000)[1]"),
    ("FRIEDMAN", "FRIEDMAN"),
    ("IMAN_DAVENPORT", "4 * FRIEDMAN / (5 * 3 - FRIEDMAN)"),
    ("IMAN_DAVENPORT_P", "st.f.sf(4 * FRIEDMAN / (5 * 3 - FRIEDMAN), 3, 12)"),
    ("NEMENYI", "st.studentized_range.ppf(0.95, 6, np.inf) / np.sqrt(2) * np.sqrt(6 * 7 / (6 * 9))"),
    ("NEMENYI_20", "st.studentized_range.ppf(0.95, 20, np.inf) / np.sqrt(2) * np.sqrt(20 * 21 / (6 * 9))"),
]


def main():
    print("/* Golden figures of scipy, numpy and rliable, made by tests/golden/stats.py: data, and what they say of it. */")
    print("#ifndef GOLDEN_STATS_H\n#define GOLDEN_STATS_H\n\n/* clang-format off */")
    for name in ARRAYS:
        print(f"#define GOLDEN_{name}_DATA {{{', '.join(repr(float(v)) for v in globals()[name].ravel())}}}")
    for name, call in FIGURES:
        print(f"#define GOLDEN_{name} {float(eval(call))!r} /* {call} */")
    print("/* clang-format on */\n\n#endif")


if __name__ == "__main__":
    main()

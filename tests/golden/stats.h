/* Golden figures of scipy, numpy and rliable, made by tests/golden/stats.py: data, and what they say of it. */
#ifndef GOLDEN_STATS_H
#define GOLDEN_STATS_H

/* clang-format off */
#define GOLDEN_X_DATA {0.813, 0.842, 0.795, 0.871, 0.866, 0.801, 0.829, 0.858, 0.777, 0.834, 0.849, 0.862}
#define GOLDEN_Y_DATA {0.611, 0.652, 0.63, 0.668, 0.701, 0.598, 0.607, 0.689, 0.582, 0.66, 0.641, 0.655}
#define GOLDEN_D_DATA {3.0, -1.0, 2.0, 2.0, 0.0, 5.0, -2.0, 4.0, 0.0, 1.0}
#define GOLDEN_A_DATA {0.9, 0.88, 0.91, 0.86, 0.89, 0.92, 0.87, 0.9}
#define GOLDEN_B_DATA {0.88, 0.88, 0.89, 0.87, 0.86, 0.9, 0.85, 0.91}
#define GOLDEN_TABLE_DATA {0.71, 0.74, 0.69, 0.73, 0.52, 0.55, 0.5, 0.58, 0.9, 0.88, 0.93, 0.91, 0.7, 0.72, 0.75, 0.66, 0.53, 0.49, 0.54, 0.51, 0.89, 0.88, 0.9, 0.86, 0.68, 0.73, 0.71, 0.7, 0.57, 0.6, 0.56, 0.59, 0.87, 0.92, 0.85, 0.89}
#define GOLDEN_RANKED_DATA {3.0, 2.0, 1.0, 4.0, 3.0, 3.0, 1.0, 4.0, 2.0, 3.0, 1.0, 4.0, 1.0, 2.0, 3.0, 5.0, 4.0, 2.0, 2.0, 6.0}
#define GOLDEN_P_DATA {0.01, 0.04, 0.03, 0.005, 0.2}
#define GOLDEN_MEAN 0.8330833333333333 /* np.mean(X) */
#define GOLDEN_SD 0.030684489221557493 /* np.std(X, ddof=1) */
#define GOLDEN_MEDIAN 0.838 /* np.median(X) */
#define GOLDEN_IQM 0.8374999999999999 /* st.trim_mean(X, 0.25) */
#define GOLDEN_IQM_10 0.8294999999999999 /* st.trim_mean(X[:10], 0.25) */
#define GOLDEN_QUANTILE 0.7975800000000001 /* np.quantile(X, 0.13) */
#define GOLDEN_PEARSON 0.8527395173020297 /* st.pearsonr(X, Y)[0] */
#define GOLDEN_SLOPE 1.0199785972337336 /* st.linregress(X, Y).slope */
#define GOLDEN_INTERCEPT -0.20856050304546958 /* st.linregress(X, Y).intercept */
#define GOLDEN_NORMAL_CDF 0.00010779973347738823 /* st.norm.cdf(-3.7) */
#define GOLDEN_NORMAL_QUANTILE 1.959963984540054 /* st.norm.ppf(0.975) */
#define GOLDEN_NORMAL_FAR -6.361340902404056 /* st.norm.ppf(1e-10) */
#define GOLDEN_T_CDF 0.04146951855619118 /* st.t.cdf(-2.3, 4) */
#define GOLDEN_T_CDF_WIDE 0.8620419139389037 /* st.t.cdf(1.1, 57.5) */
#define GOLDEN_T_QUANTILE 2.7764451051977934 /* st.t.ppf(0.975, 4) */
#define GOLDEN_T_QUANTILE_1 -318.30883898555044 /* st.t.ppf(0.001, 1) */
#define GOLDEN_F_UPPER 0.06728696967909101 /* st.f.sf(3.1, 3, 12) */
#define GOLDEN_BETA_CDF 0.029814024845250465 /* st.beta.cdf(0.3, 2.5, 0.7) */
#define GOLDEN_NCT_4 0.7411551960357772 /* st.nct.cdf(2.776, 4, 1.7) */
#define GOLDEN_NCT_1 0.813803218007604 /* st.nct.cdf(12.7, 1, 3.0) */
#define GOLDEN_NCT_28 0.20108395857702627 /* st.nct.cdf(2.05, 28, 2.9) */
#define GOLDEN_BCA_MEAN_LOW 0.8145 /* bca(lambda i: np.mean(X[i]), 12, 7).low */
#define GOLDEN_BCA_MEAN_HIGH 0.8481666666667 /* bca(lambda i: np.mean(X[i]), 12, 7).high */
#define GOLDEN_BCA_IQM_LOW 0.8123333333333 /* bca(lambda i: st.trim_mean(X[i], 0.25), 12, 8).low */
#define GOLDEN_BCA_IQM_HIGH 0.8565 /* bca(lambda i: st.trim_mean(X[i], 0.25), 12, 8).high */
#define GOLDEN_BCA_PAIRED_LOW 0.18125 /* bca(lambda i: np.mean(X[i] - Y[i]), 12, 9).low */
#define GOLDEN_BCA_PAIRED_HIGH 0.2016666666667 /* bca(lambda i: np.mean(X[i] - Y[i]), 12, 9).high */
#define GOLDEN_BCA_PEARSON_LOW 0.681538576834 /* bca(cluster_pearson, 4, 10).low */
#define GOLDEN_BCA_PEARSON_HIGH 0.92552080161 /* bca(cluster_pearson, 4, 10).high */
#define GOLDEN_PERCENTILE_LOW 0.816 /* bca(lambda i: np.mean(X[i]), 12, 7, 'percentile').low */
#define GOLDEN_PERCENTILE_HIGH 0.8494166666667 /* bca(lambda i: np.mean(X[i]), 12, 7, 'percentile').high */
#define GOLDEN_T_LOW 0.8135873390107319 /* st.t.interval(0.95, 11, np.mean(X), st.sem(X))[0] */
#define GOLDEN_T_HIGH 0.8525793276559347 /* st.t.interval(0.95, 11, np.mean(X), st.sem(X))[1] */
#define GOLDEN_WILCOXON 0.04931640625 /* exact(st.wilcoxon, np.round(X - Y - 0.18, 9)).pvalue */
#define GOLDEN_WILCOXON_PRATT 0.1171875 /* exact(st.wilcoxon, D, zero_method='pratt').pvalue */
#define GOLDEN_WILCOXON_DROP 0.1015625 /* exact(st.wilcoxon, D, zero_method='wilcox').pvalue */
#define GOLDEN_WILCOXON_60 0.10809605517613075 /* st.wilcoxon(np.arange(1, 61) * np.where(np.arange(60) % 5 < 2, -1, 1), method='exact').pvalue */
#define GOLDEN_SIGN_TEST 0.125 /* st.binomtest(6, 7).pvalue */
#define GOLDEN_SUPERIORITY 0.6875 /* np.mean(outcome(A, B)) */
#define GOLDEN_SUPERIORITY_LOW 0.375 /* superiority_paired(A, B, 3, 2000)[0] */
#define GOLDEN_SUPERIORITY_HIGH 0.9375 /* superiority_paired(A, B, 3, 2000)[1] */
#define GOLDEN_POWER 0.7606509810152793 /* power(1.1, 8) */
#define GOLDEN_DIFFERENCE_5 1.6819969659555585 /* brentq(lambda d: power(d, 5) - 0.8, 0.1, 3, xtol=1e-12) */
#define GOLDEN_DIFFERENCE_29 0.5389585642500897 /* brentq(lambda d: power(d, 29) - 0.8, 0.1, 1, xtol=1e-12) */
#define GOLDEN_TABLE_IQM 0.7050000000000001 /* metrics.aggregate_iqm(TABLE[1].T) */
#define GOLDEN_IMPROVEMENT 0.6875 /* metrics.probability_of_improvement(TABLE[0].T, TABLE[1].T) */
#define GOLDEN_TABLE_RANK 2.5 /* np.mean(st.rankdata(-np.round(TABLE.mean(axis=2), 9), axis=0)[1]) */
#define GOLDEN_STRATIFIED_LOW 0.6833333333333335 /* stratified(TABLE, lambda t: metrics.aggregate_iqm(t[1].T), False, 5, 1000)[0] */
#define GOLDEN_STRATIFIED_HIGH 0.7266666666666667 /* stratified(TABLE, lambda t: metrics.aggregate_iqm(t[1].T), False, 5, 1000)[1] */
#define GOLDEN_TOGETHER_LOW 0.4270833333333333 /* stratified(TABLE, lambda t: np.mean(outcome(t[0][:, :, None], t[1][:, None, :])), True, 6, 1000)[0] */
#define GOLDEN_TOGETHER_HIGH 0.9166666666666666 /* stratified(TABLE, lambda t: np.mean(outcome(t[0][:, :, None], t[1][:, None, :])), True, 6, 1000)[1] */
#define GOLDEN_FRIEDMAN 10.562500000000002 /* FRIEDMAN */
#define GOLDEN_IMAN_DAVENPORT 9.521126760563385 /* 4 * FRIEDMAN / (5 * 3 - FRIEDMAN) */
#define GOLDEN_IMAN_DAVENPORT_P 0.0016978733775143465 /* st.f.sf(4 * FRIEDMAN / (5 * 3 - FRIEDMAN), 3, 12) */
#define GOLDEN_NEMENYI 2.5132039500270102 /* st.studentized_range.ppf(0.95, 6, np.inf) / np.sqrt(2) * np.sqrt(6 * 7 / (6 * 9)) */
#define GOLDEN_NEMENYI_20 9.883183584690336 /* st.studentized_range.ppf(0.95, 20, np.inf) / np.sqrt(2) * np.sqrt(20 * 21 / (6 * 9)) */
/* clang-format on */

#endif

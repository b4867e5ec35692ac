/* Aggregates, ranks and variance shares of methods over tasks and seeds. */
#include "stats/aggregate.h"

#include "core/arena.h"
#include "core/rng.h"
#include "stats/distribution.h"
#include "stats/stats.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

static const double *seeds_of(struct cube t, int method, int task)
{
    return t.v + ((size_t)method * (size_t)t.tasks + (size_t)task) * (size_t)t.seeds;
}

double cube_iqm(struct cube t, const void *method)
{
    return stats_iqm(seeds_of(t, *(const int *)method, 0), t.tasks * t.seeds);
}

double cube_improvement(struct cube t, const void *rival)
{
    const struct rival *pair = rival;
    double won = 0;
    for (int task = 0; task < t.tasks; task++) {
        const double *a = seeds_of(t, pair->a, task), *b = seeds_of(t, pair->b, task);
        for (int i = 0; i < t.seeds; i++)
            for (int j = 0; j < t.seeds; j++)
                won += a[i] > b[j] ? 1 : a[i] == b[j] ? 0.5 : 0;
    }
    return won / ((double)t.tasks * t.seeds * t.seeds);
}

double cube_rank(struct cube t, const void *method)
{
    int own = *(const int *)method;
    double sum = 0;
    for (int task = 0; task < t.tasks; task++) {
        double mine = stats_mean(seeds_of(t, own, task), t.seeds);
        double tie = 1e-12 * fabs(mine); /* means of equal scores may differ by rounding */
        for (int m = 0; m < t.methods; m++) {
            double ahead = stats_mean(seeds_of(t, m, task), t.seeds) - mine;
            sum += m == own ? 0 : fabs(ahead) <= tie ? 0.5 : ahead > 0;
        }
    }
    return 1 + sum / t.tasks;
}

struct interval cube_bootstrap(struct cube t, double (*aggregate)(struct cube, const void *), const void *context,
                               bool paired, int resamples, uint32_t id)
{
    struct interval none = {.estimate = aggregate(t, context), .low = NAN, .high = NAN, .kind = INTERVAL_NONE};
    if (t.seeds < 2)
        return none;
    struct rng r = rng_stream(0, RNG_BOOTSTRAP, id, STREAM_STRATA);
    size_t cells = (size_t)t.methods * (size_t)t.tasks * (size_t)t.seeds;
    double *drawn = mem_alloc((cells + (size_t)resamples) * sizeof *drawn), *value = drawn + cells;
    int *seed = mem_alloc((size_t)t.seeds * sizeof *seed);
    struct cube resampled = {drawn, t.methods, t.tasks, t.seeds};
    for (int b = 0; b < resamples; b++) {
        for (int task = 0; task < t.tasks; task++)
            for (int m = 0; m < t.methods; m++) {
                const double *from = seeds_of(t, m, task);
                double *to = drawn + (from - t.v);
                for (int s = 0; s < t.seeds; s++) {
                    if (m == 0 || !paired)
                        seed[s] = (int)rng_below(&r, (uint32_t)t.seeds);
                    to[s] = from[seed[s]];
                }
            }
        value[b] = aggregate(resampled, context);
    }
    struct interval v = bootstrap_percentile(none.estimate, value, resamples);
    free(seed);
    free(drawn);
    return v;
}

double cube_coverage(int tasks, int seeds, int trials, int resamples)
{
    const int cells = 2 * tasks * seeds;
    struct rng r = rng_stream(0, RNG_BOOTSTRAP, (uint32_t)cells, STREAM_COVERAGE);
    double *v = mem_alloc((size_t)cells * sizeof *v);
    const struct rival pair = {0, 1};
    int held = 0;
    for (int trial = 0; trial < trials; trial++) {
        for (int i = 0; i < cells; i++)
            v[i] = rng_normal(&r);
        const struct interval i = cube_bootstrap((struct cube){v, 2, tasks, seeds}, cube_improvement, &pair, true,
                                                 resamples, (uint32_t)trial);
        held += i.low <= 0.5 && 0.5 <= i.high;
    }
    free(v);
    return (double)held / trials;
}

void performance_profile(const double *scores, int n, const double *threshold, int thresholds, double *share)
{
    for (int i = 0; i < thresholds; i++) {
        int above = 0;
        for (int j = 0; j < n; j++)
            above += scores[j] > threshold[i];
        share[i] = n < 1 ? NAN : (double)above / n;
    }
}

struct friedman friedman_test(const double *scores, int tasks, int methods, double *mean_rank)
{
    double k = methods, n = tasks, squares = 0, spread = 0, *row = mem_alloc(2 * (size_t)methods * sizeof *row);
    double *rank = row + methods;
    for (int m = 0; m < methods; m++)
        mean_rank[m] = 0;
    for (int i = 0; i < tasks; i++) {
        for (int m = 0; m < methods; m++)
            row[m] = -scores[(size_t)i * (size_t)methods + (size_t)m];
        stats_ranks(row, methods, 0, rank);
        for (int m = 0; m < methods; m++) {
            mean_rank[m] += rank[m] / n;
            squares += (rank[m] - 0.5 * (k + 1)) * (rank[m] - 0.5 * (k + 1));
        }
    }
    free(row);
    if (tasks < 2 || methods < 2)
        return (struct friedman){NAN, NAN, NAN};
    for (int m = 0; m < methods; m++)
        spread += (mean_rank[m] - 0.5 * (k + 1)) * (mean_rank[m] - 0.5 * (k + 1));
    /* Without ties squares is N k (k^2 - 1) / 12 and this the usual 12 N / (k (k + 1)) spread. */
    double chi2 = n * n * (k - 1) * spread / squares, f = (n - 1) * chi2 / fmax(0, n * (k - 1) - chi2);
    return (struct friedman){chi2, f, isnan(f) ? NAN : fisher_upper(f, k - 1, (k - 1) * (n - 1))};
}

double critical_difference(int methods, int tasks)
{
    /* scipy 1.17: studentized_range.ppf(0.95, k, inf) / sqrt(2); Demsar's table 5 holds the first nine to 3 digits. */
    static const double q[] = {1.959964, 2.343701, 2.569032, 2.727774, 2.849705, 2.948320, 3.030878,
                               3.101730, 3.163684, 3.218654, 3.268004, 3.312739, 3.353618, 3.391230,
                               3.426041, 3.458425, 3.488685, 3.517073, 3.543799}; /* k = 2..20 */
    assert(methods >= 2 && methods <= 20 && tasks > 0);
    return q[methods - 2] * sqrt(methods * (methods + 1.0) / (6.0 * tasks));
}

enum { FACTORS = 3, EFFECTS = 1 << FACTORS, ALL = EFFECTS - 1 }; /* an effect is a set of factors, a bit for each */

/* Where the mean over the factors outside `kept` stands of the cell at row-major place `at`. */
static int margin_of(int at, const int extent[FACTORS], int kept)
{
    int place = 0, stride = 1;
    for (int f = FACTORS - 1; f >= 0; f--) {
        place += kept >> f & 1 ? at % extent[f] * stride : 0;
        at /= extent[f];
        stride *= extent[f];
    }
    return place;
}

/* Product over the factors of an effect: of their levels (less = 0) or degrees of freedom (less = 1). */
static double product(const int extent[FACTORS], int effect, int less)
{
    double n = 1;
    for (int f = 0; f < FACTORS; f++)
        n *= effect >> f & 1 ? extent[f] - less : 1;
    return n;
}

/* -1 to the number of factors that are in one of two effects only. */
static int alternating(int a, int b)
{
    return __builtin_popcount((unsigned)(a ^ b)) % 2 ? -1 : 1;
}

/* Mean squares: MS_E = sum over cells of (sum over F in E of (-1)^|E - F| mean_F)^2 / prod over f in E of (n_f - 1). */
static void mean_squares(const double *scores, const int extent[FACTORS], double ms[EFFECTS])
{
    int n = (int)product(extent, ALL, 0);
    double *mean = mem_alloc((size_t)EFFECTS * (size_t)n * sizeof *mean);
    for (int e = 0; e < EFFECTS; e++)
        for (int at = 0; at < n; at++)
            mean[e * n + margin_of(at, extent, e)] += scores[at] / product(extent, ALL & ~e, 0);
    for (int e = 0; e < EFFECTS; e++) {
        ms[e] = 0;
        for (int at = 0; at < n; at++) {
            double effect = 0;
            for (int f = 0; f < EFFECTS; f++)
                effect += (f & e) == f ? alternating(e, f) * mean[f * n + margin_of(at, extent, f)] : 0;
            ms[e] += effect * effect / product(extent, e, 1);
        }
    }
    free(mean);
}

struct components variance_components(const double *scores, int data, int init, int order)
{
    const int extent[FACTORS] = {data, init, order};
    if (data < 2 || init < 2 || order < 2)
        return (struct components){NAN, NAN, NAN, NAN};
    double ms[EFFECTS], part[FACTORS] = {0}, interaction = 0;
    mean_squares(scores, extent, ms);
    for (int e = 1; e < EFFECTS; e++) {
        double variance = 0;
        for (int of = e; of < EFFECTS; of++)
            variance += (of & e) == e ? alternating(of, e) * ms[of] / product(extent, ALL & ~e, 0) : 0;
        bool main_effect = (e & (e - 1)) == 0;
        *(main_effect ? &part[e >> 1] : &interaction) += fmax(0, variance);
    }
    return (struct components){part[0], part[1], part[2], interaction};
}

static double or_worst(double score)
{
    return isnan(score) ? -INFINITY : score;
}

/* The share of the win for score x when all methods use seed s. */
static double share_of_win(const double *scores, int methods, int seeds, int s, double x)
{
    int best = 1, tied = 0;
    for (int m = 0; m < methods; m++) {
        double y = or_worst(scores[(size_t)m * (size_t)seeds + (size_t)s]);
        best = best && y <= x;
        tied += y == x;
    }
    return best ? 1.0 / tied : 0;
}

void seed_roulette(const double *scores, int methods, int seeds, double *won)
{
    for (int m = 0; m < methods; m++) {
        won[m] = 0;
        for (int s = 0; s < seeds; s++) {
            double x = or_worst(scores[(size_t)m * (size_t)seeds + (size_t)s]);
            won[m] += share_of_win(scores, methods, seeds, s, x) / seeds;
        }
    }
}

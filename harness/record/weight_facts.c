/* What tables ask of a run's measured weight changes, from its probes and spectra. */
#include "record/weight_facts.h"

#include "model/weightstat.h"

#include <math.h>

double change_norm(const struct run *r)
{
    double sum = 0;
    for (int s = 0; s < r->spectra; s++)
        for (int k = 0; k < SPECTRUM_MAX; k++)
            if (isfinite(r->spectrum[s][k]))
                sum += pow(r->spectrum[s][k], 2);
    return r->spectra ? sqrt(sum) : NAN;
}

double change_rank(const struct run *r)
{
    const struct probe *last = r->probes ? &r->probe[r->probes - 1] : NULL;
    double sum = 0;
    int n = 0;
    for (int s = 0; last && s < r->sites; s++)
        if (last->row_dD[s] > 0 && isfinite(last->rank[s])) {
            sum += last->rank[s];
            n++;
        }
    return n ? sum / n : NAN;
}

double later_rank(const struct run *r)
{
    const struct probe *last = r->probes ? &r->probe[r->probes - 1] : NULL;
    double sum[2] = {0, 0};
    int n[2] = {0, 0};
    for (int s = 0; last && s < r->sites; s++) {
        int half = s / TARGETS >= (r->sites / TARGETS + 1) / 2;
        if (!(last->row_dD[s] > 0) || !isfinite(last->rank[s]))
            continue;
        sum[half] += last->rank[s];
        n[half]++;
    }
    return n[0] && n[1] ? sum[1] / n[1] - sum[0] / n[0] : NAN;
}

double planted_share(const struct run *r)
{
    const struct probe *last = r->probes ? &r->probe[r->probes - 1] : NULL;
    double in = 0, all = 0;
    for (int s = 0; last && r->truth_dD && s < r->sites; s++) {
        double v = last->row_dD[s];
        bool changed = r->truth_dD[s] > 1e-9 || r->truth_dM[s] > 1e-9;
        if (!isfinite(v) || (s % TARGETS != TARGET_Q && s % TARGETS != TARGET_V))
            continue;
        all += v;
        in += changed ? v : 0;
    }
    return all > 0 ? in / all : NAN;
}

double summary_intruders(const struct run *r, double epsilon)
{
    int n = 0, found = 0;
    for (int s = 0; r->closest && s < r->spectra; s++) {
        if (isnan(r->closest[s][0])) /* too large a matrix */
            continue;
        for (int k = 0; k < LEADING; k++)
            found += r->closest[s][k] < epsilon;
        n++;
    }
    return n ? (double)found / n : NAN;
}

double summary_rank90(const struct run *r)
{
    int n = 0, sum = 0;
    for (int s = 0; s < r->spectra; s++)
        if (r->spectrum[s][0] > 0) {
            int known = 0; /* small matrices have fewer */
            while (known < SPECTRUM_MAX && isfinite(r->spectrum[s][known]))
                known++;
            sum += spectrum_of(r->spectrum[s], known).rank90;
            n++;
        }
    return n ? (double)sum / n : NAN;
}

/* Counting what the splits of a task hold. */
#include "data/survey.h"

#include "core/arena.h"
#include "core/hash.h"
#include "core/order.h"
#include "data/class_labels.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SCORES_FROM = 21 }; /* different numbers that are no classes any more */

/* Hashes of the tokens of all examples, for free(). Equal tokens have equal hashes, and others have, but for one in 2^64, not. */
static uint64_t *hashes(const struct dataset *d)
{
    uint64_t *h = mem_alloc((size_t)(d->n + 1) * sizeof *h);
    for (int i = 0; i < d->n; i++)
        h[i] = hash_fnv64(FNV64, d->ids + d->start[i], (size_t)(d->start[i + 1] - d->start[i]) * sizeof *d->ids);
    return h;
}

static int by_number(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

struct text {
    uint64_t hash;
    double label;
};

/* Examples that repeat an earlier one with another label than the first of these. */
static int count_conflicts(const struct dataset *d, const uint64_t *hash)
{
    struct text *text = mem_alloc((size_t)(d->n + 1) * sizeof *text);
    int conflicts = 0;
    for (int i = 0; i < d->n; i++)
        text[i] = (struct text){hash[i], d->label[i]};
    qsort(text, (size_t)d->n, sizeof *text, by_number); /* the hash stands first */
    for (int i = 1, first = 0; i < d->n; i++) {
        first = text[i].hash == text[first].hash ? first : i;
        conflicts += text[i].label != text[first].label;
    }
    free(text);
    return conflicts;
}

static void count_repetitions(struct survey *v, const struct dataset splits[SPLITS])
{
    const struct dataset *train = &splits[SPLIT_TRAIN];
    uint64_t *seen = hashes(train);
    v->conflicts = count_conflicts(train, seen);
    qsort(seen, (size_t)train->n, sizeof *seen, by_number);
    for (int i = 1; i < train->n; i++)
        v->repeated += seen[i] == seen[i - 1];
    for (int s = 0; s < SPLITS; s++) {
        uint64_t *asked = hashes(&splits[s]);
        for (int i = 0; s != SPLIT_TRAIN && i < splits[s].n; i++)
            v->leaked[s] += bsearch(&asked[i], seen, (size_t)train->n, sizeof *seen, by_number) != NULL;
        free(asked);
    }
    free(seen);
}

static void measure_lengths(struct survey *v, const struct dataset *d)
{
    int *length = mem_alloc((size_t)(d->n + 1) * sizeof *length);
    for (int i = 0; i < d->n; i++)
        length[i] = d->start[i + 1] - d->start[i];
    qsort(length, (size_t)d->n, sizeof *length, order_int);
    if (d->n) {
        v->tokens = length[(int)ceil(0.99 * d->n) - 1];
        v->longest = length[d->n - 1];
    }
    free(length);
}

/* Whether the names are numbers; *fraction: one of them is not whole. */
static bool are_numbers(const struct class_names *names, bool *fraction)
{
    *fraction = false;
    for (int i = 0; i < names->n; i++) {
        double value;
        if (!label_number(names->name[i], &value))
            return false;
        *fraction |= value != rint(value);
    }
    return names->n > 0;
}

/* How many of the names are no numbers, where nine of ten are and one of these is not whole: a decimal comma counts as a point. */
static int count_odd(const struct class_names *names)
{
    int odd = 0, like = 0;
    bool fraction = false;
    for (int i = 0; i < names->n; i++) {
        char name[CLASS_NAME];
        double value;
        snprintf(name, sizeof name, "%s", names->name[i]);
        char *comma = strchr(name, ',');
        if (comma)
            *comma = '.';
        const bool number = label_number(name, &value);
        odd += !number || comma;
        fraction |= number && value != rint(value);
        like += strspn(names->name[i], "+-.,0123456789") == strlen(names->name[i]);
    }
    return fraction && 10 * like >= 9 * names->n ? odd : 0;
}

/* The rows of each class, for free(). */
static int *count_classes(const struct dataset *d, int classes)
{
    int *count = mem_alloc((size_t)(classes + 1) * sizeof *count);
    for (int i = 0; classes && i < d->n; i++)
        count[(int)d->label[i]]++;
    return count;
}

double survey_guess(const struct dataset *d, int classes, enum metric m)
{
    if (!classes)
        return 0;
    double *said = mem_alloc((size_t)(d->n + 1) * sizeof *said),
           *actual = mem_alloc((size_t)(d->n + 1) * sizeof *actual);
    int *count = count_classes(d, classes), most = 0;
    for (int k = 1; k < classes; k++)
        most = count[k] > count[most] ? k : most;
    for (int i = 0; i < d->n; i++)
        actual[i] = d->label[i];
    for (int i = 0; i < d->n; i++)
        said[i] = m == METRIC_F1 ? 1 : most;
    double score = metric_value(m, said, actual, d->n);
    free(said);
    free(actual);
    free(count);
    return m == METRIC_MACRO_F1 ? fmax(score, 1.0 / classes) : score;
}

double survey_effective(const struct dataset *d, int classes, enum metric m)
{
    if (!classes || (m != METRIC_F1 && m != METRIC_MACRO_F1))
        return d->n;
    int *count = count_classes(d, classes), there = 0;
    double inverse = 0;
    for (int k = 0; k < classes; k++)
        if (count[k]) {
            inverse += 1.0 / count[k];
            there++;
        }
    const double rows = m == METRIC_F1 ? count[1] : (double)there * there / inverse;
    free(count);
    return fmax(rows, 1);
}

void survey_make(struct survey *v, const struct dataset splits[SPLITS], const struct class_names *names, int classes)
{
    const struct dataset *train = &splits[SPLIT_TRAIN];
    bool fraction;
    const bool numbers = are_numbers(names, &fraction);
    *v = (struct survey){.classes = classes,
                         .whole = classes > 2 && numbers && !fraction,
                         .odd = count_odd(names),
                         .numbers = numbers && (fraction || names->n >= SCORES_FROM)};
    for (int s = 0; s < SPLITS; s++)
        v->rows[s] = splits[s].n;
    int *count = count_classes(train, classes);
    v->least = classes ? count[0] : 0;
    for (int k = 0; k < classes; k++) {
        v->most = count[k] > v->most ? count[k] : v->most;
        v->least = count[k] < v->least ? count[k] : v->least;
    }
    free(count);
    measure_lengths(v, train);
    count_repetitions(v, splits);
}

/* The ground everything stands on: random streams, options, and the way out of failures. */
#include "core/option.h"
#include "core/rng.h"

#include "tests/dies.h"
#include "tests/near.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Random streams */

/* The two published vectors of Philox4x32-10 (Random123's kat_vectors). */
static void philox(void **state)
{
    (void)state;
    static const uint32_t zeros[4] = {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8};
    static const uint32_t pi[4] = {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1};
    struct rng a = rng_stream(0, (enum purpose)0, 0, 0);
    struct rng b = rng_stream(0x299f31d0a4093822, (enum purpose)0x03707344, 0x13198a2e, 0x85a308d3);
    for (uint64_t i = 0; i < 4; i++) {
        assert_int_equal(rng_at(&a, i), zeros[i]);
        assert_int_equal(rng_at(&b, (uint64_t)0x243f6a88 * 4 + i), pi[i]);
    }
}

/* Numbers of an independent implementation; the same in both builds. */
static void pinned(void **state)
{
    (void)state;
    struct rng r = rng_stream(0x123456789abcdef, RNG_TEST, 5, 9), n = r;
    near(rng_uniform(&r), 0.70513696132190473, 1e-16);
    near(rng_uniform(&r), 0.79110121729896676, 1e-16);
    near(rng_normal(&n), 0.39912853078065558, 1e-14);
    near(rng_normal(&n), -2.268873095891712, 1e-14);
}

static void streams(void **state)
{
    (void)state;
    struct rng r = rng_stream(3, RNG_TEST, 1, 2), start = r;
    for (uint64_t i = 0; i < 1000; i++)
        assert_int_equal(rng_u32(&r), rng_at(&start, i));
    /* each part of the key changes every stream's first words */
    struct rng other[5] = {rng_stream(4, RNG_TEST, 1, 2), rng_stream(3, RNG_DATA, 1, 2), rng_stream(3, RNG_TEST, 2, 2),
                           rng_stream(3, RNG_TEST, 1, 3), rng_stream(3 + (1ULL << 32), RNG_TEST, 1, 2)};
    for (int k = 0; k < 5; k++) {
        int same = 0;
        for (uint64_t i = 0; i < 64; i++)
            same += rng_at(&other[k], i) == rng_at(&start, i);
        assert_int_equal(same, 0);
    }
}

/* Fills draw in double and round: float and double builds differ by one rounding, and row gaps are left alone. */
static void fills(void **state)
{
    (void)state;
    real v[4 * 7];
    struct mat m = {v, 4, 5, 7};
    for (int kind = 0; kind < 2; kind++) {
        struct rng r = rng_stream(3, RNG_TEST, 4, (uint32_t)kind), again = r;
        for (int i = 0; i < 28; i++)
            v[i] = 77;
        if (kind)
            rng_fill_normal(&r, m, 0.3);
        else
            rng_fill_uniform(&r, m, -2, 3);
        for (int i = 0; i < 4; i++)
            for (int j = 0; j < 7; j++) {
                double want = j >= 5 ? 77 : kind ? 0.3 * rng_normal(&again) : -2 + 5 * rng_uniform(&again);
                assert_true(v[i * 7 + j] == (real)want);
            }
    }
}

/* Moments, within four standard errors; and a modulus where a careless draw is wrong by a factor of two. */
static void distributions(void **state)
{
    (void)state;
    enum { N = 100000 };
    struct rng r = rng_stream(3, RNG_TEST, 5, 0);
    double mean = 0, square = 0, fourth = 0, low = 1, high = 0, sum = 0;
    int chance = 0, third[3] = {0}, part[3] = {0}, dice[6] = {0};
    for (int i = 0; i < N; i++) {
        double z = rng_normal(&r), u = rng_uniform(&r);
        mean += z / N;
        square += z * z / N;
        fourth += z * z * z * z / N;
        sum += u / N;
        low = fmin(low, u);
        high = fmax(high, u);
        chance += rng_chance(&r, 0.3);
        uint32_t big = rng_below(&r, 3U << 30);
        third[big >> 30]++;
        part[big % 3]++;
        dice[rng_below(&r, 6)]++;
    }
    near(mean, 0, 4 / sqrt(N));
    assert_true(fabs(square - 1) < 4 * sqrt(2.0 / N) && fabs(fourth - 3) < 4 * sqrt(96.0 / N));
    assert_true(fabs(sum - 0.5) < 4 * sqrt(1.0 / 12 / N) && low >= 0 && low < 1e-3 && high < 1 && high > 1 - 1e-3);
    assert_true(fabs(chance - 0.3 * N) < 4 * sqrt(0.21 * N));
    for (int i = 0; i < 3; i++)
        assert_true(abs(third[i] - N / 3) < 4 * sqrt(N * 2 / 9.0) && abs(part[i] - N / 3) < 4 * sqrt(N * 2 / 9.0));
    for (int i = 0; i < 6; i++)
        assert_true(abs(dice[i] - N / 6) < 4 * sqrt(N * 5 / 36.0));
    assert_int_equal(rng_below(&r, 1), 0);
    assert_true(!rng_chance(&r, 0) && rng_chance(&r, 1));
}

/* Every permutation of three comes up, each as often. */
static void shuffle(void **state)
{
    (void)state;
    struct rng r = rng_stream(3, RNG_TEST, 6, 0);
    int seen[27] = {0};
    for (int i = 0; i < 6000; i++) {
        int a[3] = {0, 1, 2};
        rng_shuffle(&r, a, 3);
        seen[9 * a[0] + 3 * a[1] + a[2]]++;
    }
    static const int orders[6] = {5, 7, 11, 15, 19, 21}; /* 012 021 102 120 201 210 in base 3 */
    int total = 0;
    for (int k = 0; k < 6; k++) {
        assert_true(abs(seen[orders[k]] - 1000) < 4 * sqrt(6000 * 5 / 36.0));
        total += seen[orders[k]];
    }
    assert_int_equal(total, 6000);
}

/* ---- Options */

struct sample {
    int steps, mode, fast;
    double rate;
    char name[OPTION_TEXT];
};
static const struct option table[] = {
    OPTION_I(sample, steps, 4, 1, 64, "steps"), OPTION_R(sample, rate, 0.1, 0, 1, "rate"),
    OPTION_B(sample, fast, 1, "fast"),          OPTION_C(sample, mode, 1, "one|two|twofold", "mode"),
    OPTION_T(sample, name, "none", "name"),     OPTION_END,
};

static void set(struct sample *s, const char *name, const char *value)
{
    option_set(option_find(table, name), s, value);
}

static const char *get(const struct sample *s, const char *name)
{
    static char value[OPTION_TEXT];
    option_get(option_find(table, name), s, value, sizeof value);
    return value;
}

/* option, value, canonical text */
static const char *const good[][3] = {
    {"steps", "1", "1"},
    {"steps", "64", "64"},
    {"steps", "+7", "7"},
    {"steps", "007", "7"},
    {"rate", "0", "0"},
    {"rate", "1e-3", "0.001"},
    {"rate", "-0", "0"},
    {"rate", ".1", "0.1"},
    {"rate", "1.0", "1"},
    {"fast", "true", "1"},
    {"fast", "0", "0"},
    {"mode", "one", "one"},
    {"mode", "twofold", "twofold"},
    {"mode", "two", "two"},
    {"name", "a b=c", "a b=c"},
    {"name", "", ""},
    {"rate", "0.30000000000000004", "0.30000000000000004"},
};
/* option, value it refuses */
static const char *const bad[][2] = {
    {"steps", "0"},
    {"steps", "65"},
    {"steps", "4.5"},
    {"steps", ""},
    {"steps", "x"},
    {"steps", "4 "},
    {"steps", "99999999999999999999"},
    {"rate", "nan"},
    {"rate", "inf"},
    {"rate", "-1e-9"},
    {"rate", "1.001"},
    {"rate", "0.1x"},
    {"rate", ""},
    {"fast", "yes"},
    {"fast", ""},
    {"mode", "tw"},
    {"mode", "three"},
    {"mode", "one|two"},
    {"name", "a\nb"},
};

static void options(void **state)
{
    (void)state;
    struct sample s;
    memset(&s, 0xff, sizeof s);
    option_defaults(table, &s);
    assert_true(s.steps == 4 && s.rate == 0.1 && s.fast == 1 && s.mode == 1 && strcmp(s.name, "none") == 0);
    assert_null(option_find(table, "step"));
    assert_null(option_find(NULL, "steps"));
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        set(&s, good[i][0], good[i][1]);
        assert_string_equal(get(&s, good[i][0]), good[i][2]);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct sample before = s;
        DIES(EXIT_USAGE, set(&s, bad[i][0], bad[i][1]));
        assert_memory_equal(&before, &s, sizeof s);
        assert_non_null(strstr(text, bad[i][0])); /* the option is named */
    }
    DIES(EXIT_USAGE, set(&s, "steps", "65"));
    assert_non_null(strstr(text, "an integer from 1 to 64, default 4"));
    DIES(EXIT_USAGE, set(&s, "mode", "three"));
    assert_non_null(strstr(text, "one of one|two|twofold, default two"));
    char longest[OPTION_TEXT + 1];
    memset(longest, 'a', OPTION_TEXT);
    longest[OPTION_TEXT] = '\0';
    DIES(EXIT_USAGE, set(&s, "name", longest));
    set(&s, "name", longest + 1);
    assert_int_equal(strlen(get(&s, "name")), OPTION_TEXT - 1);
}

static void real_text(void **state)
{
    (void)state;
    static const double values[] = {0, 1, 0.1, 1e-30, 1.0 / 3, 123456789.125, -2.5e300, 5e-324, 1e22};
    char got[64];
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        option_real_text(values[i], got, sizeof got);
        assert_true(strtod(got, NULL) == values[i]);
    }
    assert_string_equal((option_real_text(0.1, got, sizeof got), got), "0.1");
}

/* Catches: a number past the bound that wraps round to one within it, a sign, a blank. */
static void digits(void **state)
{
    (void)state;
    static const char *const none[] = {"", "x", "-1", "+1", " 1", "2147483648", "4294967297", "18446744073709551617"};
    long v = -1;
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        assert_null(option_digits(none[i], INT_MAX, &v));
    assert_null(option_digits("9", 5, &v));
    assert_null(option_digits("9223372036854775808", LONG_MAX, &v));
    assert_non_null(option_digits("9223372036854775807", LONG_MAX, &v));
    assert_true(v == LONG_MAX);
    assert_string_equal(option_digits("007..9", 7, &v), "..9");
    assert_int_equal(v, 7);
}

/* Catches: a range that falls, has no end or goes on behind it. */
static void ranges(void **state)
{
    (void)state;
    static const char *const none[] = {"",      "..",     "3..", "..3",   "4..3",
                                       "0..9 ", "0..9..", "0.9", "0..-1", "0..2147483648"};
    int first = -1, last = -1;
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        assert_false(option_range(none[i], &first, &last));
    assert_int_equal(first, -1);
    assert_true(option_range("3", &first, &last));
    assert_int_equal(first, 3);
    assert_int_equal(last, 3);
    assert_true(option_range("0..2147483647", &first, &last));
    assert_int_equal(first, 0);
    assert_int_equal(last, INT_MAX);
}

static int distance(const char *a, const char *b)
{
    struct nearest n = {a, "", 0};
    assert_true(option_nearer(&n, b));
    return n.distance;
}

static void nearest(void **state)
{
    (void)state;
    assert_int_equal(distance("kitten", "sitting"), 3);
    assert_int_equal(distance("", "abc"), 3);
    assert_int_equal(distance("abc", ""), 3);
    assert_int_equal(distance("lora", "lora"), 0);
    assert_int_equal(distance("lora", "laro"), 2);
    char endless[1000];
    memset(endless, 'x', sizeof endless - 1);
    endless[sizeof endless - 1] = '\0';
    assert_int_equal(distance(endless, "x"), 62); /* bounded, not overrun */
}

/* ---- die and traps */

static void traps(void **state)
{
    (void)state;
    struct trap outer = {0}, inner = {0};
    volatile int reached = 0;
    if (trap_set(&outer)) {
        assert_int_equal(outer.code, EXIT_CORRUPT);
        reached++;
    } else {
        if (trap_set(&inner)) {
            assert_int_equal(inner.code, EXIT_DATA);
            assert_string_equal(inner.text, "7 of x");
            reached++;
        } else {
            die(EXIT_DATA, "%d of %s", 7, "x");
        }
        die(EXIT_CORRUPT, "outer"); /* the inner trap is gone: this one reaches the outer */
    }
    assert_int_equal(reached, 2);
    if (trap_set(&outer) == 0) {
        trap_set(&inner);
        trap_end(&inner);
        die(EXIT_MISSING, "%0600d", 1); /* ended traps catch nothing; long messages are cut */
    }
    assert_int_equal(outer.code, EXIT_MISSING);
    assert_int_equal(strlen(outer.text), sizeof outer.text - 1);
    assert_int_equal(inner.code, EXIT_OK);
}

/* What has been given back, in order. */
static char given[16];

static void give(char *name)
{
    strncat(given, name, sizeof given - strlen(given) - 1);
    *name = '-';
}

static int leave_early(bool early)
{
    char a[] = "a", b[] = "b";
    DEFER(give, a);
    if (early)
        return 1;
    DEFER(give, b);
    return 2;
}

static void die_within(char *kept, char *lost)
{
    struct guard done, open;
    char inner[] = "i";
    DEFER(give, inner);
    GUARD(&done, give, kept);
    guard_end(&done);
    GUARD(&open, give, lost);
    die(EXIT_DATA, "%s was open", lost);
}

/* A block gives back what it deferred, the last first, on every way out; a trap only what was guarded since it was set. */
static void guards(void **state)
{
    (void)state;
    char outer[] = "o", kept[] = "k", lost[] = "l";
    struct guard around;
    struct trap t;
    *given = '\0';
    assert_int_equal(leave_early(true), 1);
    assert_string_equal(given, "a");
    assert_int_equal(leave_early(false), 2);
    assert_string_equal(given, "aba");
    *given = '\0';
    GUARD(&around, give, outer);
    if (!trap_set(&t))
        die_within(kept, lost);
    assert_string_equal(given, "li");
    assert_string_equal(t.text, "l was open"); /* written before it was given back */
    assert_string_equal(kept, "k");
    guard_leave(&around);
    assert_string_equal(given, "lio");
}

int main(void)
{
    setenv("OPENBLAS_NUM_THREADS", "1", 1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(philox),  cmocka_unit_test(pinned),    cmocka_unit_test(streams),
        cmocka_unit_test(fills),   cmocka_unit_test(shuffle),   cmocka_unit_test(distributions),
        cmocka_unit_test(options), cmocka_unit_test(real_text), cmocka_unit_test(nearest),
        cmocka_unit_test(traps),   cmocka_unit_test(guards),    cmocka_unit_test(digits),
        cmocka_unit_test(ranges),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* near(got, want, tolerance): a cmocka check that |got - want| <= tolerance (1 + |want|), in double, and not NaN. */
#ifndef TESTS_NEAR_H
#define TESTS_NEAR_H

#include <math.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

static inline void near_at(double got, double want, double tolerance, const char *file, int line)
{
    if (!(fabs(got - want) <= tolerance * (1 + fabs(want)))) {
        print_error("%.17g is not within %g of %.17g\n", got, tolerance, want);
        _fail(file, line);
    }
}
#define near(got, want, tolerance) near_at(got, want, tolerance, __FILE__, __LINE__)

#endif

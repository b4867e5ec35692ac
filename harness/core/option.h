/* Option tables: one row per option gives command line, experiment file, help, bounds and HDF5 attributes. */
#ifndef CORE_OPTION_H
#define CORE_OPTION_H

#include <stdbool.h>
#include <stddef.h>

enum option_type { OPT_INT, OPT_REAL, OPT_BOOL, OPT_CHOICE, OPT_TEXT };

enum { OPTION_TEXT = 256 }; /* bytes of an OPT_TEXT field: char name[OPTION_TEXT] */

struct option {
    const char *name, *help;
    enum option_type
        type; /* the field's C type: int, double, int (0/1), int (index of the choice), char[OPTION_TEXT] */
    size_t offset;
    double def, min, max; /* OPT_INT and OPT_REAL: default and inclusive bounds; OPT_BOOL, OPT_CHOICE: default */
    const char *choices;  /* OPT_CHOICE: "a|b|c"; OPT_TEXT: the default text */
};

/* Rows of a table for `struct s`; a table ends with OPTION_END. */
// clang-format off
#define OPTION_I(s, field, def, min, max, help) {#field, help, OPT_INT, offsetof(struct s, field), def, min, max, NULL}
#define OPTION_R(s, field, def, min, max, help) {#field, help, OPT_REAL, offsetof(struct s, field), def, min, max, NULL}
#define OPTION_B(s, field, def, help)           {#field, help, OPT_BOOL, offsetof(struct s, field), def, 0, 1, NULL}
#define OPTION_C(s, field, def, choices, help)  {#field, help, OPT_CHOICE, offsetof(struct s, field), def, 0, 0, choices}
#define OPTION_T(s, field, def, help)           {#field, help, OPT_TEXT, offsetof(struct s, field), 0, 0, 0, def}
#define OPTION_END                              {NULL, NULL, OPT_INT, 0, 0, 0, 0, NULL}
// clang-format on

void option_defaults(const struct option *table, void *opts);
const struct option *option_find(const struct option *table, const char *name);
/* Parses `value` into the option's field. Dies with EXIT_USAGE, naming the option, its bounds or choices. NaN is
 * refused. */
void option_set(const struct option *o, void *opts, const char *value);
/* The value as canonical text: integers in decimal, reals as the shortest text that reads back equal. */
void option_get(const struct option *o, const void *opts, char *text, size_t size);
/* Any number as text that option_set takes for this option: an integer has no exponent. */
void option_number_text(const struct option *o, double v, char *text, size_t size);
/* What an option takes, for people: "an integer from 1 to 64, default 4". */
void option_bounds(const struct option *o, char *text, size_t size);
/* The shortest decimal that reads back as v ("0.001", "1e-30"). */
void option_real_text(double v, char *text, size_t size);
/* Reads decimal digits, nothing else, of a number of at most `max`. Returns the place behind them; NULL when there are
 * none or the number is larger. */
const char *option_digits(const char *text, long max, long *value);
/* Reads "3" or "0..9", nothing else, of numbers from 0 up to INT_MAX. Returns false on anything else and on a range
 * that falls. */
bool option_range(const char *text, int *first, int *last);
/* For "did you mean": the nearest of the names that were tried, by Levenshtein's distance. Starts from {wanted};
 * `name` is "" until one was tried. True when this one is nearer than all before. */
struct nearest {
    const char *wanted;
    char name[512];
    int distance;
};
bool option_nearer(struct nearest *n, const char *name);

#endif

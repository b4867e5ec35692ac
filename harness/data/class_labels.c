/* Which labels of a table are one class, and which say that a row has none. */
#include "data/class_labels.h"

#include "core/unicode.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool label_none(const char *label)
{
    return !*label || strcmp(label, "-") == 0;
}

static bool is_integer(const char *text, long *value)
{
    char *end;
    errno = 0;
    *value = strtol(text, &end, 10);
    return *text && !*end && !errno;
}

static int by_value(const void *a, const void *b)
{
    long x, y;
    is_integer(a, &x);
    is_integer(b, &y);
    return (x > y) - (x < y);
}

static int by_bytes(const void *a, const void *b)
{
    return strcmp(a, b);
}

bool label_number(const char *label, double *value)
{
    char *end;
    *value = strtod(label, &end);
    return *label && !*end && isfinite(*value);
}

bool label_missing(const char *label)
{
    static const char *const words[] = {"NA", "N/A", "NaN", "null", "None"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (unicode_same_letters(label, words[i]))
            return true;
    return false;
}

void label_plain(const char *label, char out[CLASS_NAME])
{
    char *end;
    errno = 0;
    long value = strtol(label, &end, 10);
    if (errno)
        end = (char *)label;
    if (end != label && *end == '.' && end[1] && end[1 + strspn(end + 1, "0")] == '\0')
        end += strlen(end);
    if (end != label && !*end && (*label == '+' || strchr(label, '.')))
        snprintf(out, CLASS_NAME, "%ld", value);
    else
        snprintf(out, CLASS_NAME, "%s", label);
}

int classes_find(const struct class_names *labels, const char *name)
{
    char plain[CLASS_NAME];
    label_plain(name, plain);
    for (int i = 0; i < labels->n; i++)
        if (strcmp(labels->name[i], plain) == 0)
            return i;
    for (int i = 0; i < labels->n; i++)
        if (unicode_same_letters(labels->name[i], plain))
            return i;
    return -1;
}

static void drop_label(struct class_names *labels, int at)
{
    labels->n--;
    memmove(labels->name[at], labels->name[at + 1], (size_t)(labels->n - at) * CLASS_NAME);
}

/* Where all other labels are numbers, NaN and its like say that a row has none. */
static void drop_missing(struct class_names *labels)
{
    int words = 0, numbers = 0;
    double value;
    for (int i = 0; i < labels->n; i++) {
        words += label_missing(labels->name[i]);
        numbers += label_number(labels->name[i], &value); /* finite, so that "nan" is none */
    }
    if (!numbers || words + numbers < labels->n)
        return;
    for (int i = labels->n - 1; i >= 0; i--)
        if (label_missing(labels->name[i]))
            drop_label(labels, i);
}

/* Where all other labels are integers from 0 on, -1 says that a row has none. */
static void drop_minus_one(struct class_names *labels)
{
    int at = classes_find(labels, "-1");
    long value;
    for (int i = 0; i < labels->n; i++)
        if (i != at && (!is_integer(labels->name[i], &value) || value < 0))
            return;
    if (at >= 0 && labels->n >= 3)
        drop_label(labels, at);
}

void classes_settle(struct class_names *labels)
{
    drop_missing(labels);
    drop_minus_one(labels);
    bool integers = true;
    long value;
    for (int i = 0; i < labels->n; i++)
        integers = integers && is_integer(labels->name[i], &value);
    qsort(labels->name, (size_t)labels->n, CLASS_NAME, integers ? by_value : by_bytes);
}

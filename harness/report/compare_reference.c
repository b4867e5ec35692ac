/* Comparing runs by hash and tables by interval. */
#include "report/compare_reference.h"

#include "core/arena.h"
#include "core/csv_file.h"
#include "core/file.h"

#include <dirent.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static bool same(const struct csv_file *a, int i, const struct csv_file *b, int k, const char *column)
{
    return strcmp(csv_file_text(a, i, csv_file_column(a, column)), csv_file_text(b, k, csv_file_column(b, column))) ==
           0;
}

/* A spec is compared as text: the key also holds the code, which may have changed without changing a bit. */
static int find_run(const struct csv_file *f, int at, const struct csv_file *runs, int i)
{
    const char *spec = csv_file_text(runs, i, csv_file_column(runs, "spec"));
    for (int n = 0; n < csv_file_rows(f);
         n++) { /* both lists are in the order of the plan: start where the last was found */
        int k = (at + n) % csv_file_rows(f);
        if (strcmp(csv_file_text(f, k, csv_file_column(f, "spec")), spec) == 0)
            return k;
    }
    return -1;
}

static void compare_runs(struct comparison *c, const struct csv_file *now, const struct csv_file *then, FILE *out)
{
    int at = 0, found = 0;
    for (int i = 0; i < csv_file_rows(now); i++) {
        int k = find_run(then, at, now, i);
        if (k < 0)
            continue;
        at = k + 1;
        found++;
        if (!same(now, i, then, k, "core") || !same(now, i, then, k, "compiler")) {
            c->elsewhere++;
            continue;
        }
        if (same(now, i, then, k, "curve_hash") && same(now, i, then, k, "weights_hash")) {
            c->same_bits++;
            continue;
        }
        c->other_bits++;
        fprintf(
            out, "other bits: %.12s (reference %.12s): %s on %s, seed %s, on equal kernels and compiler\n",
            csv_file_text(now, i, csv_file_column(now, "key")), csv_file_text(then, k, csv_file_column(then, "key")),
            csv_file_text(now, i, csv_file_column(now, "method")), csv_file_text(now, i, csv_file_column(now, "task")),
            csv_file_text(now, i, csv_file_column(now, "seed")));
    }
    c->absent = csv_file_rows(then) - found;
}

/* The row of `now` with the same task, budget and method; -1 when there is none. */
static int find_row(const struct csv_file *now, const struct csv_file *then, int k)
{
    for (int i = 0; i < csv_file_rows(now); i++)
        if (same(now, i, then, k, "task") && same(now, i, then, k, "budget") && same(now, i, then, k, "method"))
            return i;
    return -1;
}

static void compare_table(struct comparison *c, const struct csv_file *now, const struct csv_file *then,
                          const char *name, FILE *out)
{
    for (int k = 0; k < csv_file_rows(then); k++) {
        int i = find_row(now, then, k);
        double mean = csv_file_number(then, k, csv_file_column(then, "mean"));
        double low = i < 0 ? NAN : csv_file_number(now, i, csv_file_column(now, "low"));
        double high = i < 0 ? NAN : csv_file_number(now, i, csv_file_column(now, "high"));
        if (isnan(mean))
            continue;
        if (mean >= low && mean <= high) {
            c->rows++;
            continue;
        }
        c->outside++;
        fprintf(out, "%s: %s on %s: reference mean %.4f ", name,
                csv_file_text(then, k, csv_file_column(then, "method")),
                csv_file_text(then, k, csv_file_column(then, "task")), mean);
        if (i < 0 || isnan(low))
            fprintf(out, "has no new interval\n");
        else
            fprintf(out, "is outside the new interval [%.4f, %.4f]\n", low, high);
    }
}

static bool ends_with(const char *text, const char *end)
{
    size_t n = strlen(text), m = strlen(end);
    return n >= m && strcmp(text + n - m, end) == 0;
}

static void compare_tables(struct comparison *c, const char *results, const char *reference, FILE *out)
{
    struct dirent **entry;
    char *folder = mem_text("%s/tables", reference);
    int n = scandir(folder, &entry, NULL, alphasort);
    for (int i = 0; i < n; i++) {
        char *then_path = mem_text("%s/%s", folder, entry[i]->d_name),
             *now_path = mem_text("%s/tables/%s", results, entry[i]->d_name);
        struct csv_file now, then;
        if (ends_with(entry[i]->d_name, ".csv") && file_exists(now_path)) {
            csv_file_read(&then, then_path);
            if (csv_file_column(&then, "mean") >= 0 && csv_file_column(&then, "low") >= 0) {
                csv_file_read(&now, now_path);
                compare_table(c, &now, &then, entry[i]->d_name, out);
                csv_file_free(&now);
            }
            csv_file_free(&then);
        }
        free(then_path);
        free(now_path);
        free(entry[i]);
    }
    if (n >= 0)
        free(entry);
    free(folder);
}

struct comparison reference_compare(const char *results, const char *reference, FILE *out)
{
    struct comparison c = {0};
    struct csv_file now, then;
    char *now_path = mem_text("%s/runs.csv", results), *then_path = mem_text("%s/runs.csv", reference);
    csv_file_read(&now, now_path);
    csv_file_read(&then, then_path);
    if (csv_file_rows(&then))
        compare_runs(&c, &now, &then, out);
    if (c.elsewhere || c.absent)
        compare_tables(&c, results, reference, out);
    csv_file_free(&now);
    csv_file_free(&then);
    free(now_path);
    free(then_path);
    return c;
}

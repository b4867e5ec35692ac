/* Comparing runs by hash and tables by interval. */
#include "report/compare_reference.h"

#include "core/arena.h"
#include "core/csv_file.h"
#include "core/file.h"
#include "record/runs_csv.h"
#include "report/parted.h"

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

/* A configuration is compared as text: the key also holds the code, which may have changed without changing a bit. Both
 * lists are in the order of the plan, so it is looked for from `at` on, where the last was found. */
static int find_run(const struct runs_list *l, int at, const char *config)
{
    for (int n = 0; n < l->n; n++) {
        int k = (at + n) % l->n;
        if (strcmp(l->row[k].config, config) == 0)
            return k;
    }
    return -1;
}

static void say_difference(const struct facts *now, const struct facts *then, FILE *out)
{
    fprintf(out, "other bits: %.12s (reference %.12s): %s on %s, seed %.0f, on equal kernels and compiler:", now->key,
            then->key, now->method, now->task, now->seed);
    const char *before = " ";
    for (int i = -1; (i = facts_differ(now, then, i)) >= 0; before = ", ")
        fprintf(out, "%s%s", before, fact_list[i].name);
    fputc('\n', out);
}

static void compare_runs(struct comparison *c, const struct runs_list *now, const struct runs_list *then, FILE *out)
{
    int at = 0, found = 0;
    for (int i = 0; i < now->n; i++) {
        int k = find_run(then, at, now->row[i].config);
        if (k < 0)
            continue;
        const struct facts *a = &now->row[i].facts, *b = &then->row[k].facts;
        at = k + 1;
        found++;
        if (strcmp(a->core, b->core) != 0 || strcmp(a->compiler, b->compiler) != 0)
            c->elsewhere++;
        else if (facts_differ(a, b, -1) < 0)
            c->same_bits++;
        else {
            c->other_bits++;
            say_difference(a, b, out);
        }
    }
    c->absent = then->n - found;
}

/* The row of `now` with the same task, budget and method; -1 when there is none. */
static int find_row(const struct csv_file *now, const struct csv_file *then, int k)
{
    for (int i = 0; i < csv_file_rows(now); i++)
        if (same(now, i, then, k, "task") && same(now, i, then, k, "budget") && same(now, i, then, k, "method"))
            return i;
    return -1;
}

/* Runs of both sides. */
struct sides {
    const struct runs_list *now, *then;
};

static void compare_table(struct comparison *c, const struct sides *runs, const struct csv_file *now,
                          const struct csv_file *then, const char *name, FILE *out)
{
    char why[128];
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
            fprintf(out, "has no new interval");
        else
            fprintf(out, "is outside the new interval [%.4f, %.4f]", low, high);
        parted_words(runs->now, runs->then, csv_file_text(then, k, csv_file_column(then, "task")), mean, why,
                     sizeof why);
        fprintf(out, "%s%s\n", *why ? ": " : "", why);
    }
}

static bool ends_with(const char *text, const char *end)
{
    size_t n = strlen(text), m = strlen(end);
    return n >= m && strcmp(text + n - m, end) == 0;
}

static void compare_tables(struct comparison *c, const struct sides *runs, const char *results, const char *reference,
                           FILE *out)
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
                compare_table(c, runs, &now, &then, entry[i]->d_name, out);
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
    struct runs_list now, then;
    char *now_path = mem_text("%s/runs.csv", results), *then_path = mem_text("%s/runs.csv", reference);
    runs_list_read(&now, now_path);
    runs_list_read(&then, then_path);
    compare_runs(&c, &now, &then, out);
    if (c.elsewhere || c.absent)
        compare_tables(&c, &(struct sides){&now, &then}, results, reference, out);
    runs_list_free(&now);
    runs_list_free(&then);
    free(now_path);
    free(then_path);
    return c;
}

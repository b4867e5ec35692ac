/* Printing a method's verdicts from the tables of the committed reference. */
#include "report/method_verdicts.h"

#include "core/csv_file.h"
#include "core/program.h"
#include "report/subject.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define REFERENCE "results/reference/"

/* Opens a table that comes with the program; false when it does not. */
static bool open_table(struct csv_file *t, const char *name)
{
    char *path = program_file(name);
    if (!path)
        return false;
    csv_file_read(t, path);
    free(path);
    return true;
}

static const char *words(const struct csv_file *t, int row, const char *column)
{
    return csv_file_text(t, row, csv_file_column(t, column));
}

static double number(const struct csv_file *t, int row, const char *column)
{
    return csv_file_number(t, row, csv_file_column(t, column));
}

/* "confirmed  VeRA is only slightly worse than LoRA: +1.1 [+0.6, +1.7] points": a score's difference in points, a ratio of
 * parameters as it is. */
static void print_claim(const struct csv_file *t, int row, FILE *f)
{
    const char *rule = words(t, row, "rule");
    const double value = number(t, row, "value"), low = number(t, row, "low"), high = number(t, row, "high");
    const bool points = strncmp(rule, "score: ", 7) == 0, exact = strncmp(rule, "parameters: ", 12) == 0;
    const double unit = points ? 100 : 1;
    fprintf(f, "  %-10s %s", words(t, row, "verdict"), words(t, row, "claim"));
    if (!isnan(value))
        fprintf(f, exact ? ": %.4f" : points ? ": %+.1f" : ": %+.2f", unit * value);
    if (!isnan(low) && !exact)
        fprintf(f, points ? " [%+.1f, %+.1f] points" : " [%+.2f, %+.2f]", unit * low, unit * high);
    fprintf(f, "\n");
    if (*words(t, row, "own_regime"))
        fprintf(f, "  %-10s at its authors' sizes: %s\n", "", words(t, row, "own_regime"));
}

/* The claims about the method that main's runs decided. Returns how many there are. */
static int print_claims(const struct method *m, FILE *f)
{
    struct csv_file t;
    int n = 0;
    if (!open_table(&t, REFERENCE "default/tables/main-claims.csv"))
        return 0;
    for (int row = 0; row < csv_file_rows(&t); row++)
        if (subject_of_claim(words(&t, row, "rule")) == m) {
            print_claim(&t, row, f);
            n++;
        }
    csv_file_free(&t);
    return n;
}

/* The method's row of the decision table of this name; false when there is none. */
static bool print_decision(const struct method *m, const char *name, FILE *f)
{
    struct csv_file t;
    bool found = false;
    if (!open_table(&t, name))
        return false;
    for (int row = 0; !found && row < csv_file_rows(&t); row++) {
        if (strcmp(words(&t, row, "method"), m->title) != 0)
            continue;
        found = true;
        const double difference = number(&t, row, "difference");
        fputs("  against LoRA on the reference's tasks: ", f);
        if (!isnan(difference))
            fprintf(f, "%s: %+.1f [%+.1f, %+.1f] points; ", words(&t, row, "verdict"), 100 * difference,
                    100 * number(&t, row, "difference_low"), 100 * number(&t, row, "difference_high"));
        fprintf(f, "%s\n", words(&t, row, "when"));
    }
    csv_file_free(&t);
    return found;
}

void verdicts_print(const struct method *m, FILE *f)
{
    fputs("verdicts of the reference's runs, small models and short trainings (EXPERIMENTS.md)\n", f);
    const int claims = print_claims(m, f);
    if (!print_decision(m, REFERENCE "default/tables/main-decision.csv", f) &&
        !print_decision(m, REFERENCE "full/tables/full-decision.csv", f) && !claims)
        fprintf(f, "  none: they do not hold %s; `peftlab compare methods=%s task=mnli` asks\n", m->title, m->name);
}

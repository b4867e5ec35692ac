/* Printing a method's verdicts from the tables of the committed reference. */
#include "report/verdicts.h"

#include "analysis/claims.h"
#include "core/csv_file.h"
#include "core/program.h"
#include "tune/method.h"

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

/* A claim is about what it names first: a title, or for counts a method's name and options. */
static bool about(const struct claim *c, const struct method *m)
{
    const size_t n = strlen(m->name);
    if (c->kind == CLAIM_PARAMETERS)
        return strncmp(c->a, m->name, n) == 0 && (c->a[n] == ' ' || !c->a[n]);
    return strcmp(c->a, m->title) == 0;
}

/* "confirmed  VeRA is only slightly worse than LoRA: +1.1 [+0.6, +1.7] points (Kopiczko et al. 2024)" */
static void print_claim(const struct claim *c, const struct csv_file *t, int row, FILE *f)
{
    const double value = number(t, row, "value"), low = number(t, row, "low"), high = number(t, row, "high");
    const bool points = c->kind == CLAIM_DIFFERENCE, exact = c->kind == CLAIM_PARAMETERS;
    const double unit = points ? 100 : 1;
    fprintf(f, "  %-10s %s", words(t, row, "verdict"), c->claim);
    if (!isnan(value))
        fprintf(f, exact ? ": %.4f" : points ? ": %+.1f" : ": %+.2f", unit * value);
    if (!isnan(low) && !exact)
        fprintf(f, points ? " [%+.1f, %+.1f] points" : " [%+.2f, %+.2f]", unit * low, unit * high);
    fprintf(f, "\n");
    if (*words(t, row, "own_regime"))
        fprintf(f, "  %-10s at its authors' sizes: %s\n", "", words(t, row, "own_regime"));
}

/* Claims of claims.ini that main's runs decided. Returns how many there are. */
static int print_claims(const struct method *m, FILE *f)
{
    struct csv_file t;
    struct claims all;
    int n = 0;
    char *path = program_file("experiments/claims.ini");
    if (path && open_table(&t, REFERENCE "default/tables/main-claims.csv")) {
        claims_read(&all, path);
        for (int row = 0; row < csv_file_rows(&t); row++) {
            const struct claim *c = claims_find(&all, words(&t, row, "name"));
            if (c && about(c, m)) {
                print_claim(c, &t, row, f);
                n++;
            }
        }
        claims_free(&all);
        csv_file_free(&t);
    }
    free(path);
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

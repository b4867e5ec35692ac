/* What `explain` says of each method is what the committed reference's tables hold, and every row is said of somebody. */
/* precision: float */
#include "report/method_verdicts.h"

#include "core/csv_file.h"
#include "core/program.h"
#include "tune/tuning.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static char *said(const struct method *m)
{
    static char text[1 << 14];
    FILE *f = fmemopen(text, sizeof text, "w");
    assert_non_null(f);
    verdicts_print(m, f);
    assert_int_equal(fclose(f), 0);
    return text;
}

static const char *field(const struct csv_file *t, int row, const char *column)
{
    return csv_file_text(t, row, csv_file_column(t, column));
}

static void open_table(struct csv_file *t, const char *name)
{
    char *path = program_file(name);
    assert_non_null(path);
    csv_file_read(t, path);
    free(path);
    assert_true(csv_file_rows(t) > 5);
}

/* What the article claims stands, with its verdict, in one method's text; what others claim (of a control, of a place) in
 * one at most. */
static void every_claim_is_said_once(void **state)
{
    (void)state;
    struct csv_file t;
    open_table(&t, "results/reference/default/tables/main-claims.csv");
    int n[64] = {0};
    assert_true(csv_file_rows(&t) <= 64);
    for (int i = 0; i < method_registry_size; i++) {
        const char *text = said(method_registry[i]);
        for (int row = 0; row < csv_file_rows(&t); row++) {
            char line[1024];
            snprintf(line, sizeof line, "\n  %-10s %s: ", field(&t, row, "verdict"), field(&t, row, "claim"));
            n[row] += strstr(text, line) != NULL;
        }
    }
    for (int row = 0; row < csv_file_rows(&t); row++) {
        if (n[row] > 1 || (!n[row] && strncmp(field(&t, row, "whose"), "the article", 11) == 0))
            fail_msg("%s is said of %d methods", field(&t, row, "name"), n[row]);
    }
    csv_file_free(&t);
}

/* The article's methods have a row against LoRA, with the table's verdict and its interval in points. */
static void every_method_stands_against_lora(void **state)
{
    (void)state;
    struct csv_file t;
    open_table(&t, "results/reference/default/tables/main-decision.csv");
    int found = 0;
    for (int row = 0; row < csv_file_rows(&t); row++)
        for (int i = 0; i < method_registry_size; i++) {
            const struct method *m = method_registry[i];
            char line[512];
            if (strcmp(field(&t, row, "method"), m->title) != 0)
                continue;
            found += m->claim != NULL;
            if (*field(&t, row, "verdict"))
                snprintf(line, sizeof line,
                         "  against LoRA on the reference's tasks: %s: %+.1f [%+.1f, %+.1f] points; %s\n",
                         field(&t, row, "verdict"), 100 * atof(field(&t, row, "difference")),
                         100 * atof(field(&t, row, "difference_low")), 100 * atof(field(&t, row, "difference_high")),
                         field(&t, row, "when"));
            else
                snprintf(line, sizeof line, "  against LoRA on the reference's tasks: %s\n", field(&t, row, "when"));
            if (!strstr(said(m), line))
                fail_msg("%s lacks \"%s\" in: %s", m->name, line, said(m));
        }
    csv_file_free(&t);
    for (int i = 0; i < method_registry_size; i++)
        found -= method_registry[i]->claim != NULL;
    assert_int_equal(found, 0);
}

/* Catches: "LoRA" read into "LoRA+", and silence where there are no runs. */
static void neighbours_stay_apart(void **state)
{
    (void)state;
    static const struct method nobody = {.name = "nobody", .title = "Nobody"};
    assert_null(strstr(said(method_find("lora")), "LoRA+"));
    assert_non_null(strstr(said(method_find("lora_plus")), "LoRA+ (ratio 16)"));
    assert_non_null(strstr(said(method_find("vera")), "at its authors' sizes: VeRA with a quarter"));
    assert_non_null(strstr(said(&nobody), "none: they do not hold Nobody"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_claim_is_said_once),
        cmocka_unit_test(every_method_stands_against_lora),
        cmocka_unit_test(neighbours_stay_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The first screen, cards and figures as the page has them. */
/* precision: float */

#include "tests/scratch.h"

#include "report/answer.h"
#include "report/cards.h"
#include "report/drawn.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A row of the decision: name, difference and interval as shares, verdict. */
static void row(struct table *s, const char *name, double at, double low, double high, const char *verdict)
{
    table_row(s);
    table_text(s, 0, "%s", name);
    if (!isnan(at)) {
        table_value(s, 1, at, "words");
        table_number(s, 2, low, 4);
        table_number(s, 3, high, 4);
    }
    table_text(s, 4, "%s", verdict);
    table_text(s, 6, "when %s", name);
}

static void decide(struct table *s)
{
    table_open(s, "e", "decision");
    table_column(s, "Method", "method", EVERYONE, false);
    table_column(s, "Δ", "difference", EVERYONE, true);
    table_column(s, "", "difference_low", PROGRAMS, true);
    table_column(s, "", "difference_high", PROGRAMS, true);
    table_column(s, "Verdict", "verdict", EVERYONE, false);
    table_column(s, "", "next_low", PROGRAMS, true);
    table_column(s, "When", "when", EVERYONE, false);
    row(s, "LoRA", NAN, NAN, NAN, "");
    row(s, "AdaLoRA", 0.012, 0.008, 0.016, "better");
    row(s, "VeRA with 1,152", -0.019, -0.025, -0.013, "worse");
    row(s, "DoRA", 0.001, -0.002, 0.004, "equivalent");
    row(s, "Head only", -0.3, -0.31, -0.29, "worse");
    table_note(s, "Use <AdaLoRA>.");
}

static void by_task(struct table *s)
{
    table_open(s, "e", "matrix");
    table_column(s, "Method", "method", EVERYONE, false);
    table_column(s, "cola", "cola", EVERYONE, false);
    table_column(s, "", "cola_difference", PROGRAMS, true);
    table_column(s, "", "cola_low", PROGRAMS, true);
    table_column(s, "", "cola_high", PROGRAMS, true);
    table_column(s, "All", "all", EVERYONE, false);
    table_row(s);
    table_text(s, 0, "DoRA");
    table_text(s, 1, "-3.0 worse");
    table_number(s, 2, -0.03, 4);
    table_number(s, 3, -0.04, 4);
    table_number(s, 4, -0.02, 4);
}

static int count(const char *text, const char *word)
{
    int n = 0;
    for (const char *p = strstr(text, word); p; p = strstr(p + 1, word))
        n++;
    return n;
}

/* Catches: a bar whose colour is not its interval's, a row or a task without its bar, an interval beyond the axis drawn at
 * its end as if it were there, a sentence as markup. */
static void bars(void **state)
{
    (void)state;
    struct table table[2];
    const struct table *decision = NULL;
    char *html = NULL;
    size_t size = 0;
    decide(&table[0]);
    by_task(&table[1]);
    const struct chapter c = {.id = (char *)"e", .margin = 0.01, .table = table, .tables = 2};
    assert_ptr_equal(answer_of(&c, 1, &decision), &c);
    assert_ptr_equal(decision, &table[0]);
    FILE *f = open_memstream(&html, &size);
    answer_write(f, &c, decision);
    fclose(f);
    assert_non_null(strstr(html, "Use &lt;AdaLoRA&gt;."));
    assert_int_equal(count(html, "class=\"bar up\""), 1);
    assert_int_equal(count(html, "class=\"bar down\""), 3); /* VeRA, the head, and DoRA on cola */
    assert_int_equal(count(html, "class=\"bar open\""), 1);
    assert_non_null(strstr(html, "aria-label=\"DoRA on cola: -3.0 [-4.0, -2.0] points, worse\""));
    assert_non_null(strstr(html, "aria-label=\"AdaLoRA, all tasks: +1.2 [+0.8, +1.6] points, better\""));
    assert_int_equal(count(html, "data-task=\"cola\" data-v=\"-3\" hidden"), 1);
    assert_int_equal(count(html, "<circle class=\"dot\""), 4); /* the head's is an arrow */
    assert_string_equal(answer_method("VeRA with 1,152")->name, "vera");
    assert_string_equal(answer_method("LoRA+")->name, "lora_plus");
    assert_null(answer_method("LoRAs"));
    free(html);
    html = NULL;
    f = open_memstream(&html, &size);
    cards_write(f, &c, 1);
    capabilities_write(f);
    fclose(f);
    assert_non_null(strstr(html, "<dt>found</dt><dd>VeRA with 1,152: words points to LoRA, worse; when VeRA"));
    assert_int_equal(count(html, "<details class=\"card\""), method_registry_size);
    assert_int_equal(count(html, "<th scope=\"row\"><a href=\"#method-"), method_registry_size);
    const char *matrix = strstr(html, "id=\"capabilities\"");
    assert_non_null(matrix); /* as many headings as cells */
    assert_int_equal((count(matrix, "<th scope=\"col\"") - 1) * method_registry_size, count(matrix, "<td"));
    free(html);
    table_free(&table[0]);
    table_free(&table[1]);
}

/* Catches: gnuplot's own words on hover, white ground in the dark, ids of two figures that meet, a number in a text or a
 * colour of a method that is changed. */
static void drawn(void **state)
{
    (void)state;
    char *svg = NULL;
    size_t size = 0;
    FILE *f = open_memstream(&svg, &size);
    drawn_write(
        f,
        "<?xml?><svg viewBox=\"0 0 10 10\">\n<title>Gnuplot</title><desc>Produced</desc><rect fill=\"#ffffff\"/>"
        "<g color=\"black\" stroke-width=\"1.00\">\n</g><g stroke-width=\"2.00\" stroke-linecap=\"butt\"><a/></g>"
        "<g stroke=\"none\" fill=\"rgb(255,255,255)\"><a/></g><g fill=\"rgb(17,17,17)\"><a/></g>"
        "<g id=\"a\" fill='rgb( 68,  68,  68)' color=\"black\" stroke=\"#0072B2\"><title>$curves using 1:2</title>"
        "<use href='#a'/><path d='M1.00,2.25 L10.128,3.50'/><text>0.25 #ffffff</text></g></svg>",
        7);
    fclose(f);
    assert_string_equal(svg, "<svg viewBox=\"0 0 10 10\">\n<rect fill=\"var(--g8)\"/><g stroke-width=\"2\"><a/></g>"
                             "<g stroke=\"none\" fill=\"rgb(255,255,255)\"><a/></g><g fill=\"rgb(17,17,17)\"><a/></g>"
                             "<g id=\"f7-a\" fill='var(--g2)' color=\"var(--g0)\" stroke=\"#0072B2\"><use "
                             "href='#f7-a'/><path d='M1,2.2 L10.128,3.5'/><text>0.25 #ffffff</text></g></svg>");
    free(svg);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test_setup_teardown(bars, scratch_open, scratch_close),
                                       cmocka_unit_test(drawn)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

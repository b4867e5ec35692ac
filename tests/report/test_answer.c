/* The first screen, cards and figures as the page has them. */
/* precision: float */

#include "tests/scratch.h"

#include "core/arena.h"
#include "core/file.h"
#include "report/answer.h"
#include "report/cards.h"
#include "report/drawn.h"
#include "report/page.h"
#include "report/subject.h"
#include "tests/near.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

extern const char page_css[]; /* carried by the program */

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
    table_text(s, 7, "%s", strcmp(name, "Head only") == 0 ? "reference" : "article");
    table_number(s, 8, at, 2);
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
    table_column(s, "", "group", PROGRAMS, false);
    table_column(s, "", "forgetting", PROGRAMS, true);
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

/* A row says which boxes it answers, and a box parts the methods: some have it and some have not. */
static void boxes_part_the_methods(const char *matrix)
{
    assert_int_equal(count(matrix, "<tr data-has=\""), method_registry_size);
    const char *tick = strstr(matrix, "data-tick=\"");
    assert_non_null(tick);
    for (; tick; tick = strstr(tick + 1, "data-tick=\"")) {
        char *word = mem_text("%.*s ", (int)strcspn(tick + 11, "\""), tick + 11);
        int have = 0;
        for (const char *row = strstr(matrix, "data-has=\""); row; row = strstr(row + 1, "data-has=\"")) {
            const char *at = strstr(row, word);
            have += at && at < strchr(row + 10, '"');
        }
        assert_in_range(have, 1, method_registry_size - 1);
        free(word);
    }
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
    answer_write(f, &c, decision, "");
    fclose(f);
    assert_non_null(strstr(html, "Use &lt;AdaLoRA&gt;."));
    char *told = NULL;
    const struct chapter compared = {.id = (char *)"e",
                                     .margin = 0.01,
                                     .table = table,
                                     .tables = 2,
                                     .answer = (char *)"Use DoRA at rate 1e-2. Worse: <head>."};
    f = open_memstream(&told, &size);
    answer_write(f, &compared, decision, ""); /* one answer, not two that may differ */
    fclose(f);
    assert_non_null(
        strstr(told, "<p class=\"lead\">Use DoRA at rate 1e-2.</p>\n<p class=\"soft\">Worse: &lt;head&gt;.</p>"));
    assert_null(strstr(told, "Use &lt;AdaLoRA&gt;."));
    free(told);
    assert_int_equal(count(html, "class=\"bar up\""), 1);
    assert_int_equal(count(html, "class=\"bar down\""), 3); /* VeRA, the head, and DoRA on cola */
    assert_int_equal(count(html, "class=\"bar open\""), 1);
    assert_non_null(strstr(html, "aria-label=\"DoRA on cola: -3.0 [-4.0, -2.0] points, worse\""));
    assert_non_null(strstr(html, "aria-label=\"AdaLoRA, all tasks: +1.2 [+0.8, +1.6] points, better\""));
    assert_int_equal(count(html, "data-task=\"cola\" data-v=\"-3\" hidden"), 1);
    assert_int_equal(count(html, "<circle class=\"dot\""), 4); /* the head's is an arrow */
    const char *references = strstr(html, "<tbody data-group=\"reference\">"), *head = strstr(html, ">Head only</a>"),
               *article = strstr(html, "<tbody data-group=\"article\">"), *lora = strstr(html, ">LoRA</a>");
    assert_true(references && head && article && lora); /* the last row of the table is the first here */
    assert_true(references < head && head < article && article < lora);
    assert_int_equal(count(html, "<tbody"), 2);
    assert_int_equal(count(html, "<button type=\"button\" aria-pressed=\"false\" data-rows="), 2);
    assert_int_equal(count(html, "<option value=\"forgetting\""), 2);
    assert_int_equal(count(html, "<option value=\"score\""), 0); /* nobody knows it */
    assert_int_equal(count(html, "<tr data-forgetting=\""), 4);  /* LoRA has none */
    assert_string_equal(subject_of("VeRA with 1,152")->name, "vera");
    assert_string_equal(subject_of("LoRA+")->name, "lora_plus");
    assert_null(subject_of("LoRAs"));
    assert_string_equal(subject_of_claim("parameters: vera rank=16 / lora rank=16 between 0 and 1")->name, "vera");
    assert_string_equal(subject_of_claim("distance of r to that of LoRA: Full fine-tuning above 0")->name, "full");
    assert_null(subject_of_claim("times: 2"));
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
    boxes_part_the_methods(matrix);
    free(html);
    table_free(&table[0]);
    table_free(&table[1]);
}

/* Catches: gnuplot's own words on hover, white ground in the dark, ids of two figures that meet, a number in a text that is changed, a
 * colour of a method that is changed, or too dark for a dark page. */
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
        "<g id=\"a\" fill='rgb( 68,  68,  68)' color=\"black\" stroke=\"#C96A00\" fill=\"#332288\"><title>$curves "
        "using 1:2</title>"
        "<use href='#a'/><path d='M1.00,2.25 L10.128,3.50'/><text>0.25 #ffffff</text></g>"
        "<g><title>LoRA: 1.00</title><a/></g></svg>",
        7);
    fclose(f);
    assert_string_equal(svg, "<svg viewBox=\"0 0 10 10\">\n<rect fill=\"var(--g8)\"/><g stroke-width=\"2\"><a/></g>"
                             "<g stroke=\"none\" fill=\"rgb(255,255,255)\"><a/></g><g fill=\"rgb(17,17,17)\"><a/></g>"
                             "<g id=\"f7-a\" fill='var(--g2)' color=\"var(--g0)\" stroke=\"#C96A00\" "
                             "fill=\"light-dark(#332288,#9990c3)\"><use "
                             "href='#f7-a'/><path d='M1,2.2 L10.128,3.5'/><text>0.25 #ffffff</text></g><g><title>LoRA: "
                             "1.00</title><a/></g></svg>");
    free(svg);
}

static char *page(const char *name)
{
    return file_read(scratch_path(name), 1 << 20, NULL);
}

/* Catches: a page of an experiment that nothing leads to, links that hold only from the first page, an experiment written twice
 * or nowhere. */
static void pages(void **state)
{
    (void)state;
    struct table table[3];
    decide(&table[0]);
    by_task(&table[1]);
    decide(&table[2]);
    struct chapter c[2] = {
        {.id = "a", .title = "Title a", .question = "Why a?", .claim = "", .margin = 0.01, .table = table, .tables = 2},
        {.id = "b",
         .title = "Title b",
         .question = "Why b?",
         .claim = "",
         .margin = 0.01,
         .table = table + 2,
         .tables = 1},
    };
    FILE *made = fopen("/dev/null", "w");
    pages_write(scratch, c, 1, 5, made);
    char *first = page("report.html");
    assert_false(file_exists(scratch_path("pages/a.html")));
    assert_int_equal(count(first, "id=\"decision\""), 1);
    assert_int_equal(count(first, "id=\"table-a-matrix\""), 1);
    assert_non_null(strstr(first, "<a href=\"#experiment-a\">"));
    assert_non_null(strstr(first, "<a href=\"#method-adalora\">AdaLoRA</a>"));
    free(first);
    pages_write(scratch, c, 2, 5, made);
    fclose(made);
    first = page("report.html");
    char *a = page("pages/a.html"), *b = page("pages/b.html");
    assert_null(strstr(first, "table-a-matrix\">"));
    assert_non_null(strstr(first, "<a href=\"pages/a.html#experiment-a\">"));
    assert_non_null(strstr(first, "<a href=\"pages/b.html#experiment-b\">"));
    assert_non_null(strstr(a, "id=\"table-a-matrix\""));
    assert_non_null(strstr(a, "href=\"../tables/a-matrix.csv\""));
    assert_non_null(strstr(b, "<a href=\"../report.html#method-adalora\">AdaLoRA</a>"));
    assert_int_equal(count(b, "id=\"decision\""), 1); /* of its own */
    assert_null(strstr(b, "Why a?"));
    free(first);
    free(a);
    free(b);
    for (int i = 0; i < 3; i++)
        table_free(&table[i]);
}

/* The light of an 0xRRGGBB, as WCAG 2 has it: 0 is black, 1 white; lab gets its place in CIELAB. */
static double light(int color, double lab[3])
{
    double c[3], f[3];
    for (int i = 0; i < 3; i++) {
        const double v = (color >> (16 - 8 * i) & 255) / 255.0;
        c[i] = v <= 0.03928 ? v / 12.92 : pow((v + 0.055) / 1.055, 2.4);
    }
    const double xyz[3] = {(0.4124 * c[0] + 0.3576 * c[1] + 0.1805 * c[2]) / 0.95047,
                           0.2126 * c[0] + 0.7152 * c[1] + 0.0722 * c[2],
                           (0.0193 * c[0] + 0.1192 * c[1] + 0.9505 * c[2]) / 1.08883};
    for (int i = 0; i < 3; i++)
        f[i] = xyz[i] > 0.008856 ? cbrt(xyz[i]) : 7.787 * xyz[i] + 16 / 116.0;
    lab[0] = 116 * f[1] - 16, lab[1] = 500 * (f[0] - f[1]), lab[2] = 200 * (f[1] - f[2]);
    return xyz[1];
}

static double contrast(double a, double b)
{
    return (fmax(a, b) + 0.05) / (fmin(a, b) + 0.05);
}

/* Catches: a method of the article whose colour cannot be seen on white or on the dark page's panel, or is another's. Black
 * follows the page and is not asked about the dark. */
static void colors(void **state)
{
    (void)state;
    enum { WHITE = 0xffffff, PANEL = 0x1b1e23 };
    double a[3], b[3];
    assert_non_null(strstr(page_css, "--panel: #1b1e23;"));
    near(contrast(light(WHITE, a), light(0, b)), 21, 1e-6);
    for (int i = 0; i < method_registry_size; i++) {
        const struct method *m = method_registry[i];
        const int own = method_color(m);
        if (!m->claim)
            continue;
        if (contrast(light(own, a), light(WHITE, b)) < 3 || (own && contrast(light(own, a), light(PANEL, b)) < 3))
            fail_msg("%s: #%06x has too little contrast", m->name, (unsigned)own);
        for (int k = 0; k < i; k++) {
            const struct method *other = method_registry[k];
            light(method_color(other), b);
            const double apart = hypot(hypot(a[0] - b[0], a[1] - b[1]), a[2] - b[2]);
            if (other->claim && apart < 25) /* 2.3 can just be seen side by side */
                fail_msg("%s and %s are %.0f apart", m->name, other->name, apart);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test_setup_teardown(bars, scratch_open, scratch_close),
                                       cmocka_unit_test(drawn), cmocka_unit_test(colors),
                                       cmocka_unit_test_setup_teardown(pages, scratch_open, scratch_close)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

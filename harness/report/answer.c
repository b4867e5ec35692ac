/* Writing the first screen: a table that is complete without a script, and whose bars are small SVGs. */
#include "report/answer.h"

#include "analysis/words.h"
#include "core/arena.h"
#include "report/subject.h"
#include "table/write.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { WIDTH = 200, HEIGHT = 20, MIDDLE = WIDTH / 2, REACH = MIDDLE - 10 }; /* of a bar, in pixels */

static void put(FILE *f, const char *text)
{
    table_escape(TABLE_HTML, text, f);
}

const struct chapter *answer_of(const struct chapter *chapter, int chapters, const struct table **decision)
{
    for (int i = 0; i < chapters; i++)
        for (int k = 0; k < chapter[i].tables; k++) {
            const struct table *s = &chapter[i].table[k];
            if (table_find_column(s, "next_low") >= 0 && table_find_column(s, "when") >= 0) {
                *decision = s;
                return &chapter[i];
            }
        }
    return NULL;
}

/* Black and greys follow the page, which may be dark. */
void method_dot(FILE *f, const struct method *m)
{
    const unsigned c = (unsigned)method_color(m), red = c >> 16, green = c >> 8 & 255, blue = c & 255;
    char word[16];
    snprintf(word, sizeof word, "#%06x", c);
    fprintf(f,
            "<svg class=\"disc\" width=\"10\" height=\"10\" aria-hidden=\"true\"><circle cx=\"5\" cy=\"5\" r=\"5\" "
            "fill=\"%s\"/></svg> ",
            red != green || green != blue ? word
            : c                           ? "var(--soft)"
                                          : "currentColor");
}

/* ---- Bars ------------------------------------------------------------------------------------------------------ */

/* A difference with its interval, in points. */
struct bar {
    double at, low, high;
    const char *verdict;
};

static double number(const struct table *s, int row, int column)
{
    return column < 0 ? NAN : table_entry(s, row, column)->value;
}

/* Of three columns side by side: the difference and the ends of its interval, shares of a score. */
static struct bar bar_at(const struct table *s, int row, int column, const char *verdict)
{
    return (struct bar){100 * number(s, row, column), 100 * number(s, row, column + 1),
                        100 * number(s, row, column + 2), verdict};
}

/* Points at the ends of the axis: the least of these beyond which no more than a quarter of the bars reaches. */
static double axis_of(const struct table *s)
{
    static const double ends[] = {1, 2, 5, 10, 20, 50};
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        int beyond = 0;
        for (int r = 0; r < s->rows; r++) {
            const struct bar b = bar_at(s, r, table_find_column(s, "difference"), "");
            beyond += fmax(fabs(b.low), fabs(b.high)) > ends[i];
        }
        if (4 * beyond <= s->rows)
            return ends[i];
    }
    return 100;
}

static double across(double points, double axis)
{
    return MIDDLE + REACH * fmax(-1, fmin(1, points / axis));
}

/* Zero, and the margin on both sides of it. */
static void put_ground(FILE *f, double margin, double axis)
{
    const double left = across(-margin, axis);
    fprintf(f, "<rect class=\"margin\" x=\"%.1f\" width=\"%.1f\" height=\"%d\"/><path class=\"zero\" d=\"M%d 0v%d\"/>",
            left, 2 * (MIDDLE - left), HEIGHT, MIDDLE, HEIGHT);
}

/* What the axis shows of the interval as a line, with the difference on it, or an arrow where that lies beyond. */
static void put_mark(FILE *f, const struct bar *b, double axis)
{
    const double y = HEIGHT / 2.0;
    if (!isnan(b->low) && b->low < axis && b->high > -axis)
        fprintf(f, "<path class=\"span\" d=\"M%.1f %.1fH%.1f\"/>", across(b->low, axis), y, across(b->high, axis));
    if (fabs(b->at) > axis) {
        const double tip = b->at < 0 ? 2 : WIDTH - 2, back = b->at < 0 ? 10 : -10;
        fprintf(f, "<path class=\"dot\" d=\"M%.1f %.1fl%.1f -5v10z\"/>", tip, y, back);
        return;
    }
    fprintf(f, "<circle class=\"dot\" cx=\"%.1f\" cy=\"%.1f\" r=\"4\"/>", across(b->at, axis), y);
}

/* The bar of a task ("": all), which has its values on hover and for who reads with a screen reader or keyboard. */
static void put_bar(FILE *f, const char *name, const char *task, const struct bar *b, double margin, double axis)
{
    const bool better = !isnan(b->low) && b->low > 0, worse = !isnan(b->high) && b->high < 0;
    if (isnan(b->at))
        return;
    char *value = mem_text("%s%s%s", points_text(b->at / 100), isnan(b->low) ? "" : " ",
                           range_text(b->low / 100, b->high / 100, true));
    fprintf(f, "<span class=\"one\" data-task=\"");
    put(f, task);
    fprintf(f,
            "\" data-v=\"%.6g\"%s><svg class=\"bar %s\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\" role=\"img\" "
            "tabindex=\"0\" aria-label=\"",
            b->at, *task ? " hidden" : "",
            better  ? "up"
            : worse ? "down"
                    : "open",
            WIDTH, HEIGHT, WIDTH, HEIGHT);
    put(f, name);
    fprintf(f, *task ? " on " : ", all tasks");
    put(f, task);
    fprintf(f, ": %s points%s%s\">", value, *b->verdict ? ", " : "", b->verdict);
    put_ground(f, margin, axis);
    put_mark(f, b, axis);
    fputs("</svg><span class=\"tip\" aria-hidden=\"true\">", f);
    fprintf(f, "%s%s%s</span></span>", value, *b->verdict ? ", " : "", b->verdict);
    free(value);
}

/* The heading's axis: its ends and zero. */
static void put_axis(FILE *f, double axis)
{
    fprintf(f,
            "<svg class=\"axis\" width=\"%d\" height=\"14\" viewBox=\"0 0 %d 14\" aria-hidden=\"true\"><text x=\"2\" "
            "y=\"11\">−%g</text><text x=\"%d\" y=\"11\" text-anchor=\"middle\">LoRA</text><text x=\"%d\" y=\"11\" "
            "text-anchor=\"end\">+%g</text></svg>",
            WIDTH, WIDTH, axis, MIDDLE, WIDTH - 2, axis);
}

/* ---- The table ------------------------------------------------------------------------------------------------- */

static const struct table *matrix_of(const struct chapter *c)
{
    for (int i = 0; i < c->tables; i++)
        if (table_find_column(&c->table[i], "all") >= 0 && table_find_column(&c->table[i], "method") == 0)
            return &c->table[i];
    return NULL;
}

static int row_named(const struct table *s, const char *name)
{
    for (int i = 0; s && i < s->rows; i++)
        if (strcmp(table_words(s, i, 0), name) == 0)
            return i;
    return -1;
}

/* Columns of the matrix that are a task: those behind which stand its difference and interval. */
static bool is_task(const struct table *s, int column)
{
    char *low = mem_text("%s_low", s->column[column].name);
    const bool is = table_find_column(s, low) == column + 2;
    free(low);
    return is;
}

static void put_bars(FILE *f, const struct chapter *c, const struct table *s, int row, double axis)
{
    const struct table *m = matrix_of(c);
    const char *name = table_words(s, row, 0);
    const struct bar all =
        bar_at(s, row, table_find_column(s, "difference"), table_words(s, row, table_find_column(s, "verdict")));
    const int at = row_named(m, name);
    put_bar(f, name, "", &all, 100 * c->margin, axis);
    for (int k = 0; at >= 0 && k < m->columns; k++)
        if (is_task(m, k)) {
            const char *verdict = strchr(table_words(m, at, k), ' ');
            const struct bar one = bar_at(m, at, k + 1, verdict ? verdict + 1 : "");
            put_bar(f, name, m->column[k].name, &one, 100 * c->margin, axis);
        }
}

/* Columns that stand in the table itself: what readers read, but for the name, the difference and its verdict, which the
 * bar says. */
static bool in_cells(const struct table *s, int column)
{
    return column > 0 && s->column[column].audience != PROGRAMS && strcmp(s->column[column].name, "difference") != 0 &&
           strcmp(s->column[column].name, "verdict") != 0;
}

/* Which end of a column is the better one: "high" or "low"; NULL where none is. */
static const char *good(const struct table *s, int column)
{
    static const char *const high[] = {"like", "next", "one_off"};
    const char *name = s->column[column].name;
    if (!s->column[column].number || strcmp(name, "lr") == 0)
        return NULL;
    for (size_t i = 0; i < sizeof high / sizeof *high; i++)
        if (strcmp(name, high[i]) == 0)
            return "high";
    return "low";
}

/* What a cell is sorted and plotted by: differences and scores in points, as its words; of a prediction its lower end; failed
 * runs as a share. */
static double sorted_by(const struct table *s, int row, const char *name)
{
    static const char *const points[] = {"like", "next", "one_off", "score"};
    const bool next = strcmp(name, "next") == 0;
    double unit = 1;
    for (size_t i = 0; i < sizeof points / sizeof *points; i++)
        unit = strcmp(name, points[i]) == 0 ? 100 : unit;
    if (strcmp(name, "failed") == 0) /* of 40 runs, or of 80 */
        unit = 1 / number(s, row, table_find_column(s, "runs"));
    return unit * number(s, row, table_find_column(s, next ? "next_low" : name));
}

static void put_head(FILE *f, const struct table *s, double axis)
{
    fputs("<thead><tr><th scope=\"col\" data-col=\"method\">Method</th><th scope=\"col\" class=\"bars\" "
          "data-col=\"difference\" data-good=\"high\" data-title=\"Difference to LoRA, points\">Difference to LoRA, "
          "points",
          f);
    put_axis(f, axis);
    fputs("</th>", f);
    for (int k = 0; k < s->columns; k++)
        if (in_cells(s, k)) {
            fprintf(f, "<th scope=\"col\"%s data-col=\"%s\"", s->column[k].number ? " class=\"n\"" : "",
                    s->column[k].name);
            if (good(s, k))
                fprintf(f, " data-good=\"%s\"", good(s, k));
            if (strcmp(s->column[k].name, "next") == 0)
                fputs(" data-title=\"A new task may give, lower end\"", f);
            fputs(">", f);
            put(f, s->column[k].title);
            fputs("</th>", f);
        }
    fputs("</tr></thead>\n", f);
}

/* Columns for programs that the plot of two columns offers besides those of the table; what is good in them. */
static const struct {
    const char *name, *title, *good;
} more[] = {{"score", "Score x 100", "high"},
            {"trained", "Trained parameters, times LoRA’s", "low"},
            {"flops", "Operations of a step, times LoRA’s", "low"},
            {"forgetting", "Forgetting, nats", "low"}};
enum { MORE = sizeof more / sizeof *more };

static void put_row(FILE *f, const struct chapter *c, const struct table *s, int row, double axis, const char *first)
{
    const char *name = table_words(s, row, 0);
    const struct method *m = subject_of(name);
    fputs("<tr", f);
    for (int i = 0; i < MORE; i++) {
        const double v = sorted_by(s, row, more[i].name);
        if (!isnan(v))
            fprintf(f, " data-%s=\"%.6g\"", more[i].name, v);
    }
    fputs("><th scope=\"row\">", f);
    method_dot(f, m);
    if (m)
        fprintf(f, "<a href=\"%s#method-%s\">", first, m->name);
    put(f, name);
    fprintf(f, "%s</th><td class=\"bars\">", m ? "</a>" : "");
    put_bars(f, c, s, row, axis);
    fputs("</td>", f);
    for (int k = 0; k < s->columns; k++)
        if (in_cells(s, k)) {
            const double v = sorted_by(s, row, s->column[k].name);
            fprintf(f, "<td%s", s->column[k].number ? " class=\"n\"" : "");
            if (s->column[k].number && !isnan(v))
                fprintf(f, " data-v=\"%.6g\"", v);
            fputs(">", f);
            put(f, table_words(s, row, k));
            fputs("</td>", f);
        }
    fputs("</tr>\n", f);
}

/* Rows that belong together, as the table's column "group" says; "" is every row where there is none. */
static const struct {
    const char *name, *title;
} groups[] = {{"reference", "References"},
              {"article", "The article’s methods"},
              {"other", "Other methods"},
              {"control", "Controls"},
              {"", ""}};
enum { GROUPS = sizeof groups / sizeof *groups };

static int rows_in(const struct table *s, int group)
{
    const int column = table_find_column(s, "group");
    int n = 0;
    for (int i = 0; i < s->rows; i++)
        n += strcmp(table_words(s, i, column), groups[group].name) == 0;
    return n;
}

static void put_groups(FILE *f, const struct chapter *c, const struct table *s, double axis, const char *first)
{
    const int column = table_find_column(s, "group");
    int cells = 2;
    for (int k = 0; k < s->columns; k++)
        cells += in_cells(s, k);
    for (int g = 0; g < GROUPS; g++) {
        if (!rows_in(s, g))
            continue;
        fprintf(f, "<tbody data-group=\"%s\">\n", groups[g].name);
        if (*groups[g].title)
            fprintf(f, "<tr class=\"group\"><th scope=\"rowgroup\">%s</th><td colspan=\"%d\"></td></tr>\n",
                    groups[g].title, cells - 1);
        for (int i = 0; i < s->rows; i++)
            if (strcmp(table_words(s, i, column), groups[g].name) == 0)
                put_row(f, c, s, i, axis, first);
        fputs("</tbody>\n", f);
    }
}

static void put_button(FILE *f, const char *attribute, const char *value, const char *title)
{
    fprintf(f, "<button type=\"button\" aria-pressed=\"%s\" data-%s=\"", *value ? "false" : "true", attribute);
    put(f, value);
    fputs("\">", f);
    put(f, title);
    fputs("</button>", f);
}

/* Buttons and a search that the script shows; without it they stay hidden. */
static void put_controls(FILE *f, const struct chapter *c, const struct table *s)
{
    const struct table *m = matrix_of(c);
    fputs("<div class=\"controls\" hidden><div role=\"group\" aria-label=\"Task\">", f);
    put_button(f, "show", "", "all tasks");
    for (int k = 0; m && k < m->columns; k++)
        if (is_task(m, k))
            put_button(f, "show", m->column[k].name, m->column[k].name);
    fputs("</div><div role=\"group\" aria-label=\"Rows\">", f);
    put_button(f, "rows", "", "all rows");
    for (int g = 0; g < GROUPS; g++)
        if (*groups[g].name && rows_in(s, g))
            put_button(f, "rows", groups[g].name, groups[g].title);
    fputs("</div><label>Name <input type=\"search\" data-filter=\"#decision tbody tr:not(.group)\"></label><button "
          "type=\"button\" id=\"csv\">CSV of what is shown</button></div>\n",
          f);
}

static bool known(const struct table *s, const char *column)
{
    for (int i = 0; i < s->rows; i++)
        if (!isnan(number(s, i, table_find_column(s, column))))
            return true;
    return false;
}

/* The lists of the plot's columns. */
static void put_choice(FILE *f, const struct table *s, const char *id, const char *title)
{
    fprintf(f,
            "<label>%s <select id=\"%s\"><option value=\"difference\" data-good=\"high\">Difference to LoRA, "
            "points</option>",
            title, id);
    for (int k = 0; k < s->columns; k++)
        if (in_cells(s, k) && good(s, k)) {
            fprintf(f, "<option value=\"%s\" data-good=\"%s\">", s->column[k].name, good(s, k));
            put(f, s->column[k].title);
            fputs(strcmp(s->column[k].name, "next") == 0 ? ", lower end</option>" : "</option>", f);
        }
    for (int i = 0; i < MORE; i++)
        if (known(s, more[i].name) && !in_cells(s, table_find_column(s, more[i].name)))
            fprintf(f, "<option value=\"%s\" data-good=\"%s\">%s</option>", more[i].name, more[i].good, more[i].title);
    fputs("</select></label>", f);
}

/* What a comparison found: its first sentence large, the others below. */
static void put_answer(FILE *f, const char *answer)
{
    if (!answer)
        return;
    const char *end = strstr(answer, ". ");
    const size_t n = end ? (size_t)(end - answer) + 1 : strlen(answer);
    char *first = mem_text("%.*s", (int)n, answer);
    fputs("<p class=\"lead\">", f);
    put(f, first);
    fputs("</p>\n", f);
    if (end) {
        fputs("<p class=\"soft\">", f);
        put(f, end + 2);
        fputs("</p>\n", f);
    }
    free(first);
}

void answer_write(FILE *f, const struct chapter *c, const struct table *decision, const char *first)
{
    const double axis = axis_of(decision);
    put_answer(f, c->answer);
    const int skipped = c->answer != NULL; /* the first note says what to use, as the answer does */
    int first_fold = 0;                    /* which method, what LoRA loses and the rest come before */
    while (first_fold < decision->notes && strncmp(decision->note[first_fold], "Scale:", 6) != 0)
        first_fold++;
    for (int i = skipped; i < decision->notes; i++) {
        fputs(i == first_fold ? "<details><summary>Scale, and how sure this is</summary>\n" : "", f);
        fprintf(f, "<p class=\"%s\">", i ? "soft" : "lead");
        put(f, decision->note[i]);
        fputs("</p>\n", f);
    }
    fputs(decision->notes > first_fold ? "</details>\n" : "", f);
    put_controls(f, c, decision);
    fputs("<div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"Decision table\"><table "
          "id=\"decision\">",
          f);
    put_head(f, decision, axis);
    put_groups(f, c, decision, axis, first);
    fputs("</table></div>\n<p class=\"notes\">", f);
    put(f, decision->caption);
    fprintf(f,
            " Dot: the difference; line: its interval, green above zero and red below; band: the margin of %g point%s; "
            "an arrow: beyond the axis. A "
            "name leads to the method.</p>\n",
            100 * c->margin, plural(100 * c->margin));
    fputs("<div id=\"scatter\" hidden><h3>Any two columns against each other</h3><div class=\"controls\">", f);
    put_choice(f, decision, "across", "Across");
    put_choice(f, decision, "up", "Up");
    fputs("<label><input type=\"checkbox\" id=\"named\"> all names</label><button type=\"button\" id=\"plot-csv\">CSV "
          "of this "
          "plot</button></div><div id=\"plane\"></div><p class=\"soft\">Dashed: the front, what no other row that is "
          "shown beats in "
          "both. <span id=\"off\"></span></p></div>\n",
          f);
}

/* Writing a table as Markdown, CSV, LaTeX and HTML; what comes from files is escaped in each. */
#include "table/write.h"

#include "core/csv.h"
#include "core/option.h"

#include <math.h>
#include <string.h>

const char *const table_suffix[TABLE_FORMATS] = {"md", "csv", "tex", "html"};

/* ---- Escaping -------------------------------------------------------------------------------------------------- */

/* What a byte becomes in a format; NULL: itself. */
static const char *in_markdown(char c)
{
    switch (c) {
    case '|':
        return "\\|";
    case '<':
        return "&lt;";
    case '&':
        return "&amp;";
    case '*':
        return "\\*";
    case '_':
        return "\\_";
    case '`':
        return "\\`";
    case '\\':
        return "\\\\";
    default:
        return NULL;
    }
}

static const char *in_latex(char c)
{
    switch (c) {
    case '\\':
        return "\\textbackslash{}";
    case '{':
        return "\\{";
    case '}':
        return "\\}";
    case '$':
        return "\\$";
    case '&':
        return "\\&";
    case '#':
        return "\\#";
    case '_':
        return "\\_";
    case '%':
        return "\\%";
    case '^':
        return "\\textasciicircum{}";
    case '~':
        return "\\textasciitilde{}";
    case '<':
        return "\\textless{}";
    case '>':
        return "\\textgreater{}";
    default:
        return NULL;
    }
}

static const char *in_html(char c)
{
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    default:
        return NULL;
    }
}

/* Bytes of a character that stand for themselves everywhere but in LaTeX, which names them. */
static const struct {
    const char *utf8, *latex;
} symbols[] = {{"–", "--"}, {"×", "$\\times$"}, {"Δ", "$\\Delta$"}, {"≥", "$\\geq$"}, {"±", "$\\pm$"}};

void table_escape(enum table_format format, const char *text, FILE *out)
{
    if (format == TABLE_CSV) {
        csv_put(out, text);
        return;
    }
    for (const char *c = text; *c; c++) {
        const char *as = format == TABLE_MARKDOWN ? in_markdown(*c)
                         : format == TABLE_LATEX  ? in_latex(*c)
                                                  : in_html(*c);
        for (size_t i = 0; format == TABLE_LATEX && !as && i < sizeof symbols / sizeof *symbols; i++)
            if (strncmp(c, symbols[i].utf8, strlen(symbols[i].utf8)) == 0) {
                as = symbols[i].latex;
                c += strlen(symbols[i].utf8) - 1;
            }
        if (format == TABLE_MARKDOWN && c[0] == ']' && c[1] == '(') /* a link; intervals stay readable */
            as = "\\]";
        if (as)
            fputs(as, out);
        else
            fputc(*c == '\n' || *c == '\r' || *c == '\t' ? ' ' : *c, out);
    }
}

/* ---- Formats --------------------------------------------------------------------------------------------------- */

static bool shown(const struct table *s, int column)
{
    return s->column[column].audience != PROGRAMS;
}

static void write_markdown(const struct table *s, FILE *out)
{
    fputc('|', out);
    for (int c = 0; c < s->columns; c++)
        if (shown(s, c)) {
            fputc(' ', out);
            table_escape(TABLE_MARKDOWN, s->column[c].title, out);
            fputs(" |", out);
        }
    fputs("\n|", out);
    for (int c = 0; c < s->columns; c++)
        if (shown(s, c))
            fputs(s->column[c].number ? "---:|" : "---|", out);
    fputc('\n', out);
    for (int r = 0; r < s->rows; r++) {
        fputc('|', out);
        for (int c = 0; c < s->columns; c++)
            if (shown(s, c)) {
                fputc(' ', out);
                table_escape(TABLE_MARKDOWN, table_words(s, r, c), out);
                fputs(" |", out);
            }
        fputc('\n', out);
    }
    fputs("\n*", out);
    table_escape(TABLE_MARKDOWN, s->caption, out);
    fputs("*\n", out);
    for (int i = 0; i < s->notes; i++) {
        fputs(i ? "- " : "\n- ", out);
        table_escape(TABLE_MARKDOWN, s->note[i], out);
        fputc('\n', out);
    }
}

/* As short as it can be read back; 40 and not 4e+01, which not every program takes for an integer. */
static void number_text(double v, char *text, size_t size)
{
    if (fabs(v) < 1e15 && v == rint(v))
        snprintf(text, size, "%.0f", v == 0 ? 0 : v);
    else
        option_real_text(v, text, size);
}

static void write_csv(const struct table *s, FILE *out)
{
    char number[64];
    for (int r = -1; r < s->rows; r++) {
        bool first = true;
        for (int c = 0; c < s->columns; c++) {
            if (s->column[c].audience == READERS)
                continue;
            if (!first)
                fputc(',', out);
            first = false;
            if (r < 0)
                csv_put(out, s->column[c].name);
            else if (!s->column[c].number)
                csv_put(out, table_words(s, r, c));
            else if (!isnan(table_entry(s, r, c)->value)) {
                number_text(table_entry(s, r, c)->value, number, sizeof number);
                fputs(number, out);
            }
        }
        fputc('\n', out);
    }
}

static void write_latex(const struct table *s, FILE *out)
{
    fputs("% needs \\usepackage{booktabs}\n\\begin{table}\n\\centering\\small\n\\begin{tabular}{", out);
    for (int c = 0; c < s->columns; c++)
        if (shown(s, c))
            fputc(s->column[c].number ? 'r' : 'l', out);
    fputs("}\n\\toprule\n", out);
    for (int r = -1; r < s->rows; r++) {
        const char *between = "";
        for (int c = 0; c < s->columns; c++)
            if (shown(s, c)) {
                fputs(between, out);
                table_escape(TABLE_LATEX, r < 0 ? s->column[c].title : table_words(s, r, c), out);
                between = " & ";
            }
        fputs(r < 0 ? " \\\\\n\\midrule\n" : " \\\\\n", out);
    }
    fputs("\\bottomrule\n\\end{tabular}\n\\caption{", out);
    table_escape(TABLE_LATEX, s->caption, out);
    for (int i = 0; i < s->notes; i++) {
        fputc(' ', out);
        table_escape(TABLE_LATEX, s->note[i], out);
    }
    fprintf(out, "}\n\\label{tab:%s-%s}\n\\end{table}\n", s->id, s->name);
}

/* The class of a tile that is a verdict, or a number and a verdict, for its colour: the word stands in it as well. */
static const char *tone(const char *text)
{
    static const char *const ends[][2] = {{"equivalent", "equivalent"}, {"not better", "lean"}, {"not worse", "lean"},
                                          {"better", "better"},         {"worse", "worse"},     {"undecided", "open"}};
    const char *word = strchr("+-0123456789", *text) ? strchr(text, ' ') : text;
    word = word && word != text ? word + 1 : word;
    for (size_t i = 0; word && i < sizeof ends / sizeof *ends; i++)
        if (strcmp(word, ends[i][0]) == 0)
            return ends[i][1];
    return NULL;
}

static void write_html(const struct table *s, FILE *out)
{
    fputs("<div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"", out);
    table_escape(TABLE_HTML, s->name, out);
    fputs("\"><table>\n", out);
    for (int r = -1; r < s->rows; r++) {
        fputs(r < 0 ? "<thead><tr>" : "<tr>", out);
        for (int c = 0; c < s->columns; c++)
            if (shown(s, c)) {
                const char *tile = r < 0 ? NULL : tone(table_words(s, r, c));
                fprintf(out, "<%s", r < 0 ? "th scope=\"col\"" : "td");
                if (tile || s->column[c].number)
                    fprintf(out, " class=\"%s%s%s\"", s->column[c].number ? "n" : "",
                            tile && s->column[c].number ? " " : "", tile ? tile : "");
                fputc('>', out);
                table_escape(TABLE_HTML, r < 0 ? s->column[c].title : table_words(s, r, c), out);
                fputs(r < 0 ? "</th>" : "</td>", out);
            }
        fputs(r < 0 ? "</tr></thead>\n<tbody>\n" : "</tr>\n", out);
    }
    fputs("</tbody></table></div>\n", out);
    if (*s->caption) { /* below the part that is moved sideways, so that it is as wide as the screen */
        fputs("<p class=\"notes\">", out);
        table_escape(TABLE_HTML, s->caption, out);
        fputs("</p>\n", out);
    }
    if (s->notes)
        fputs("<ul class=\"notes\">\n", out);
    for (int i = 0; i < s->notes; i++) {
        fputs("<li>", out);
        table_escape(TABLE_HTML, s->note[i], out);
        fputs("</li>\n", out);
    }
    if (s->notes)
        fputs("</ul>\n", out);
}

void table_write(const struct table *s, enum table_format format, FILE *out)
{
    void (*const writers[TABLE_FORMATS])(const struct table *, FILE *) = {write_markdown, write_csv, write_latex,
                                                                          write_html};
    writers[format](s, out);
}

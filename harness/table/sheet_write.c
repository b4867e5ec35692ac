/* Writing a table as Markdown, CSV, LaTeX and HTML; what comes from files is escaped in each. */
#include "table/sheet.h"

#include "core/option.h"

#include <math.h>
#include <string.h>

const char *const sheet_suffix[SHEET_FORMATS] = {"md", "csv", "tex", "html"};

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

/* RFC 4180, and a leading = + - @ is not left for a spreadsheet to run. */
static void csv_field(const char *text, FILE *out)
{
    bool formula = *text && strchr("=+-@", *text), quote = formula || strpbrk(text, ",\"\r\n");
    if (quote)
        fputs(formula ? "\"'" : "\"", out);
    for (const char *c = text; *c; c++) {
        if (*c == '"')
            fputc('"', out);
        fputc(*c, out);
    }
    if (quote)
        fputc('"', out);
}

/* Bytes of a character that stand for themselves everywhere but in LaTeX, which names them. */
static const struct {
    const char *utf8, *latex;
} symbols[] = {{"–", "--"}, {"×", "$\\times$"}, {"Δ", "$\\Delta$"}, {"≥", "$\\geq$"}, {"±", "$\\pm$"}};

void sheet_escape(enum sheet_format format, const char *text, FILE *out)
{
    if (format == SHEET_CSV) {
        csv_field(text, out);
        return;
    }
    for (const char *c = text; *c; c++) {
        const char *as = format == SHEET_MARKDOWN ? in_markdown(*c)
                         : format == SHEET_LATEX  ? in_latex(*c)
                                                  : in_html(*c);
        for (size_t i = 0; format == SHEET_LATEX && !as && i < sizeof symbols / sizeof *symbols; i++)
            if (strncmp(c, symbols[i].utf8, strlen(symbols[i].utf8)) == 0) {
                as = symbols[i].latex;
                c += strlen(symbols[i].utf8) - 1;
            }
        if (format == SHEET_MARKDOWN && c[0] == ']' && c[1] == '(') /* a link; intervals stay readable */
            as = "\\]";
        if (as)
            fputs(as, out);
        else
            fputc(*c == '\n' || *c == '\r' || *c == '\t' ? ' ' : *c, out);
    }
}

/* ---- Formats --------------------------------------------------------------------------------------------------- */

static bool shown(const struct sheet *s, int column)
{
    return s->column[column].audience != PROGRAMS;
}

static const char *text_of(const struct sheet *s, int row, int column)
{
    const char *text = sheet_entry(s, row, column)->text;
    return text ? text : "";
}

static void write_markdown(const struct sheet *s, FILE *out)
{
    fputc('|', out);
    for (int c = 0; c < s->columns; c++)
        if (shown(s, c)) {
            fputc(' ', out);
            sheet_escape(SHEET_MARKDOWN, s->column[c].title, out);
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
                sheet_escape(SHEET_MARKDOWN, text_of(s, r, c), out);
                fputs(" |", out);
            }
        fputc('\n', out);
    }
    fputs("\n*", out);
    sheet_escape(SHEET_MARKDOWN, s->caption, out);
    fputs("*\n", out);
    for (int i = 0; i < s->notes; i++) {
        fputs(i ? "- " : "\n- ", out);
        sheet_escape(SHEET_MARKDOWN, s->note[i], out);
        fputc('\n', out);
    }
}

static void write_csv(const struct sheet *s, FILE *out)
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
                csv_field(s->column[c].name, out);
            else if (!s->column[c].number)
                csv_field(text_of(s, r, c), out);
            else if (!isnan(sheet_entry(s, r, c)->value)) {
                option_real_text(sheet_entry(s, r, c)->value, number, sizeof number);
                fputs(number, out);
            }
        }
        fputc('\n', out);
    }
}

static void write_latex(const struct sheet *s, FILE *out)
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
                sheet_escape(SHEET_LATEX, r < 0 ? s->column[c].title : text_of(s, r, c), out);
                between = " & ";
            }
        fputs(r < 0 ? " \\\\\n\\midrule\n" : " \\\\\n", out);
    }
    fputs("\\bottomrule\n\\end{tabular}\n\\caption{", out);
    sheet_escape(SHEET_LATEX, s->caption, out);
    for (int i = 0; i < s->notes; i++) {
        fputc(' ', out);
        sheet_escape(SHEET_LATEX, s->note[i], out);
    }
    fprintf(out, "}\n\\label{tab:%s-%s}\n\\end{table}\n", s->id, s->name);
}

static void write_html(const struct sheet *s, FILE *out)
{
    fputs("<div class=\"wide\"><table>\n<caption>", out);
    sheet_escape(SHEET_HTML, s->caption, out);
    fputs("</caption>\n", out);
    for (int r = -1; r < s->rows; r++) {
        fputs(r < 0 ? "<thead><tr>" : "<tr>", out);
        for (int c = 0; c < s->columns; c++)
            if (shown(s, c)) {
                fprintf(out, "<%s%s>", r < 0 ? "th scope=\"col\"" : "td", s->column[c].number ? " class=\"n\"" : "");
                sheet_escape(SHEET_HTML, r < 0 ? s->column[c].title : text_of(s, r, c), out);
                fputs(r < 0 ? "</th>" : "</td>", out);
            }
        fputs(r < 0 ? "</tr></thead>\n<tbody>\n" : "</tr>\n", out);
    }
    fputs("</tbody></table></div>\n", out);
    if (s->notes)
        fputs("<ul class=\"notes\">\n", out);
    for (int i = 0; i < s->notes; i++) {
        fputs("<li>", out);
        sheet_escape(SHEET_HTML, s->note[i], out);
        fputs("</li>\n", out);
    }
    if (s->notes)
        fputs("</ul>\n", out);
}

void sheet_write(const struct sheet *s, enum sheet_format format, FILE *out)
{
    void (*const writers[SHEET_FORMATS])(const struct sheet *, FILE *) = {write_markdown, write_csv, write_latex,
                                                                          write_html};
    writers[format](s, out);
}

/* Writing report.html. */
#include "report/page.h"

#include "analysis/claims.h"
#include "core/arena.h"
#include "core/file.h"
#include "report/answer.h"
#include "report/cards.h"
#include "report/drawn.h"
#include "table/write.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* page.css and page.js, carried by the program. */
extern const char page_css[], page_js[];

static const char *const head = "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                                "<meta name=\"viewport\" content=\"width=device-width, "
                                "initial-scale=1\">\n<title>peftlab report</title>\n<style>\n";

static void put(FILE *f, const char *text)
{
    table_escape(TABLE_HTML, text, f);
}

static void put_svg(FILE *f, const char *path, int number)
{
    if (!file_exists(path))
        return;
    char *text = file_read(path, 64 << 20, NULL);
    drawn_write(f, text, number);
    free(text);
}

/* Whether a figure is of the family of the one before it: the same for another task, or a closer look. */
static bool same_family(const struct gallery *g, int i)
{
    const size_t n = i ? strcspn(g->drawing[i].name, "-") : 0;
    return n && n == strcspn(g->drawing[i - 1].name, "-") &&
           strncmp(g->drawing[i].name, g->drawing[i - 1].name, n) == 0;
}

static void put_item(FILE *f, const char *name, const char *value)
{
    if (!value || !*value)
        return;
    fputs("<dt>", f);
    put(f, name);
    fputs("</dt><dd>", f);
    put(f, value);
    fputs("</dd>\n", f);
}

static void put_provenance(FILE *f, const struct chapter *c)
{
    const struct provenance *p = &c->from;
    char *runs = mem_text("%d reported, %d of the search; %d missing, %d failed, %d diverged, %d collapsed",
                          p->reported, p->search, p->missing, p->failed, p->diverged, p->collapsed);
    fputs("<h3>Where these numbers come from</h3>\n<dl>\n", f);
    put_item(f, "runs", runs);
    if (p->listed) {
        char *listed =
            mem_text("%d of these runs are taken from a list of runs; their records are elsewhere", p->listed);
        put_item(f, "listed", listed);
        free(listed);
    }
    put_item(f, "commits", p->commits);
    if (p->dirty)
        put_item(f, "warning", "some runs were made by a program with uncommitted changes");
    put_item(f, "BLAS kernels", p->cores);
    put_item(f, "compilers", p->compilers);
    for (int i = 0; i < c->skips; i++)
        put_item(f, "not shown", c->skipped[i]);
    fputs("</dl>\n", f);
    free(runs);
}

/* Rows above which a table waits behind a line to be opened, and above which the page has a link to its file. */
enum { ROWS_SHOWN = 60, ROWS_INLINE = 120 };

static void put_table(FILE *f, const struct chapter *c, const struct table *s)
{
    bool folded = s->rows > ROWS_SHOWN;
    fprintf(f, "<h3 id=\"table-%s-%s\">Table: ", c->id, s->name);
    put(f, s->name);
    fputs("</h3>\n", f);
    if (s->rows > ROWS_INLINE) {
        fprintf(f, "<p><a href=\"tables/%s-%s.csv\">%d rows as CSV</a>: ", c->id, s->name, s->rows);
        put(f, s->caption);
        fputs("</p>\n", f);
        return;
    }
    if (folded)
        fprintf(f, "<details><summary>%d rows</summary>\n", s->rows);
    table_write(s, TABLE_HTML, f);
    fputs(folded ? "</details>\n" : "", f);
}

enum { BYTES_INLINE = 400000 }; /* of a figure's file: a larger one would be half of the page */

/* The first of a family is drawn; the others, and figures of very many marks, are a link to their file, so that the page
 * stays small. */
static void put_figure(FILE *f, const char *figures, const struct chapter *c, int i, int number)
{
    const struct drawing *d = &c->gallery.drawing[i];
    struct stat info;
    char *path = mem_text("%s/%s-%s.svg", figures, c->id, d->name);
    fprintf(f, "<figure id=\"figure-%s-%s\" role=\"group\" aria-label=\"", c->id, d->name);
    put(f, d->title);
    fputs("\">\n", f);
    if (same_family(&c->gallery, i) || (stat(path, &info) == 0 && info.st_size > BYTES_INLINE)) {
        fprintf(f, "<p><a href=\"figures/%s-%s.svg\">", c->id, d->name);
        put(f, d->title);
        fputs("</a></p>", f);
    } else {
        fputs("<div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"Figure\">", f);
        put_svg(f, path, number);
        fputs("</div>", f);
    }
    if (!same_family(&c->gallery, i) || strcmp(d->caption, c->gallery.drawing[i - 1].caption) != 0) {
        fputs("\n<figcaption>", f);
        put(f, d->caption);
        fputs("</figcaption>", f);
    }
    fputs("\n</figure>\n", f);
    free(path);
}

static void put_chapter(FILE *f, const char *figures, const struct chapter *c, int *number)
{
    fprintf(f, "<h2 id=\"experiment-%s\">", c->id);
    put(f, c->title);
    fputs("</h2>\n<p class=\"question\">", f);
    put(f, c->question);
    fputs("</p>\n", f);
    if (*c->claim) {
        fputs("<p class=\"soft\">Claim: ", f);
        put(f, c->claim);
        fputs("</p>\n", f);
    }
    if (c->answer) {
        fputs("<p class=\"answer\">", f);
        put(f, c->answer);
        fputs("</p>\n", f);
    }
    for (int i = 0; i < c->tables; i++)
        put_table(f, c, &c->table[i]);
    fputs(c->film ? c->film : "", f);
    for (int i = 0; i < c->gallery.n; i++)
        put_figure(f, figures, c, i, (*number)++);
    put_provenance(f, c);
}

/* "5 confirmed, 3 refuted, 2 undecided", with a link to the table; nothing when the chapter has no claims. */
static void put_verdicts(FILE *f, const struct chapter *c)
{
    for (int i = 0; i < c->tables; i++) {
        const struct table *s = &c->table[i];
        int verdict = table_find_column(s, "verdict"), count[3] = {0};
        if (verdict < 0 || table_find_column(s, "rule") < 0)
            continue;
        for (int k = 0; k < s->rows; k++)
            for (int v = 0; v < 3; v++)
                count[v] += strncmp(table_entry(s, k, verdict)->text, claim_verdict_names[v],
                                    strlen(claim_verdict_names[v])) == 0;
        fprintf(f, "<a href=\"#table-%s-%s\">%d confirmed, %d refuted, %d undecided</a>", c->id, s->name,
                count[VERDICT_CONFIRMED], count[VERDICT_REFUTED], count[VERDICT_UNDECIDED]);
    }
}

/* What was asked, what there is to see, and what each figure shows in its own words. */
static void put_summary(FILE *f, const struct chapter *chapter, int chapters)
{
    fputs("<h2 id=\"summary\">Summary</h2>\n<div class=\"wide\"><table><thead><tr><th scope=\"col\">Experiment</th><th "
          "scope=\"col\">Question</th><th scope=\"col\" class=\"n\">Runs</th><th scope=\"col\" "
          "class=\"n\">Missing</th><th scope=\"col\">Claims</th></tr></thead><tbody>\n",
          f);
    for (int i = 0; i < chapters; i++) {
        const struct chapter *c = &chapter[i];
        fprintf(f, "<tr><td><a href=\"#experiment-%s\">%s</a></td><td>", c->id, c->id);
        put(f, c->question);
        fprintf(f, "</td><td class=\"n\">%d</td><td class=\"n\">%d</td><td>", c->from.reported + c->from.search,
                c->from.missing + c->from.failed);
        put_verdicts(f, c);
        fputs("</td></tr>\n", f);
    }
    fputs("</tbody></table></div>\n<h3>What the figures show</h3>\n<ul class=\"seen\">\n", f);
    for (int i = 0; i < chapters; i++)
        for (int k = 0; k < chapter[i].gallery.n; k++) {
            const struct drawing *d = &chapter[i].gallery.drawing[k];
            fprintf(f, "<li><a href=\"#figure-%s-%s\">", chapter[i].id, d->name);
            put(f, d->title);
            fputs("</a></li>\n", f);
        }
    fputs("</ul>\n", f);
}

void page_write(const char *path, const char *figures, const struct chapter *chapter, int chapters, int runs)
{
    struct file_out out;
    int tables = 0, drawings = 0, number = 0;
    file_begin(&out, path);
    FILE *f = out.stream;
    for (int i = 0; i < chapters; i++) {
        tables += chapter[i].tables;
        drawings += chapter[i].gallery.n;
    }
    fprintf(f, "%s%s</style>\n</head>\n<body>\n", head, page_css);
    fprintf(f,
            "<h1>peftlab report</h1>\n<p>%d runs, %d experiments, %d tables, %d figures. Every number is generated "
            "from the runs listed in <code>runs.csv</code>.</p>\n<nav><a href=\"#summary\">Summary</a>",
            runs, chapters, tables, drawings);
    for (int i = 0; i < chapters; i++) {
        fprintf(f, "<a href=\"#experiment-%s\">", chapter[i].id);
        put(f, chapter[i].title);
        fputs("</a>", f);
    }
    fputs("<a href=\"#methods\">Methods</a><a href=\"#capabilities\">What methods can do</a></nav>\n", f);
    const struct table *decision = NULL;
    const struct chapter *first = answer_of(chapter, chapters, &decision);
    if (first)
        answer_write(f, first, decision);
    put_summary(f, chapter, chapters);
    for (int i = 0; i < chapters; i++)
        put_chapter(f, figures, &chapter[i], &number);
    cards_write(f, chapter, chapters);
    capabilities_write(f);
    fprintf(f, "<script>\n%s</script>\n</body>\n</html>\n", page_js);
    file_commit(&out);
}

/* Writing the pages: the first one, which answers and leads to the others, and one per experiment. */
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

static void put(FILE *f, const char *text)
{
    table_escape(TABLE_HTML, text, f);
}

static void put_start(FILE *f, const char *title)
{
    fputs("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" "
          "content=\"width=device-width, initial-scale=1\">\n<title>",
          f);
    put(f, title);
    fprintf(f, "</title>\n<style>\n%s</style>\n</head>\n<body>\n", page_css);
}

static void put_end(FILE *f)
{
    fprintf(f, "<script>\n%s</script>\n</body>\n</html>\n", page_js);
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
    put_item(f, "made earlier, with the records", c->borrowed);
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

/* Where a page stands: how its links lead to the folder of the results and to the first page. */
struct place {
    const char *up, *first;
    const char *figures; /* the folder that has the SVGs */
};

/* Rows above which a table waits behind a line to be opened, and above which the page has a link to its file. */
enum { ROWS_SHOWN = 60, ROWS_INLINE = 120 };

static void put_table(FILE *f, const struct chapter *c, const struct table *s, const struct place *at)
{
    fprintf(f, "<h3 id=\"table-%s-%s\">Table: ", c->id, s->name);
    put(f, s->name);
    fprintf(f, " <a class=\"csv\" href=\"%stables/%s-%s.csv\">CSV</a></h3>\n", at->up, c->id, s->name);
    if (s->rows > ROWS_INLINE) {
        fprintf(f, "<p>%d rows, in the file: ", s->rows);
        put(f, s->caption);
        fputs("</p>\n", f);
        return;
    }
    if (s->rows > ROWS_SHOWN)
        fprintf(f, "<details><summary>%d rows</summary>\n", s->rows);
    table_write(s, TABLE_HTML, f);
    fputs(s->rows > ROWS_SHOWN ? "</details>\n" : "", f);
}

enum { BYTES_INLINE = 400000, BYTES_FOLDED = 60000 }; /* of a figure's file: a larger one would be half of the page */

/* The first of a family is drawn, the others wait behind a line to be opened; figures of very many marks are a link to their file,
 * so that the page stays small. */
static void put_figure(FILE *f, const struct chapter *c, int i, const struct place *at)
{
    const struct drawing *d = &c->gallery.drawing[i];
    const bool more = same_family(&c->gallery, i);
    struct stat info;
    char *path = mem_text("%s/%s-%s.svg", at->figures, c->id, d->name);
    const bool large = stat(path, &info) == 0 && info.st_size > (more ? BYTES_FOLDED : BYTES_INLINE);
    fprintf(f, "<figure id=\"figure-%s-%s\" role=\"group\" aria-label=\"", c->id, d->name);
    put(f, d->title);
    fputs(more && !large ? "\">\n<details><summary>" : "\">\n<h3>", f);
    if (large)
        fprintf(f, "<a href=\"%sfigures/%s-%s.svg\">", at->up, c->id, d->name);
    put(f, d->title);
    fputs(large ? "</a></h3>\n" : more ? "</summary>\n" : "</h3>\n", f);
    fputs(d->html ? d->html : "", f);
    if (!large) {
        fputs("<div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"Figure\">", f);
        put_svg(f, path, i);
        fputs("</div>\n", f);
    }
    fputs(more && !large ? "</details>\n" : "", f);
    if (!more || strcmp(d->caption, c->gallery.drawing[i - 1].caption) != 0) {
        fputs("<figcaption>", f);
        put(f, d->caption);
        fputs("</figcaption>\n", f);
    }
    fputs("</figure>\n", f);
    free(path);
}

/* A list of what the chapter's figures show, in their own words. */
static void put_seen(FILE *f, const struct chapter *c)
{
    if (!c->gallery.n)
        return;
    fputs("<ul class=\"seen\">\n", f);
    for (int k = 0; k < c->gallery.n; k++) {
        fprintf(f, "<li><a href=\"#figure-%s-%s\">", c->id, c->gallery.drawing[k].name);
        put(f, c->gallery.drawing[k].title);
        fputs("</a></li>\n", f);
    }
    fputs("</ul>\n", f);
}

static void put_sentence(FILE *f, const char *before, const char *text)
{
    if (!text || !*text)
        return;
    fputs(before, f);
    put(f, text);
    fputs("</p>\n", f);
}

/* An experiment: its question, its decision, what its figures show, its other tables, its figures, where they come from. */
static void put_chapter(FILE *f, const struct chapter *c, const struct place *at, bool decided)
{
    const struct table *decision = NULL;
    const bool decides = answer_of(c, 1, &decision) != NULL;
    put_sentence(f, "<p class=\"question\">", c->question);
    put_sentence(f, "<p class=\"soft\">Claim: ", c->claim);
    put_sentence(f, "<p class=\"answer\">", c->answer);
    if (decides && !decided)
        answer_write(f, c, decision, at->first);
    put_seen(f, c);
    for (int i = 0; i < c->tables; i++)
        if (&c->table[i] != decision)
            put_table(f, c, &c->table[i], at);
    for (int i = 0; i < c->gallery.n; i++)
        put_figure(f, c, i, at);
    put_provenance(f, c);
}

/* "5 confirmed, 3 refuted, 2 undecided", with a link to the table; nothing when the chapter has no claims. */
static void put_verdicts(FILE *f, const struct chapter *c, int chapters)
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
        chapter_link(f, c, chapters, "table", s->name);
        fprintf(f, "%d confirmed, %d refuted, %d undecided</a>", count[VERDICT_CONFIRMED], count[VERDICT_REFUTED],
                count[VERDICT_UNDECIDED]);
    }
}

/* The first note of the chapter's decision, else its first figure's title: what came out, in one line. */
static const char *found(const struct chapter *c)
{
    const struct table *decision = NULL;
    return c->answer                                       ? c->answer
           : answer_of(c, 1, &decision) && decision->notes ? decision->note[0]
           : c->gallery.n                                  ? c->gallery.drawing[0].title
                                                           : "";
}

/* What was asked, what came out, and how many runs are behind it. */
static void put_summary(FILE *f, const struct chapter *chapter, int chapters)
{
    fputs("<h2 id=\"summary\">Experiments</h2>\n<div class=\"wide\" tabindex=\"0\" role=\"region\" "
          "aria-label=\"Experiments\"><table><thead><tr><th "
          "scope=\"col\">Experiment</th><th "
          "scope=\"col\">Question</th><th scope=\"col\">What came out</th><th scope=\"col\" class=\"n\">Runs</th><th "
          "scope=\"col\" class=\"n\">Missing or failed</th><th scope=\"col\">Claims</th></tr></thead><tbody>\n",
          f);
    for (int i = 0; i < chapters; i++) {
        const struct chapter *c = &chapter[i];
        fputs("<tr><th scope=\"row\">", f);
        chapter_link(f, c, chapters, "experiment", "");
        put(f, c->id);
        fputs("</a></th><td>", f);
        put(f, c->question);
        fputs("</td><td>", f);
        put(f, found(c));
        fprintf(f, "</td><td class=\"n\">%d</td><td class=\"n\">%d</td><td>", c->from.reported + c->from.search,
                c->from.missing + c->from.failed);
        put_verdicts(f, c, chapters);
        fputs("</td></tr>\n", f);
    }
    fputs("</tbody></table></div>\n", f);
}

/* The page of one experiment among several. */
static void write_chapter(const char *results, const struct chapter *c)
{
    struct file_out out;
    char *path = mem_text("%s/pages/%s.html", results, c->id), *figures = mem_text("%s/figures", results);
    file_begin(&out, path);
    put_start(out.stream, c->title);
    fprintf(out.stream, "<nav><a href=\"../report.html\">All experiments</a></nav>\n<h1 id=\"experiment-%s\">", c->id);
    put(out.stream, c->title);
    fputs("</h1>\n", out.stream);
    put_chapter(out.stream, c, &(struct place){"../", "../report.html", figures}, false);
    put_end(out.stream);
    file_commit(&out);
    free(path);
    free(figures);
}

/* The first page: the answer of the first experiment that has one, all experiments, all methods; and the experiment itself
 * when there is but one. */
static void write_first(const char *results, const struct chapter *chapter, int chapters, int runs)
{
    struct file_out out;
    char *path = mem_text("%s/report.html", results), *figures = mem_text("%s/figures", results);
    file_begin(&out, path);
    FILE *f = out.stream;
    const char *title = chapters == 1 ? chapter->title : "peftlab report";
    put_start(f, title);
    fputs("<h1>", f);
    put(f, title);
    fprintf(f,
            "</h1>\n<p>%d runs of %d experiment%s. Every number is generated from the runs listed in "
            "<code>runs.csv</code>.</p>\n<nav><a href=\"#summary\">Experiments</a>",
            runs, chapters, chapters == 1 ? "" : "s");
    for (int i = 0; i < chapters; i++) {
        chapter_link(f, &chapter[i], chapters, "experiment", "");
        put(f, chapter[i].id);
        fputs("</a>", f);
    }
    fputs("<a href=\"#methods\">Methods</a><a href=\"#capabilities\">What methods can do</a></nav>\n", f);
    const struct table *decision = NULL;
    const struct chapter *first = answer_of(chapter, chapters, &decision);
    if (first)
        answer_write(f, first, decision, "");
    put_summary(f, chapter, chapters);
    if (chapters == 1) {
        fprintf(f, "<h2 id=\"experiment-%s\">Tables and figures</h2>\n", chapter->id);
        put_chapter(f, chapter, &(struct place){"", "", figures}, true);
    }
    cards_write(f, chapter, chapters);
    capabilities_write(f);
    put_end(f);
    file_commit(&out);
    free(path);
    free(figures);
}

void pages_write(const char *results, const struct chapter *chapter, int chapters, int runs, FILE *made)
{
    write_first(results, chapter, chapters, runs);
    fprintf(made, "%s/report.html\n", results);
    if (chapters < 2)
        return;
    char *pages = mem_text("%s/pages", results);
    folder_make(pages);
    for (int i = 0; i < chapters; i++) {
        write_chapter(results, &chapter[i]);
        fprintf(made, "%s/%s.html\n", pages, chapter[i].id);
    }
    free(pages);
}

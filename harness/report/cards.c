/* Writing cards of methods and the matrix of what they can do. */
#include "report/cards.h"

#include "core/arena.h"
#include "report/answer.h"
#include "report/subject.h"
#include "table/write.h"
#include "tune/peft.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static void put(FILE *f, const char *text)
{
    table_escape(TABLE_HTML, text, f);
}

static void put_item(FILE *f, const char *name, const char *value)
{
    if (!value || !*value)
        return;
    fprintf(f, "<dt>%s</dt><dd>", name);
    put(f, value);
    fputs("</dd>\n", f);
}

static bool of_name(char c)
{
    return isalnum((unsigned char)c) || c == '+' || c == '-';
}

/* Whether a text has a method's title as a word of its own: "LoRA" is not in "LoRA+". */
static bool names(const char *text, const char *title)
{
    const size_t n = strlen(title);
    for (const char *p = strstr(text, title); p; p = strstr(p + 1, title))
        if ((p == text || !of_name(p[-1])) && !of_name(p[n]))
            return true;
    return false;
}

static const char *words(const struct table *s, int row, const char *column)
{
    return table_words(s, row, table_find_column(s, column));
}

/* Rows of tables of claims that are about the method. */
static void put_claims(FILE *f, const struct method *m, const struct chapter *c)
{
    for (int i = 0; i < c->tables; i++) {
        const struct table *s = &c->table[i];
        if (table_find_column(s, "verdict") < 0 || table_find_column(s, "rule") < 0)
            continue;
        for (int k = 0; k < s->rows; k++) {
            if (subject_of_claim(words(s, k, "rule")) != m)
                continue;
            char *said = mem_text("%s: %s (%s)", words(s, k, "claim"), words(s, k, "verdict"), c->id);
            put_item(f, "claim", said);
            free(said);
        }
    }
}

static void put_found(FILE *f, const struct method *m, const struct table *decision)
{
    for (int k = 0; decision && k < decision->rows; k++)
        if (subject_of(words(decision, k, "method")) == m) {
            const char *difference = words(decision, k, "difference");
            char *found = mem_text("%s: %s%s%s%s", words(decision, k, "method"), difference,
                                   *difference ? " points to LoRA, " : "", words(decision, k, "verdict"),
                                   *words(decision, k, "verdict") ? "; " : "");
            char *all = mem_text("%s%s", found, words(decision, k, "when"));
            put_item(f, "found", all);
            free(all);
            free(found);
        }
}

static void put_figures(FILE *f, const struct method *m, const struct chapter *c, int chapters)
{
    for (int k = 0; k < c->gallery.n; k++) {
        const struct drawing *d = &c->gallery.drawing[k];
        if (!names(d->title, m->title))
            continue;
        fputs("<dt>figure</dt><dd>", f);
        chapter_link(f, c, chapters, "figure", d->name);
        put(f, d->title);
        fputs("</a></dd>\n", f);
    }
}

static void put_card(FILE *f, const struct method *m, const struct chapter *chapter, int chapters,
                     const struct table *decision)
{
    fprintf(f, "<details class=\"card\" id=\"method-%s\"><summary>", m->name);
    method_dot(f, m);
    put(f, m->title);
    fputs("</summary>\n<dl>\n<dt>equation</dt><dd><code>", f);
    put(f, m->equation ? m->equation : "");
    fputs("</code></dd>\n", f);
    put_item(f, "source", m->cite);
    put_item(f, "the article", m->claim);
    for (int i = 0; i < chapters; i++)
        put_claims(f, m, &chapter[i]);
    put_found(f, m, decision);
    for (int i = 0; i < chapters; i++)
        put_figures(f, m, &chapter[i], chapters);
    put_item(f, "exported as", peft_type(m->peft) ? m->peft->type : "merged weights");
    fprintf(f, "<dt>file</dt><dd><code>methods/%s.c</code></dd>\n", m->name);
    if (m->claim)
        fprintf(f, "<dt>page of the course</dt><dd><code>docs/teach/%s.md</code></dd>\n", m->name);
    fputs("</dl></details>\n", f);
}

void cards_write(FILE *f, const struct chapter *chapter, int chapters)
{
    const struct table *decision = NULL;
    answer_of(chapter, chapters, &decision);
    fputs("<h2 id=\"methods\">Methods</h2>\n<div class=\"controls\" hidden><label>Name <input type=\"search\" "
          "data-filter=\".card\"></label></div>\n",
          f);
    for (int others = 0; others < 2; others++) { /* the article's come first */
        fputs(others ? "<h3>Others</h3>\n<div class=\"cards\">\n" : "<div class=\"cards\">\n", f);
        for (int i = 0; i < method_registry_size; i++)
            if ((method_registry[i]->claim == NULL) == others)
                put_card(f, method_registry[i], chapter, chapters, decision);
        fputs("</div>\n", f);
    }
}

/* ---- What methods can do --------------------------------------------------------------------------------------- */

/* What a method declares to the laws, in words; some declare more with certain options. */
static void put_declared(FILE *f, const struct method *m)
{
    static const struct {
        enum declared bit;
        const char *words;
    } said[] = {
        {NO_DROPOUT, "no dropout"}, {NO_FORMULA, "no published count"}, {SEES_SIZE, "sees the size of B and A"}};
    const char *between = "";
    for (size_t i = 0; i < sizeof said / sizeof *said; i++)
        if (m->declares & said[i].bit) {
            fprintf(f, "%s%s", between, said[i].words);
            between = ", ";
        }
    fputs(*between ? "" : "none", f);
}

static const char *start(const struct method *m)
{
    return m->declares & STARTS_ELSEWHERE                    ? "no"
           : (m->declares & STARTS_NEAR) || m->start_tol > 0 ? "up to rounding"
                                                             : "bit by bit";
}

/* What the rows can be chosen by: each has a box to be ticked, and a row names those that its method has. */
static bool begins_at_base(const struct method *m)
{
    return !(m->declares & STARTS_ELSEWHERE);
}

static bool has_rank(const struct method *m)
{
    return !m->no_rank;
}

static bool leaves_base(const struct method *m)
{
    return !(m->facts & MOVES_BASE);
}

static bool exported_to_peft(const struct method *m)
{
    return peft_type(m->peft);
}

static bool without_exception(const struct method *m)
{
    return !(m->declares & (NO_DROPOUT | NO_FORMULA | SEES_SIZE));
}

static const struct {
    const char *word, *title;
    bool (*has)(const struct method *m);
} trait[] = {{"start", "step 0 is the base", begins_at_base},
             {"rank", "sized by a rank", has_rank},
             {"still", "base stays as it is", leaves_base},
             {"peft", "exported to PEFT", exported_to_peft},
             {"plain", "no exception declared", without_exception}};
enum { TRAITS = sizeof trait / sizeof *trait };

/* A search and the boxes, which the script shows; without it the table is whole. */
static void put_choices(FILE *f)
{
    fputs("<div class=\"controls\" hidden><label>Name <input type=\"search\" data-filter=\"#can tbody tr\"></label>"
          "<div role=\"group\" aria-label=\"Only methods of which this is true\">",
          f);
    for (int i = 0; i < TRAITS; i++)
        fprintf(f, "<label><input type=\"checkbox\" data-tick=\"%s\"> %s</label>", trait[i].word, trait[i].title);
    fputs("</div><output id=\"can-shown\" aria-live=\"polite\"></output></div>\n", f);
}

static void put_capability(FILE *f, const struct method *m)
{
    const char *targets = m->targets ? m->targets : "q,v";
    fputs("<tr data-has=\"", f);
    for (int i = 0; i < TRAITS; i++)
        if (trait[i].has(m))
            fprintf(f, "%s ", trait[i].word);
    fputs("\"><th scope=\"row\">", f);
    fprintf(f, "<a href=\"#method-%s\">", m->name);
    put(f, m->title);
    fprintf(f, "</a></th><td>%s</td><td>%s</td><td class=\"n\">%d</td><td>%s</td><td>%s</td><td>%s</td><td>", start(m),
            m->no_rank ? "none" : "rank", m->phases ? m->phases : 1, *targets ? targets : "none",
            m->facts & MOVES_BASE ? "yes" : "no", peft_type(m->peft) ? m->peft->type : "merged weights");
    put_declared(f, m);
    fputs("</td></tr>\n", f);
}

void capabilities_write(FILE *f)
{
    static const char *const head[] = {"Method",
                                       "Step 0 is the base",
                                       "Knob of a budget",
                                       "Phases",
                                       "Targets, unless told",
                                       "Base moves in training",
                                       "Exported as",
                                       "Exceptions declared to the laws"};
    fputs("<h2 id=\"capabilities\">What methods can do</h2>\n", f);
    put_choices(f);
    fputs("<div class=\"wide\" tabindex=\"0\" role=\"region\" "
          "aria-label=\"What methods can do\"><table id=\"can\"><caption>From the registry. Every method merges into a "
          "plain "
          "model of the base's shape, which a law checks.</caption><thead><tr>",
          f);
    for (size_t i = 0; i < sizeof head / sizeof *head; i++)
        fprintf(f, "<th scope=\"col\">%s</th>", head[i]);
    fputs("</tr></thead><tbody>\n", f);
    for (int i = 0; i < method_registry_size; i++)
        put_capability(f, method_registry[i]);
    fputs("</tbody></table></div>\n", f);
}

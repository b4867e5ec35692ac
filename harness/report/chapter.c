/* What chapters share. */
#include "report/chapter.h"

#include <stdlib.h>

void chapter_link(FILE *f, const struct chapter *c, int chapters, const char *what, const char *name)
{
    if (chapters > 1)
        fprintf(f, "<a href=\"pages/%s.html", c->id);
    else
        fputs("<a href=\"", f);
    fprintf(f, "#%s-%s%s%s\">", what, c->id, *name ? "-" : "", name);
}

void chapter_free(struct chapter *c)
{
    for (int i = 0; i < c->tables; i++)
        table_free(&c->table[i]);
    for (int i = 0; i < c->skips; i++)
        free(c->skipped[i]);
    gallery_free(&c->gallery);
    free(c->table);
    free(c->skipped);
    free(c->id);
    free(c->title);
    free(c->question);
    free(c->claim);
    free(c->answer);
    free(c->borrowed);
    free(c->from.bases);
    free(c->from.data);
    free(c->from.commits);
    free(c->from.cores);
    free(c->from.compilers);
}

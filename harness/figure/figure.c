/* What figures share: look-up, the task or tasks that each shows, names, and the gallery of what was drawn. */
#include "figure/figure.h"

#include "core/arena.h"
#include "core/die.h"
#include "core/file.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const struct figure_kind *figure_find(const char *kind)
{
    char all[512] = "";
    for (int i = 0; i < figure_registry_size; i++) {
        const struct figure_kind *k = figure_registry[i];
        if (strcmp(kind, k->name) == 0 || (k->alias && strcmp(kind, k->alias) == 0))
            return k;
        snprintf(all + strlen(all), sizeof all - strlen(all), "%s%s", i ? ", " : "", k->name);
    }
    die(EXIT_USAGE, "no kind of figure is called \"%.40s\"; there are %s", kind, all);
}

bool figure_draw(const struct figure_kind *k, struct gallery *to, const struct groups *g, const struct display *d)
{
    const char *task[TASKS_MOST];
    int tasks = groups_tasks(g, d, task), step = k->per_task ? 1 : tasks;
    bool drawn = false;
    for (int i = 0; i < tasks; i += step) {
        char *name = figure_name(d, task[i], k->per_task ? tasks : 1);
        drawn |= k->draw(&(struct scene){to, g, d, task + i, step, name});
        free(name);
    }
    return drawn;
}

/* Breaks a caption into lines that fit below a figure. */
static char *wrapped(const char *text, int width)
{
    char *out = mem_text("%s", text);
    int column = 0, blank = -1;
    for (int i = 0; out[i]; i++) {
        if (out[i] == ' ')
            blank = i;
        column += ((unsigned char)out[i] & 0xc0) != 0x80;
        if (column > width && blank >= 0) {
            out[blank] = '\n';
            column = i - blank;
            blank = -1;
        }
    }
    return out;
}

void gallery_add(struct gallery *g, struct plot *p, char *title, char *caption)
{
    int letters = 0;
    for (const char *c = title; *c; c++)
        letters += (*c & 0xC0) != 0x80;      /* of UTF-8 */
    const int least = 20 + letters * 27 / 2; /* the title is one line of letters of 13.5 points */
    p->width = p->width < least ? least : p->width;
    char *lines = wrapped(caption, p->width * 10 / 78);
    int count = 1;
    for (const char *c = lines; *c; c++)
        count += *c == '\n';
    plot_text(p, "figure_title", "%s", title);
    plot_text(p, "figure_caption", "%s", lines);
    plot_number(p, "caption_lines", count);
    plot_number(p, "figure_width", p->width);
    plot_number(p, "figure_height", p->height);
    plot_draw(p, g->folder);
    PUSH(g->drawing, g->n) = (struct drawing){mem_text("%s", p->name), title, caption, NULL};
    free(lines);
}

void gallery_play(struct gallery *g, char *html)
{
    struct drawing *d = &g->drawing[g->n - 1];
    struct file_out out;
    char *path = mem_text("%s/%s-%s.html", g->folder, g->id, d->name);
    d->html = html;
    if (html) {
        file_begin(&out, path);
        file_write(&out, html, strlen(html));
        file_commit(&out);
    } else
        unlink(path);
    free(path);
}

void gallery_free(struct gallery *g)
{
    for (int i = 0; i < g->n; i++) {
        free(g->drawing[i].name);
        free(g->drawing[i].title);
        free(g->drawing[i].caption);
        free(g->drawing[i].html);
    }
    free(g->drawing);
    *g = (struct gallery){0};
}

void plot_legend_room(struct plot *p, int lines)
{
    enum { TITLE_AND_CAPTION = 190, LINE = 22 }; /* pixels */
    p->height = p->height < TITLE_AND_CAPTION + LINE * lines ? TITLE_AND_CAPTION + LINE * lines : p->height;
}

bool scene_shows(const struct scene *s, const char *task)
{
    for (int t = 0; t < s->tasks; t++)
        if (strcmp(s->task[t], task) == 0)
            return true;
    return false;
}

char *figure_name(const struct display *d, const char *task, int tasks)
{
    char *name = tasks > 1 ? mem_text("%s-%s", d->name, task) : mem_text("%s", d->name);
    for (char *c = name; *c; c++)
        if (!isalnum((unsigned char)*c) && *c != '-' && *c != '_')
            *c = '-';
    return name;
}

int sequence_color(int i, int n)
{
    static const int stop[][3] = {{68, 1, 84}, {59, 82, 139}, {33, 145, 140}, {94, 201, 98}, {237, 205, 30}};
    double at = n > 1 ? 4.0 * i / (n - 1) : 0;
    int k = at >= 4 ? 3 : (int)at, color = 0;
    for (int c = 0; c < 3; c++)
        color = color * 256 + (int)lround(stop[k][c] + (at - k) * (stop[k + 1][c] - stop[k][c]));
    return color;
}

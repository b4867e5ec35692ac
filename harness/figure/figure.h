/* A kind of figure that an experiment may ask for: one file of this folder that exports one struct, and a script of plots/.
 *
 *     [figure NAME]
 *     kind = direction        without it the kind is called like the figure
 *     grids = methods         the grids that are read, for every kind; all, unless given
 *     task = cola             the tasks that are shown, for every kind; all, unless given
 *     methods = full lora     and the keys that the kind reads; another key is refused
 *
 * `peftlab list figures` prints all kinds with their keys. docs/add-a-figure.md shows how one is added. */
#ifndef FIGURE_FIGURE_H
#define FIGURE_FIGURE_H

#include "analysis/interval.h"
#include "analysis/series.h"
#include "analysis/words.h"
#include "figure/plot.h"

struct drawing {
    char *name, *title, *caption; /* files are <folder>/<id>-<name>.{svg,png,dat} */
    char *html;                   /* what the page shows above it, also <id>-<name>.html; NULL: nothing more */
};
struct gallery {
    const char *folder, *id;
    struct drawing *drawing;
    int n;
};
/* Draws p, which must have its data, and keeps it. The title says what is seen, the caption n and kind of interval:
 * texts of mem_text, which the gallery frees. */
void gallery_add(struct gallery *g, struct plot *p, char *title, char *caption);
/* Gives the drawing that was added last something that moves, a text of mem_text or NULL, and writes it beside its files. */
void gallery_play(struct gallery *g, char *html);
void gallery_free(struct gallery *g);

/* What a kind is asked to draw. */
struct scene {
    struct gallery *to;
    const struct groups *g;
    const struct display *d;
    const char *const *task; /* those that the display shows; at least one, and just one where the kind is per task */
    int tasks;
    const char *name; /* of the files, for plot_open */
};
/* Makes the picture at least as high as a legend of so many lines beside its panels. */
void plot_legend_room(struct plot *p, int lines);
/* Whether a task is among those that the display shows. */
bool scene_shows(const struct scene *s, const char *task);
struct figure_kind {
    const char *name;                    /* as `kind =` has it, and as its file and its script are called */
    const char *alias;                   /* what old experiment files call it: "f1"; NULL: nothing else */
    const char *title;                   /* what it shows, in a few words */
    const char *help;                    /* a sentence or two: how it is read, what it needs */
    const char *keys;                    /* the keys that it reads besides `grids` and `task`, blanks between them */
    const char *absent;                  /* why there is no figure when `draw` finds nothing to draw */
    bool per_task;                       /* a figure for each task, instead of one for all */
    bool (*draw)(const struct scene *s); /* false: there is nothing to draw */
};
#define FIGURE_KEYS "grids task" /* what every kind reads */
/* All kinds (scripts/registry), ends with NULL. */
extern const struct figure_kind *const figure_registry[];
extern const int figure_registry_size;
/* By name or alias. Dies with EXIT_USAGE naming all kinds when there is none such. */
const struct figure_kind *figure_find(const char *kind);
/* Draws the figure of a display, or one for each task; false when there was nothing to draw. */
bool figure_draw(const struct figure_kind *k, struct gallery *to, const struct groups *g, const struct display *d);

/* "NAME" or "NAME-task" when more than one task is shown; for file names, so nothing but letters, digits, - and _. */
char *figure_name(const struct display *d, const char *task, int tasks);
/* A colour between dark blue and yellow for layer i of n (viridis). */
int sequence_color(int i, int n);

#endif

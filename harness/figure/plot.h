/* Figures through gnuplot's pipe: data and words first, then a script of plots/ that draws them; SVG, PNG and .dat. */
#ifndef FIGURE_PLOT_H
#define FIGURE_PLOT_H

#include <stdbool.h>
#include <stdio.h>

/* What a script gets: variables and datablocks ($name). A block has one row per line; a gap ends a series, so that
 * `$name index i` is the i-th. Nothing from data can be a command: words pass a list of harmless characters. */
struct plot {
    char *script, *id, *name; /* script: file of plots/ */
    char *commands, *data;    /* what gnuplot reads; what the .dat holds */
    size_t commands_size, data_size;
    FILE *command, *dat;
    char *block;
    int fields, rows;  /* of the row and of the series so far */
    int width, height; /* points; 1000 x 640 unless set */
};

void plot_open(struct plot *p, const char *script, const char *id, const char *name);
void plot_close(struct plot *p);
void plot_text(struct plot *p, const char *variable, const char *format, ...) __attribute__((format(printf, 3, 4)));
void plot_number(struct plot *p, const char *variable, double value);
/* The i-th of a family: title_0, title_1, ... */
void plot_text_i(struct plot *p, const char *family, int i, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
void plot_number_i(struct plot *p, const char *family, int i, double value);
/* label_i, color_i and mark_i of a series that stands for a method. */
struct method;
void plot_style(struct plot *p, int i, const char *label, const struct method *m);
/* Opens datablock $name; `columns` is a comment for the .dat. The last one is closed by the next or by plot_draw. */
void plot_block(struct plot *p, const char *name, const char *columns);
void plot_put(struct plot *p, double value); /* one field; NaN is a missing value */
void plot_word(struct plot *p, const char *text);
void plot_line(struct plot *p); /* ends the row */
/* A whole row of numbers: PLOT_ROW(p, place, estimate, low, high). */
void plot_numbers(struct plot *p, const double *value, int n);
#define PLOT_ROW(p, ...) \
    plot_numbers(p, (const double[]){__VA_ARGS__}, (int)(sizeof(const double[]){__VA_ARGS__} / sizeof(double)))
void plot_gap(struct plot *p); /* ends the series; one without rows gets a row of missing values, so that it counts */

/* Writes <folder>/<id>-<name>.{dat,svg,png}, each whole or not at all; without a PNG terminal the last is left out, with a
 * warning. Dies with EXIT_MISSING when gnuplot, its SVG terminal or the script is missing, or when gnuplot refuses the script (its first complaint is in the message); with
 * EXIT_USAGE when a path holds a line break, which gnuplot would take for the end of a command. */
void plot_draw(struct plot *p, const char *folder);

/* The colour (0xRRGGBB) and mark of a method, in every figure whose series are methods. */
int method_color(const struct method *m);
int method_mark(const struct method *m);

#endif

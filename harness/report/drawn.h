/* A figure of gnuplot's as part of the page: colours that follow light and dark, nothing of the plotting program's own. */
#ifndef REPORT_DRAWN_H
#define REPORT_DRAWN_H

#include <stdio.h>

/* Writes an SVG's text from its <svg> on. Ids get the prefix "f<number>-"; <desc> and gnuplot's own <title> go, which would show on
 * hover, and what a mark says of itself stays; greys become the page's --g0 (ink) to --g8 (the figure's ground); coordinates keep a
 * tenth of a pixel; what holds nothing or says a default is left out. */
void drawn_write(FILE *f, const char *text, int number);

#endif

/* Colour on a terminal: for what is in order and for what is not. */
#ifndef CLI_COLOR_H
#define CLI_COLOR_H

/* What switches standard output to green, to red, and back; "" off a terminal, where NO_COLOR is set and not empty
 * (no-color.org), and on a terminal that is dumb. */
const char *color_good(void), *color_bad(void), *color_off(void);

#endif

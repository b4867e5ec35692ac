/* Rewriting an SVG for the page in one pass over its text. */
#include "report/drawn.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { GREYS = 8, DARK = 90 };

static bool starts(const char *p, const char *word)
{
    return strncmp(p, word, strlen(word)) == 0;
}

/* Behind an element of this name that begins at p; p itself when another begins there. */
static const char *behind(const char *p, const char *open, const char *close)
{
    const char *end = starts(p, open) ? strstr(p, close) : NULL;
    return end ? end + strlen(close) : p;
}

/* Characters up to which an id or a reference to one leads: the prefix belongs there. 0: there is none. */
static size_t reference(const char *p)
{
    static const char *const marks[] = {"id='", "id=\"", "url(#", "href='#", "href=\"#"};
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
        if (starts(p, marks[i]))
            return strlen(marks[i]);
    return 0;
}

/* The red, green and blue of a colour and how many characters it has: #rrggbb, rgb(r, g, b), black or white; 0: none. */
static size_t color_at(const char *p, int rgb[3])
{
    int n = 0;
    if (*p == '#' && strspn(p + 1, "0123456789abcdefABCDEF") == 6 &&
        sscanf(p + 1, "%2x%2x%2x", (unsigned *)&rgb[0], (unsigned *)&rgb[1], (unsigned *)&rgb[2]) == 3)
        return 7;
    if (sscanf(p, "rgb(%d,%d,%d)%n", &rgb[0], &rgb[1], &rgb[2], &n) == 3 && n)
        return (size_t)n;
    rgb[0] = rgb[1] = rgb[2] = starts(p, "white") ? 255 : 0;
    return starts(p, "white") || starts(p, "black") ? 5 : 0;
}

/* 0 to 255, as the eye has it. */
static double brightness(const int rgb[3])
{
    return 0.299 * rgb[0] + 0.587 * rgb[1] + 0.114 * rgb[2];
}

/* A whole value in quotes that is a grey becomes one of the page's; a dark colour gets a lighter twin. Words on a coloured tile of a map are #111 or white,
 * whichever can be read there: they stay. Returns the characters read. */
static size_t put_color(FILE *f, const char *p, bool words)
{
    int rgb[3];
    const size_t n = color_at(p, rgb);
    if (!n || (p[n] != '"' && p[n] != '\'') || rgb[0] == 0x11 || (words && rgb[0] == 255))
        return 0;
    if (rgb[0] == rgb[1] && rgb[1] == rgb[2])
        fprintf(f, "var(--g%d)", (rgb[0] * GREYS + 127) / 255);
    else if (!words && brightness(rgb) < DARK) /* on a dark page it is mixed with white */
        fprintf(f, "light-dark(#%02x%02x%02x,#%02x%02x%02x)", rgb[0], rgb[1], rgb[2], (rgb[0] + 255) / 2,
                (rgb[1] + 255) / 2, (rgb[2] + 255) / 2);
    else
        return 0;
    return n;
}

/* A number with two decimals keeps one, or none where that is 0. Returns the characters read. */
static size_t put_number(FILE *f, const char *p)
{
    const size_t whole = strspn(p, "0123456789");
    if (!whole || p[whole] != '.' || strspn(p + whole + 1, "0123456789") != 2)
        return 0;
    char word[32];
    snprintf(word, sizeof word, "%.1f", strtod(p, NULL));
    char *zero = strstr(word, ".0");
    fprintf(f, "%.*s", zero ? (int)(zero - word) : (int)strlen(word), word);
    return whole + 3;
}

/* Attributes that say what holds without them: defaults of SVG, and the font, which the page gives. */
static size_t needless(const char *p)
{
    static const char *const said[] = {" stroke-linecap=\"butt\"", " stroke-linejoin=\"miter\"",
                                       " stroke-width=\"1.00\"", " font-family=\"DejaVu Sans\""};
    for (size_t i = 0; i < sizeof said / sizeof *said; i++)
        if (starts(p, said[i]))
            return strlen(said[i]);
    return 0;
}

/* Behind a group that begins at p and holds nothing; p itself when another thing begins there. */
static const char *behind_empty(const char *p)
{
    const char *end = starts(p, "<g ") ? strchr(p, '>') : NULL;
    const char *next = end ? end + 1 + strspn(end + 1, " \t\r\n") : p;
    return end && starts(next, "</g>") ? next + 4 : p;
}

void drawn_write(FILE *f, const char *text, int number)
{
    const char *p = strstr(text, "<svg");
    bool in_tag = false, words = false; /* words: of a tag without a stroke */
    while (p && *p) {
        const bool own = p - text > 3 && starts(p - 3, "<g><title>"); /* what a mark says (figure/plot.c): it stays */
        const char *next = own ? p : behind_empty(behind(behind(p, "<title>", "</title>"), "<desc>", "</desc>"));
        size_t step = reference(p);
        next += in_tag && next == p ? needless(p) : 0;
        if (next != p) {
            p = next;
            continue;
        }
        if (step) {
            fprintf(f, "%.*sf%d-", (int)step, p, number);
            p += step;
            continue;
        }
        in_tag = *p == '<' || (in_tag && *p != '>');
        words = *p != '<' && (words || starts(p, "stroke=\"none\""));
        const char before = p[-1];
        if (in_tag && (before == '"' || before == '\''))
            step = put_color(f, p, words);
        if (in_tag && !step && !isdigit((unsigned char)before) && before != '.')
            step = put_number(f, p);
        if (in_tag && !step && isspace((unsigned char)*p)) { /* one blank where there are several */
            step = strspn(p, " \t\r\n");
            fputc(' ', f);
        }
        if (!step)
            fputc(*p, f);
        p += step ? step : 1;
    }
}

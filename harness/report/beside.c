/* Taking tables and figures from beside a list of runs. */
#include "report/beside.h"

#include "core/arena.h"
#include "core/csv_file.h"
#include "core/die.h"
#include "core/file.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { MOST = 64 << 20 }; /* bytes of a file */

char *beside_folder(const char *list, const char *results)
{
    struct stat here, there;
    if (!list)
        return NULL;
    const char *slash = strrchr(list, '/');
    char *folder = slash ? mem_text("%.*s", (int)(slash - list), list) : mem_text(".");
    if (stat(folder, &there) == 0 && stat(results, &here) == 0 && here.st_ino == there.st_ino &&
        here.st_dev == there.st_dev) {
        free(folder);
        return NULL;
    }
    return folder;
}

/* ---- Tables ---------------------------------------------------------------------------------------------------- */

/* The next cell of a row "| a | b |", with what table_escape made harmless as it was; NULL behind the last. For free(). */
static char *next_cell(const char **at)
{
    const char *p = *at;
    if (p[0] != '|' || p[1] != ' ')
        return NULL;
    char *text = mem_alloc(strlen(p)), *to = text;
    for (p += 2; *p && strncmp(p, " |", 2) != 0; p++)
        if (*p == '\\' && p[1])
            *to++ = *++p;
        else if (strncmp(p, "&lt;", 4) == 0)
            *to++ = '<', p += 3;
        else if (strncmp(p, "&amp;", 5) == 0)
            *to++ = '&', p += 4;
        else
            *to++ = *p;
    *to = '\0';
    *at = *p ? p + 1 : p;
    return text;
}

/* A sentence between `open` and the end of the line less `close` characters, unescaped as a cell is; "" where the line is
 * shorter. For free(). */
static char *sentence(const char *line, size_t open, size_t close)
{
    const size_t n = strlen(line);
    char *row = mem_text("| %.*s |", n > open + close ? (int)(n - open - close) : 0, n > open ? line + open : "");
    const char *at = row;
    char *text = next_cell(&at);
    free(row);
    return text;
}

static void put_columns(struct table *s, const char *titles, const char *rule, const struct csv_file *csv)
{
    for (char *title; (title = next_cell(&titles)); free(title)) {
        rule += strspn(rule, "|");
        const size_t n = strcspn(rule, "|");
        table_column(s, title, "", READERS, n && rule[n - 1] == ':');
        rule += n;
    }
    for (int k = 0; k < csv->fields[0]; k++)
        table_column(s, "", csv->row[0][k], PROGRAMS, false);
}

static void put_row(struct table *s, const char *line, const struct csv_file *csv)
{
    int k = 0;
    table_row(s);
    for (char *cell; (cell = next_cell(&line)); free(cell))
        if (k < s->columns - csv->fields[0])
            table_text(s, k++, "%s", cell);
    for (int c = 0; k < s->columns; c++)
        table_text(s, k++, "%s", csv_file_text(csv, s->rows - 1, c));
}

/* A kind that found no run to show may have left its columns and its caption, which are not those of the file. */
static void start_again(struct table *s)
{
    struct table left = *s;
    table_open(s, left.id, left.name);
    table_free(&left);
}

bool beside_table(const char *folder, struct table *s)
{
    if (!folder)
        return false;
    char *md = mem_text("%s/tables/%s-%s.md", folder, s->id, s->name),
         *path = mem_text("%s/tables/%s-%s.csv", folder, s->id, s->name);
    const bool there = file_exists(md) && file_exists(path);
    if (there) {
        struct csv_file csv;
        csv_file_read(&csv, path);
        start_again(s);
        char *text = file_read(md, MOST, NULL), *rest = text, *titles = strsep(&rest, "\n"),
             *rule = strsep(&rest, "\n");
        put_columns(s, titles, rule ? rule : "", &csv);
        for (char *line; (line = strsep(&rest, "\n"));)
            if (*line == '|' && s->rows < csv_file_rows(&csv))
                put_row(s, line, &csv);
            else if (*line == '|')
                die(EXIT_DATA, "%s has more rows than the %d of %s: make both again", md, csv_file_rows(&csv), path);
            else if (*line == '*' || *line == '-') {
                char *words = sentence(line, *line == '*' ? 1 : 2, *line == '*');
                *line == '*' ? table_caption(s, "%s", words) : table_note(s, "%s", words);
                free(words);
            }
        if (s->rows != csv_file_rows(&csv))
            die(EXIT_DATA, "%s has %d rows and %s has %d: make both again", md, s->rows, path, csv_file_rows(&csv));
        csv_file_free(&csv);
        free(text);
    }
    free(md);
    free(path);
    return there;
}

/* ---- Figures --------------------------------------------------------------------------------------------------- */

/* What stands behind "# NAME: " in a figure's data, to the end of its line; "" when it is not there. For free(). */
static char *said(const char *data, const char *name)
{
    char *key = mem_text("# %s: ", name);
    const char *at = strstr(data, key);
    char *text = at ? mem_text("%.*s", (int)strcspn(at + strlen(key), "\n"), at + strlen(key)) : mem_text("%s", "");
    free(key);
    return text;
}

/* Copies a file; false when there is none. */
static bool copy(const char *folder, const char *to, const char *name, const char *suffix)
{
    char *from = mem_text("%s/%s.%s", folder, name, suffix), *here = mem_text("%s/%s.%s", to, name, suffix);
    const bool there = file_exists(from);
    if (there) {
        struct file_out out;
        size_t size;
        char *bytes = file_read(from, MOST, &size);
        file_begin(&out, here);
        file_write(&out, bytes, size);
        file_commit(&out);
        free(bytes);
    }
    free(from);
    free(here);
    return there;
}

static void take(const char *folder, struct gallery *g, const char *file)
{
    char *dat = mem_text("%s/%s.dat", folder, file), *data = file_read(dat, MOST, NULL);
    char *html = mem_text("%s/%s.html", folder, file);
    if (copy(folder, g->folder, file, "svg") && copy(folder, g->folder, file, "dat")) {
        copy(folder, g->folder, file, "png");
        PUSH(g->drawing, g->n) = (struct drawing){mem_text("%s", file + strlen(g->id) + 1), said(data, "figure_title"),
                                                  said(data, "figure_caption"), NULL};
        gallery_play(g, file_exists(html) ? file_read(html, MOST, NULL) : NULL);
    }
    free(html);
    free(data);
    free(dat);
}

int beside_figures(const char *folder, struct gallery *g, const char *name)
{
    if (!folder)
        return 0;
    struct dirent **entry;
    char *figures = mem_text("%s/figures", folder), *stem = mem_text("%s-%s", g->id, name);
    const int before = g->n, files = scandir(figures, &entry, NULL, alphasort);
    for (int i = 0; i < files; i++) {
        char *end = strrchr(entry[i]->d_name, '.');
        if (end && strcmp(end, ".dat") == 0 && strncmp(entry[i]->d_name, stem, strlen(stem)) == 0) {
            *end = '\0';
            const char next = entry[i]->d_name[strlen(stem)];
            if (!next || next == '-')
                take(figures, g, entry[i]->d_name);
        }
        free(entry[i]);
    }
    if (files >= 0)
        free(entry);
    free(figures);
    free(stem);
    return g->n - before;
}

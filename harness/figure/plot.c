/* The pipe to gnuplot: the only place where another program is started for a figure. */
#include "figure/plot.h"

#include "core/arena.h"
#include "core/die.h"
#include "core/file.h"
#include "core/option.h"
#include "core/program.h"
#include "tune/method.h"

#include <assert.h>
#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

void plot_open(struct plot *p, const char *script, const char *id, const char *name)
{
    *p = (struct plot){.width = 1000, .height = 640};
    p->script = mem_text("%s", script);
    p->id = mem_text("%s", id);
    p->name = mem_text("%s", name);
    p->command = mem_stream(&p->commands, &p->commands_size);
    p->dat = mem_stream(&p->data, &p->data_size);
}

void plot_close(struct plot *p)
{
    if (p->command)
        fclose(p->command);
    if (p->dat)
        fclose(p->dat);
    free(p->commands);
    free(p->data);
    free(p->script);
    free(p->id);
    free(p->name);
    free(p->block);
    *p = (struct plot){0};
}

/* Letters, digits, blanks, harmless signs, and UTF-8; whatever could end a string or start a substitution is "?". */
static void put_words(const char *text, FILE *out)
{
    for (const unsigned char *c = (const unsigned char *)text; *c; c++) {
        bool letter = (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') || (*c >= '0' && *c <= '9') || *c >= 0x80;
        if (*c == '\'')
            fputs("’", out);
        else
            fputc(letter || strchr(" .,:;=+-()[]/%<>|!&*_#", *c) ? *c : '?', out);
    }
}

static void end_block(struct plot *p)
{
    if (!p->block)
        return;
    fputs("EOD\n", p->command);
    free(p->block);
    p->block = NULL;
}

static void put_text(struct plot *p, const char *variable, const char *format, va_list args)
{
    char *text = mem_vtext(format, args);
    end_block(p);
    fprintf(p->command, "%s = '", variable);
    fprintf(p->dat, "# %s: ", variable);
    for (char *line = text, *next; line; line = next) { /* a line end may stand in a label: gnuplot wants it in "" */
        next = strchr(line, '\n');
        if (next)
            *next++ = '\0';
        put_words(line, p->command);
        put_words(line, p->dat);
        fputs(next ? "'.\"\\n\".'" : "'\n", p->command);
        fputs(next ? " " : "\n", p->dat);
    }
    free(text);
}

void plot_text(struct plot *p, const char *variable, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    put_text(p, variable, format, args);
    va_end(args);
}

void plot_text_i(struct plot *p, const char *family, int i, const char *format, ...)
{
    char *variable = mem_text("%s_%d", family, i);
    va_list args;
    va_start(args, format);
    put_text(p, variable, format, args);
    va_end(args);
    free(variable);
}

void plot_number(struct plot *p, const char *variable, double value)
{
    end_block(p);
    if (isnan(value))
        fprintf(p->command, "%s = NaN\n", variable);
    else
        fprintf(p->command, "%s = %.10g\n", variable, value);
}

void plot_number_i(struct plot *p, const char *family, int i, double value)
{
    char *variable = mem_text("%s_%d", family, i);
    plot_number(p, variable, value);
    free(variable);
}

void plot_style(struct plot *p, int i, const char *label, const struct method *m)
{
    plot_text_i(p, "label", i, "%s", label);
    plot_number_i(p, "color", i, method_color(m));
    plot_number_i(p, "mark", i, method_mark(m));
}

void plot_block(struct plot *p, const char *name, const char *columns)
{
    end_block(p);
    p->block = mem_text("%s", name);
    p->rows = 0;
    fprintf(p->command, "$%s << EOD\n", name);
    fprintf(p->dat, "\n\n# %s: %s\n", name, columns);
}

static void separate(struct plot *p)
{
    assert(p->block); /* a variable ends the block: what follows would be commands */
    if (p->fields++) {
        fputc(' ', p->command);
        fputc(' ', p->dat);
    }
}

void plot_put(struct plot *p, double value)
{
    char text[64] = "NaN";
    separate(p);
    if (isfinite(value))
        snprintf(text, sizeof text, "%.9g", value);
    fputs(text, p->command);
    fputs(text, p->dat);
}

void plot_word(struct plot *p, const char *text)
{
    FILE *const to[] = {p->command, p->dat};
    separate(p);
    for (int i = 0; i < 2; i++) {
        fputc('"', to[i]);
        put_words(text, to[i]);
        fputc('"', to[i]);
    }
}

void plot_line(struct plot *p)
{
    p->rows += p->fields > 0;
    p->fields = 0;
    fputc('\n', p->command);
    fputc('\n', p->dat);
}

void plot_numbers(struct plot *p, const double *value, int n)
{
    for (int i = 0; i < n; i++)
        plot_put(p, value[i]);
    plot_line(p);
}

void plot_gap(struct plot *p)
{
    enum { MOST = 9 }; /* columns of a series */
    if (!p->rows) {
        for (int i = 0; i < MOST; i++)
            plot_put(p, NAN);
        plot_line(p);
    }
    p->rows = 0;
    fputs("\n\n", p->command);
    fputs("\n\n", p->dat);
}

/* ---- Drawing --------------------------------------------------------------------------------------------------- */

/* Where the scripts are: in $PEFTLAB_PLOTS, else in plots/ of the program's own tree or installation. Dies with
 * EXIT_MISSING. */
static const char *plot_scripts(void)
{
    static char *own;
    const char *wanted = getenv("PEFTLAB_PLOTS");
    if (wanted && *wanted)
        return wanted;
    if (!own && (own = program_file("plots/style.gp")))
        *strrchr(own, '/') = '\0';
    if (!own)
        die(EXIT_MISSING, "the folder of the figures' scripts is missing: PEFTLAB_PLOTS=DIR says where plots/ is");
    return own;
}

static void quoted(const char *text, FILE *out)
{
    fputc('\'', out);
    for (const char *c = text; *c; c++) {
        if (*c == '\'')
            fputc('\'', out);
        fputc(*c, out);
    }
    fputc('\'', out);
}

static void send(const struct plot *p, const char *terminal, const char *output, FILE *gnuplot)
{
    fputs("plots = ", gnuplot);
    quoted(plot_scripts(), gnuplot);
    fputc('\n', gnuplot);
    fwrite(p->commands, 1, p->commands_size, gnuplot);
    fprintf(gnuplot, "set terminal %s size %d,%d font 'DejaVu Sans,15' background '#ffffff'\nset output ", terminal,
            p->width, p->height);
    quoted(output, gnuplot);
    fputs("\nload plots.'/style.gp'\nload plots.'/", gnuplot);
    fputs(p->script, gnuplot);
    fputs("'\nunset output\n", gnuplot);
}

/* Gnuplot's complaint is the first line of its log that is neither blank nor a caret nor the echoed command nor a
 * warning. */
static void complaint(const char *log, char *text, size_t size)
{
    snprintf(text, size, "no reason given");
    if (!file_exists(log))
        return;
    char *all = file_read(log, 1 << 20, NULL);
    for (char *line = all, *next; line; line = next) {
        next = strchr(line, '\n');
        if (next)
            *next++ = '\0';
        if (strstr(line, "line ") && strchr(line, ':') && !strstr(line, "warning:")) {
            snprintf(text, size, "%s", line + strspn(line, " \""));
            break;
        }
    }
    free(all);
}

/* One picture. Returns whether it was drawn; why not is in `why`, and *absent says that there is no gnuplot. */
static bool draw(const struct plot *p, const char *terminal, const char *output, const char *log, char *why,
                 size_t size, bool *absent)
{
    struct stat about;
    setenv("PEFTLAB_GNUPLOT_LOG", log, 1);
    signal(SIGPIPE, SIG_IGN);
    fflush(NULL);
    FILE *gnuplot = popen("exec gnuplot --default-settings 2>\"$PEFTLAB_GNUPLOT_LOG\"", "w");
    if (!gnuplot)
        die(EXIT_RESOURCE, "gnuplot cannot be started: %s", strerror(errno));
    send(p, terminal, output, gnuplot);
    int status = pclose(gnuplot);
    bool drawn = status == 0 && stat(output, &about) == 0 && about.st_size > 0;
    complaint(log, why, size);
    unlink(log);
    if (!drawn)
        unlink(output);
    *absent = WIFEXITED(status) && WEXITSTATUS(status) == 127;
    return drawn;
}

/* Gnuplot wants a script of its own for what a mark says: in an SVG a <title> says it, and needs none. */
static void say_titles(const char *path)
{
    static const char open[] = "<g onmousemove=\"gnuplot_svg.showHypertext(evt,'", close[] = "')\"",
                      end[] = "<title> </title>";
    char *text = file_read(path, 64 << 20, NULL), *p = text;
    struct file_out out;
    file_begin(&out, path);
    for (char *next; (next = strstr(p, open)); p = strstr(next, end) + strlen(end)) {
        char *words = next + strlen(open), *stop = strstr(words, close);
        if (!stop || !strstr(stop, end))
            break;
        fprintf(out.stream, "%.*s<g><title>%.*s</title>", (int)(next - p), p, (int)(stop - words), words);
        next = stop;
    }
    fputs(p, out.stream);
    file_commit(&out);
    free(text);
}

/* A picture under its own name. The SVG is the figure: without it the program stops here. A PNG that this gnuplot cannot
 * make (it may lack the terminal pngcairo) costs the PNG alone, and an older one, of other runs, goes. */
static void draw_file(const struct plot *p, const char *folder, bool svg)
{
    static bool told;
    bool absent;
    char why[300], *final = mem_text("%s/%s-%s.%s", folder, p->id, p->name, svg ? "svg" : "png"),
                   *aside = mem_text("%s.tmp.%s.%d", final, file_host(), (int)getpid()),
                   *log = mem_text("%s/%s-%s.log.tmp.%s.%d", folder, p->id, p->name, file_host(), (int)getpid());
    bool drawn = draw(p, svg ? "svg dynamic noenhanced" : "pngcairo noenhanced", aside, log, why, sizeof why, &absent);
    if (absent)
        die(EXIT_MISSING, "gnuplot is not installed (scripts/deps installs it); tables need none, figures do");
    if (!drawn && svg)
        die(EXIT_MISSING, "gnuplot could not draw %s-%s with %s: %s", p->id, p->name, p->script, why);
    if (drawn && svg)
        say_titles(aside);
    if (drawn && rename(aside, final))
        die(EXIT_RESOURCE, "cannot write %s: %s", final, strerror(errno));
    if (!drawn) {
        unlink(final);
        if (!told)
            warn("figures are SVG only, this gnuplot makes no PNG: %s", why);
        told = true;
    }
    free(final);
    free(aside);
    free(log);
}

/* In gnuplot a line end closes a string, and what follows is a command. */
static void one_line(const char *path)
{
    if (strpbrk(path, "\n\r"))
        die(EXIT_USAGE, "\"%.60s\": a line break has no place in the path of a figure", path);
}

void plot_draw(struct plot *p, const char *folder)
{
    char *dat = mem_text("%s/%s-%s.dat", folder, p->id, p->name);
    one_line(plot_scripts());
    one_line(dat);
    end_block(p);
    fflush(p->command);
    fflush(p->dat);
    draw_file(p, folder, true);
    draw_file(p, folder, false);
    struct file_out out;
    file_begin(&out, dat);
    file_write(&out, p->data, p->data_size);
    file_commit(&out);
    free(dat);
}

int method_color(const struct method *m)
{
    return m && m->style.color ? (int)strtol(m->style.color + 1, NULL, 16) : 0x777777;
}

int method_mark(const struct method *m)
{
    return m && m->style.color ? m->style.mark : 1;
}

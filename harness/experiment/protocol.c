/* The steps from much time to little, and the experiment file that says them. */
#include "experiment/protocol.h"

#include "core/arena.h"
#include "core/die.h"
#include "core/file.h"
#include "experiment/estimate.h"
#include "experiment/rates.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What is given up first, from top to bottom: seeds of the search, reported seeds, length, and the search itself; never the
 * third seed, without which no difference has an interval. A length below 1 is the least: it grows with the time that is left. */
static const struct protocol levels[] = {
    {.rates = 3, .tune_seeds = 3, .seeds = 10, .length = 1},  {.rates = 3, .tune_seeds = 2, .seeds = 10, .length = 1},
    {.rates = 3, .tune_seeds = 2, .seeds = 5, .length = 1},   {.rates = 3, .tune_seeds = 1, .seeds = 5, .length = 1},
    {.rates = 3, .tune_seeds = 1, .seeds = 3, .length = 1},   {.rates = 3, .tune_seeds = 1, .seeds = 3, .length = .5},
    {.rates = 2, .tune_seeds = 1, .seeds = 3, .length = .5},  {.rates = 1, .tune_seeds = 0, .seeds = 3, .length = .5},
    {.rates = 1, .tune_seeds = 0, .seeds = 3, .length = .25}, {.rates = 1, .tune_seeds = 0, .seeds = 3, .length = .1},
};
enum { LEVELS = sizeof levels / sizeof *levels, LOW_RUNG = -10, HIGH_RUNG = 0, TUNE_SEEDS = 3 /* at most */ };

const char *comparison_given(const struct comparison *c, const char *key)
{
    size_t n = strlen(key);
    for (int i = 0; i < c->settings; i++) {
        const char *word = c->setting[i] + (strncmp(c->setting[i], "task.", 5) == 0 ? 5 : 0);
        if (strncmp(word, key, n) == 0 && word[n] == '=')
            return word + n + 1;
    }
    return NULL;
}

/* Whether the settings say `lr`, or `lr.method`. */
static bool rates_given(const struct comparison *c, const char *method)
{
    char *narrow = mem_text("lr.%s", method);
    bool given = comparison_given(c, "lr") || comparison_given(c, narrow);
    free(narrow);
    return given;
}

/* "lr.lora = 3e-4 1e-3 3e-3": the rung and its neighbours, of two the upper one, since what was carried over is the lowest
 * that is as good as the best. */
static void write_rates(FILE *f, const struct comparison *c, const struct method *m, int rates)
{
    char text[16];
    int first = rates_rung(m, c->d) - (rates - 1) / 2;
    fprintf(f, "lr.%s =", m->name);
    for (int i = 0; i < rates; i++) {
        rates_text(first + i, text);
        fprintf(f, " %s", text);
    }
    fputc('\n', f);
}

/* A path, or another text with blanks or a quote of its own at its begin that is no list of values, stands in quotes; in one with both
 * kinds none can (cli/choices.c refuses it). */
static void write_setting(FILE *f, const char *setting)
{
    static const char *const lists[] = {"lr", "ladder"};
    size_t key = strcspn(setting, "="), name = strcspn(setting, "=.");
    const char *value = setting + key + 1;
    bool text = strpbrk(value, " \t;#") || *value == '"' || *value == '\'';
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        text &= strlen(lists[i]) != name || strncmp(setting, lists[i], name) != 0;
    const char *quote = !text ? "" : strchr(value, '"') ? "'" : "\"";
    fprintf(f, "%.*s = %s%s%s\n", (int)key, setting, quote, value, quote);
}

/* In quotes, for a file may be called "a #2; b.csv". */
static void write_title(FILE *f, const char *on)
{
    size_t n = strlen(on) < 100 ? strlen(on) : 100;
    while (n && (on[n] & 0xC0) == 0x80) /* not within a character */
        n--;
    fputs("title = \"Which method for ", f);
    for (size_t i = 0; i < n; i++)
        fputc(on[i] == '"' ? '\'' : on[i], f);
    fputs("?\"\n", f);
}

static void write_ladder(FILE *f)
{
    char text[16];
    fprintf(f, "ladder =");
    for (int rung = LOW_RUNG; rung <= HIGH_RUNG; rung++) {
        rates_text(rung, text);
        fprintf(f, " %s", text);
    }
    fputc('\n', f);
}

/* 0, or what is behind the reported seeds that were given. */
static int first_tune_seed(const struct comparison *c)
{
    int first, last;
    const char *given = comparison_given(c, "seeds");
    return given && option_range(given, &first, &last) && first < TUNE_SEEDS && last < 1000000 ? last + 1 : 0;
}

/* 100, or what is behind the seeds of the search that were given. */
static int first_seed(const struct comparison *c)
{
    int first, last;
    const char *given = comparison_given(c, "tune_seeds");
    return given && option_range(given, &first, &last) && last >= 100 && last < 1000000 ? last + 1 : 100;
}

void protocol_write(const struct protocol *p, const struct comparison *c, const char *note, const char *path)
{
    struct file_out out;
    file_begin(&out, path);
    FILE *f = out.stream;
    fprintf(f, "%s[experiment]\n", note);
    write_title(f, c->on);
    fprintf(
        f, "question = Which method does best on these data, and which is the cheapest that cannot be told from it?\n");
    fprintf(f, "\n[grid %s]\nmethod =", c->id);
    for (int i = 0; i < c->methods; i++) /* a line has at most 199 characters */
        fprintf(f, "%s%s", i && i % 8 == 0 ? "\n    " : " ", c->method[i]->name);
    fputc('\n', f);
    for (int i = 0; i < c->settings; i++)
        write_setting(f, c->setting[i]);
    if (!comparison_given(c, "steps"))
        fprintf(f, "steps = %d\n", (int)ceil(p->length * c->steps));
    for (int i = 0; i < c->methods; i++)
        if (!rates_given(c, c->method[i]->name))
            write_rates(f, c, c->method[i], p->rates);
    if (!comparison_given(c, "tune_seeds") && p->tune_seeds)
        fprintf(f, "tune_seeds = %d..%d\n", first_tune_seed(c), first_tune_seed(c) + p->tune_seeds - 1);
    if (!comparison_given(c, "ladder") && p->tune_seeds)
        write_ladder(f);
    if (!comparison_given(c, "seeds"))
        fprintf(f, "seeds = %d..%d\n", first_seed(c), first_seed(c) + p->seeds - 1);
    const char *rates = p->tune_seeds ? " rates" : "";
    fprintf(f, "\n[report]\ntables = decision score%s%s cost seeds\nfigures = intervals%s\n",
            c->second ? " second" : "", rates, rates);
    if (c->second)
        fprintf(f, "\n[table second]\nkind = score\nmetric = second\n");
    file_commit(&out);
}

/* Seconds of all runs that the file asks for. */
static double all_seconds(struct session *s, const char *path, int jobs)
{
    struct experiment e;
    struct plan p;
    struct speeds from = {0};
    double sum = 0, longest = 0;
    int processors = (int)sysconf(_SC_NPROCESSORS_ONLN);
    experiment_read(&e, path);
    plan_open(&p, s, &e);
    for (int i = 0; i < p.cells; i++) {
        const struct grid *g = p.cell[i].grid;
        int searched = p.cell[i].rates > 1 || g->rungs ? (int)grid_tuning_seeds(g) : 0;
        int tried = p.cell[i].rates + (g->rungs > 0), reported = (int)grid_reported_seeds(g);
        double once = estimate_here(&p, &p.cell[i], &from);
        sum += once * ((double)searched * tried + reported);
        longest = fmax(longest, once);
    }
    plan_close(&p);
    experiment_free(&e);
    return fmax(longest, sum / fmin(jobs, processors));
}

/* Whether any method has more than one rate. */
static bool searches(const struct protocol *p, const struct comparison *c)
{
    bool any = false;
    for (int i = 0; i < c->methods; i++) {
        char *narrow = mem_text("lr.%s", c->method[i]->name);
        const char *own = comparison_given(c, narrow);
        any |= own ? strchr(own, ' ') != NULL : p->rates > 1;
        free(narrow);
    }
    return any;
}

/* What the settings say is not ours to choose. */
static void take_given(struct protocol *p, const struct comparison *c)
{
    int first, last;
    const char *seeds = comparison_given(c, "seeds"), *tune = comparison_given(c, "tune_seeds");
    const char *lr = comparison_given(c, "lr");
    if (seeds && option_range(seeds, &first, &last))
        p->seeds = (int)fmin(last - (double)first + 1, INT_MAX);
    if (tune)
        p->tune_seeds = option_range(tune, &first, &last) ? (int)fmin(last - (double)first + 1, INT_MAX) : 0;
    if (lr)
        for (p->rates = 1; (lr = strchr(lr, ' ')); lr++)
            p->rates++;
    if (!tune && !searches(p, c))
        p->tune_seeds = 0;
    if (!lr && !p->tune_seeds)
        p->rates = 1; /* several would be reported side by side */
}

/* A level that is shorter than its runs should be leaves some of the time: longer runs take it. A run's seconds are a + b length
 * with a >= 0, so that length (seconds there are) / (seconds it takes) keeps within them. */
static void lengthen(struct protocol *p, const struct comparison *c, struct session *s, double seconds, int jobs,
                     const char *path)
{
    struct protocol longer = *p;
    longer.length = fmin(1, p->length * seconds / p->seconds);
    protocol_write(&longer, c, "", path);
    longer.seconds = all_seconds(s, path, jobs);
    if (longer.seconds <= seconds)
        *p = longer;
}

static void remove_file(void *path)
{
    unlink(path);
}

void protocol_fit(struct protocol *p, const struct comparison *c, struct session *s, double seconds, int jobs,
                  const char *path)
{
    DEFER(remove_file, (char *)path);
    bool fixed = comparison_given(c, "steps") != NULL;
    for (int i = 0; i < LEVELS; i++) {
        if (fixed && levels[i].length < 1 && i && levels[i].rates == levels[i - 1].rates &&
            levels[i].tune_seeds == levels[i - 1].tune_seeds && levels[i].seeds == levels[i - 1].seeds)
            continue; /* nothing but the length is less */
        *p = levels[i];
        p->length = fixed ? 1 : p->length;
        take_given(p, c);
        protocol_write(p, c, "", path);
        p->seconds = all_seconds(s, path, jobs);
        if (p->seconds <= seconds)
            break;
    }
    if (p->seconds <= seconds && p->length < 1)
        lengthen(p, c, s, seconds, jobs, path);
}

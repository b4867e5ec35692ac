/* What a list of runs says of bases and data. */
#include "experiment/listed.h"

#include "core/arena.h"
#include "core/die.h"
#include "record/runs_csv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A text that rows have in common (base and seed; or the lines that make the data), a hash that goes with it, and how many rows
 * say so. */
struct pair {
    char *text;
    char hash[HASH_HEX];
    long rows;
};
struct pairs {
    struct pair *pair;
    int n;
};

struct listed {
    const char *path;
    struct pairs base, data;
    bool said, said_data;
};

static void add(struct pairs *p, char *text, const char *hash)
{
    for (int i = p->n - 1; i >= 0; i--) /* neighbours in a list are alike */
        if (strcmp(p->pair[i].hash, hash) == 0 && strcmp(p->pair[i].text, text) == 0) {
            p->pair[i].rows++;
            free(text);
            return;
        }
    p->pair = mem_grow(p->pair, (size_t)(p->n + 1) * sizeof *p->pair);
    struct pair *q = &p->pair[p->n++];
    *q = (struct pair){.text = text, .rows = 1};
    snprintf(q->hash, sizeof q->hash, "%s", hash);
}

static void free_pairs(struct pairs *p)
{
    for (int i = 0; i < p->n; i++)
        free(p->pair[i].text);
    free(p->pair);
}

/* The lines of a configuration that begin so, for free(). */
static char *lines_of(const char *config, bool task)
{
    static const char *const words[] = {"base=", "base_seed=", "task=", "task."};
    char *text = mem_alloc(strlen(config) + 2), *end = text; /* the last line may have no end of its own */
    for (const char *p = config; *p; p += strcspn(p, "\n"), p += *p == '\n')
        for (size_t k = 0; k < (task ? 4 : 2); k++)
            if (strncmp(p, words[k], strlen(words[k])) == 0) {
                size_t n = strcspn(p, "\n") + 1;
                memcpy(end, p, n - 1);
                end += n;
                end[-1] = '\n';
            }
    *end = '\0';
    return text;
}

struct listed *listed_open(const char *path)
{
    struct listed *l = mem_alloc(sizeof *l);
    struct runs_list rows;
    l->path = path;
    runs_list_read(&rows, path);
    for (int i = 0; i < rows.n; i++) {
        const struct runs_row *r = &rows.row[i];
        if (hash_is(r->facts.base_hash) && hash_is(r->facts.data_hash)) {
            add(&l->base, lines_of(r->config, false), r->facts.base_hash);
            add(&l->data, lines_of(r->config, true), r->facts.data_hash);
        }
    }
    runs_list_free(&rows);
    return l;
}

void listed_close(struct listed *l)
{
    if (!l)
        return;
    free_pairs(&l->base);
    free_pairs(&l->data);
    free(l);
}

/* The pair of that text which most rows have; NULL when none has it. Also how many there are, and whether `ours` is one. */
static const struct pair *most_rows(const struct pairs *list, const char *text, const char *ours, int *n, bool *here)
{
    const struct pair *most = NULL;
    *n = 0, *here = false;
    for (int i = 0; i < list->n; i++)
        if (strcmp(list->pair[i].text, text) == 0) {
            const struct pair *p = &list->pair[i];
            most = !most || p->rows > most->rows ? p : most;
            *here |= strcmp(p->hash, ours) == 0;
            ++*n;
        }
    return most;
}

bool listed_base(struct listed *l, const char *name, int seed, const char *ours, char hash[HASH_HEX])
{
    char *text = mem_text("base=%s\nbase_seed=%d\n", name, seed);
    int n;
    bool here;
    const struct pair *most = most_rows(&l->base, text, ours, &n, &here);
    free(text);
    if (!most)
        return false;
    snprintf(hash, HASH_HEX, "%s", most->hash);
    if (!l->said && *ours && !here)
        warn("%s: its runs are of base %.12s, yours (base=%s) is %.12s: none of them counts here", l->path, most->hash,
             name, ours);
    else if (!l->said && n > 1)
        warn("%s: its runs are of %d different bases called %s; those of %.12s count", l->path, n, name,
             here ? ours : most->hash);
    l->said |= (*ours && !here) || n > 1;
    return true;
}

bool listed_data(struct listed *l, const char *config, char hash[HASH_HEX])
{
    char *text = lines_of(config, true);
    int n;
    bool here;
    const struct pair *most = most_rows(&l->data, text, "", &n, &here);
    free(text);
    if (!most)
        return false;
    snprintf(hash, HASH_HEX, "%s", most->hash);
    if (!l->said_data && n > 1)
        warn("%s: its runs of a task are of %d different data; those of %.12s count where the data are not here",
             l->path, n, most->hash);
    l->said_data |= n > 1;
    return true;
}

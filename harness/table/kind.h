/* A kind of table that an experiment may ask for: one file of this folder that exports one struct.
 *
 *     [table NAME]
 *     kind = score            without it the kind is called like the table
 *     grids = methods         the grids that are read, for every kind; all, unless given
 *     metric = best           and the keys that the kind reads; another key is refused
 *
 * `peftlab list tables` prints all kinds with their keys. docs/add-a-table.md shows how one is added. */
#ifndef TABLE_KIND_H
#define TABLE_KIND_H

#include "analysis/interval.h"
#include "analysis/printed.h"
#include "analysis/words.h"
#include "table/table.h"

struct table_kind {
    const char *name;   /* as `kind =` has it, and as its file is called */
    const char *title;  /* what it shows, in a few words */
    const char *help;   /* a sentence or two: what is in it, what it needs */
    const char *keys;   /* the keys that it reads besides `grids`, blanks between them */
    const char *absent; /* why there is no table when `fill` adds no row; table_absent says more */
    bool records; /* it says less of runs of a list: what stands beside the list is taken instead (report/beside.h) */
    void (*fill)(struct table *s, const struct groups *g, const struct display *d); /* s is open, and empty */
};
#define TABLE_KEYS "grids" /* what every kind reads */
/* All kinds (scripts/registry), ends with NULL. */
extern const struct table_kind *const table_registry[];
extern const int table_registry_size;
/* Dies with EXIT_USAGE naming all kinds when there is none such. */
const struct table_kind *table_find(const char *kind);

/* Keys of displays that several kinds read. `metric`: test (default), best (test at the best validation), second or
 * valid. */
enum fact_id display_metric(const struct display *d);
/* The key `file`, else the file of that name beside the experiment; the caller frees. */
char *display_file(const struct groups *g, const struct display *d, const char *name);
/* The file of prints of d, published.ini unless it names another, read into p, and its path, which the caller frees; NULL,
 * and the table says so, where there is none. */
char *display_prints(struct table *s, const struct groups *g, const struct display *d, struct prints *p);
/* The words of the key `reference`, a label, joined by blanks; "" when absent. The caller frees. */
char *display_reference(const struct display *d);

/* The columns task, budget and method; a row that begins with them, budget 0 left empty. */
void group_columns(struct table *s);
void group_row(struct table *s, const struct groups *g, const char *task, int budget, const char *label);
/* "†" for a budget that the runs of this label miss by more than 2 %, else ""; and the note, once, of what a mark means. */
const char *group_mark(const struct groups *g, int budget, const char *label);
void group_note_mark(struct table *s, const char *mark);
/* A budget in a column of the last row, marked and noted. */
void group_budget(struct table *s, int column, const struct groups *g, int budget, const char *label);
/* Four columns for an estimate and its interval, one text for readers and two numbers for programs. Returns the first.
 */
int interval_columns(struct table *s, const char *title, const char *name);
void put_interval(struct table *s, int first, struct interval v, int decimals, bool sign);
/* The same of a difference of scores, which readers see in points. */
void put_points(struct table *s, int first, struct interval v);
/* The same of logarithms (base 10), as what they are logarithms of. */
void put_power(struct table *s, int first, struct interval v);

#endif

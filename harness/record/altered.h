/* altered.csv: what runs score and forget once their trained change of weights has been set to another one; a line per run and
 * change. `peftlab alter` makes it, tables read it. */
#ifndef RECORD_ALTERED_H
#define RECORD_ALTERED_H

#include "core/hash.h"

#include <stdbool.h>

enum altered_change { CHANGE_SCALE, CHANGE_RANK, CHANGE_INTRUDERS, CHANGE_OTHERS, CHANGES };
extern const char *const altered_names[CHANGES]; /* "scale", "rank", "intruders", "others" */

/* The changes of every run, in order; the last is the run as it was trained (scale 1). */
struct altered_step {
    enum altered_change change;
    double amount; /* t; rank; factor */
};
extern const struct altered_step altered_steps[];
extern const int altered_steps_size;

struct altered {
    char key[HASH_HEX];
    struct altered_step step;
    double valid, test, forgetting; /* scores; rise of the held-out pretraining loss, nats */
    double rank90, intruders;       /* of the run: model's means over changed layers (train/alter.h) */
};
struct altered_list {
    struct altered *row;
    int n;
};
/* Dies with EXIT_DATA, naming the line, when a key, change or number is none. A list that is not there is empty. */
void altered_read(struct altered_list *l, const char *path);
void altered_write(const struct altered_list *l, const char *path);
void altered_free(struct altered_list *l);
/* NULL when the list has no such line. */
const struct altered *altered_find(const struct altered_list *l, const char *key, enum altered_change change,
                                   double amount);
/* Whether it has every change of a run. */
bool altered_whole(const struct altered_list *l, const char *key);

#endif

/* The search for learning rates: every rate that was tried, and which was chosen. */
#include "table/kind.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

static void fill(struct table *s, const struct groups *g, const struct display *d)
{
    (void)d;
    const struct plan *p = g->rows->plan;
    group_columns(s);
    table_column(s, "Rate", "lr", EVERYONE, true);
    table_column(s, "Mean validation", "valid", EVERYONE, true);
    table_column(s, "Failed", "failed", EVERYONE, true);
    table_column(s, "Seeds", "seeds", EVERYONE, true);
    table_column(s, "Chosen", "chosen", EVERYONE, false);
    int cells = 0, edges = 0, extended = 0, least = INT_MAX, most = 0;
    for (int i = 0; i < p->cells; i++) {
        const struct cell *c = &p->cell[i];
        const struct choice *o = &p->choice[i];
        int seeds = c->grid->tune_last - c->grid->tune_first + 1;
        if (!*g->label[i] || seeds < 1 || !o->mean)
            continue;
        cells++;
        edges += o->edge != 0;
        extended += o->extended != 0;
        least = seeds * c->rates < least ? seeds * c->rates : least;
        most = seeds * c->rates > most ? seeds * c->rates : most;
        for (int k = 0; k < c->rates; k++) {
            bool chosen = o->rate && strcmp(o->rate, c->rate[k]) == 0;
            double lr = strtod(c->rate[k], NULL);
            group_row(s, g, g->task[i], g->rows->setup[i].budget, g->label[i]);
            table_value(s, 3, lr, rate_text(lr));
            table_value(s, 4, o->mean[k], percent_text(o->mean[k]));
            table_number(s, 5, o->failed[k], 0);
            table_number(s, 6, seeds, 0);
            table_text(s, 7, "%s%s", chosen ? "chosen" : "", chosen && o->edge ? ", at the edge" : "");
        }
    }
    table_caption(s,
                  "%s: the search, on validation alone. %d searches of %d to %d runs each; %d optima at the edge of "
                  "their window, %d windows extended by one rate.",
                  s->id, cells, cells ? least : 0, most, edges, extended);
}

const struct table_kind table_rates = {
    .name = "rates",
    .title = "The search for learning rates",
    .help = "Validation score of every rate, the chosen one, edges and failed runs; for grids with tune_seeds.",
    .keys = "",
    .absent = "its grids search no rates (tune_seeds)",
    .fill = fill,
};

/* Wrong signs of a leaderboard against the runs it spends, protocol by protocol. */
#include "analysis/leaderboard.h"
#include "figure/figure.h"

#include "core/arena.h"

#include <math.h>
#include <stdlib.h>

/* "One run per method at one rate has the wrong sign in 30 % of comparisons; 9 runs after search in 5 %" */
static char *headline(const struct board *b)
{
    int n;
    const double one = board_signs(b, PROTOCOL_AS_THEY_COME, &n).estimate,
                 own = board_signs(b, PROTOCOL_OWN, &n).estimate, four = board_signs(b, PROTOCOL_FOUR, &n).estimate;
    return mem_text("Wrong signs: one run per method %.0f %%, four seeds %.0f %%, four rates %.0f %%", 100 * one,
                    100 * four, 100 * own);
}

static bool draw(const struct scene *s)
{
    struct board b;
    struct plot p;
    int points = 0;
    board_make(&b, s->g, display_setting(s->d, "single"), display_setting(s->d, "own"));
    plot_open(&p, "protocol.gp", s->to->id, s->name);
    p.width = 1200, p.height = 640;
    for (int i = 0; i < PROTOCOLS; i++)
        plot_text_i(&p, "protocol", i, "%s", protocol_names[i]);
    plot_block(&p, "protocols", "runs wrong low high protocol; percent");
    for (int i = 0; i < PROTOCOLS && b.lora >= 0; i++) {
        int n;
        const struct interval v = board_signs(&b, (enum protocol)i, &n);
        if (!n)
            continue;
        PLOT_ROW(&p, protocol_runs(&b, (enum protocol)i), 100 * v.estimate, 100 * fmax(v.low, 0), 100 * fmin(v.high, 1),
                 i);
        points++;
    }
    plot_gap(&p);
    plot_number(&p, "points", points);
    if (points)
        gallery_add(
            s->to, &p, headline(&b),
            mem_text(
                "%s: probability that a protocol has the wrong sign of a method less LoRA on a task, against its runs "
                "per method and task, over n = %d rates by %d seeds; bars: 95 %% intervals over methods (BCa).",
                s->to->id, b.rates, b.seeds));
    plot_close(&p);
    board_free(&b);
    return points > 0;
}

const struct figure_kind figure_protocol = {
    .name = "protocol",
    .title = "Wrong signs against runs spent",
    .help = "How often protocols of few runs have the wrong sign; grids as in the table of this kind.",
    .keys = "single own",
    .absent = "no method has both an answer and single runs",
    .draw = draw,
};

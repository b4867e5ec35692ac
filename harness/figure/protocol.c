/* Wrong signs of a leaderboard against the runs it spends, protocol by protocol. */
#include "analysis/leaderboard.h"
#include "figure/figure.h"

#include "core/arena.h"

#include <math.h>
#include <stdlib.h>

/* "Wrong signs: one run per method 52 %, four seeds 52 %, four rates 20 %", as far as each is known. */
static char *headline(const struct board *b)
{
    static const enum protocol protocol[] = {PROTOCOL_AS_THEY_COME, PROTOCOL_FOUR, PROTOCOL_OWN};
    char rates[32];
    snprintf(rates, sizeof rates, "%s rates", b->rates == 4 ? "four" : count_text(b->rates));
    const char *const what[] = {"one run per method", "four seeds", rates};
    char *words = NULL;
    for (int i = 0; i < 3; i++) {
        int n;
        const double wrong = board_signs(b, protocol[i], &n).estimate;
        if (n)
            mem_append(&words, "%s %s %.0f %%", words ? "," : "Wrong signs:", what[i], 100 * wrong);
    }
    return words ? words : mem_text("Wrong signs against runs spent");
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
                "per method and task, over n = %d rates by %d seeds; bars: 95 %% intervals over methods.",
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

/* The signs of r of dM with dD under every condition: a panel per method, a row per condition, q and v apart. */
#include "analysis/signs.h"
#include "figure/figure.h"

#include "core/arena.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { PANELS = 3 };
static const char *const shown[PANELS] = {"full", "lora", "dora"};

static bool in_panel(const struct sign *s, int panel)
{
    return s->target >= 0 && strcmp(s->group->setup->method->name, shown[panel]) == 0;
}

/* Rows of a panel: q and v of a condition share one. Returns how many. */
static int put_panel(struct plot *p, const struct sign *sign, int n, int panel)
{
    const struct group *group = NULL;
    int rows = 0;
    for (int i = 0; i < n; i++) {
        if (!in_panel(&sign[i], panel))
            continue;
        rows += sign[i].group != group;
        group = sign[i].group;
        char *condition = signs_condition(group);
        double down = sign[i].target == TARGET_Q ? -0.17 : 0.17;
        plot_put(p, sign[i].pooled.estimate), plot_put(p, sign[i].pooled.low), plot_put(p, sign[i].pooled.high);
        plot_put(p, sign[i].still.estimate), plot_put(p, sign[i].sized.estimate);
        plot_put(p, rows - 1 + down), plot_put(p, sign[i].target == TARGET_V), plot_put(p, rows - 1);
        plot_word(p, condition);
        plot_line(p);
        free(condition);
    }
    plot_gap(p);
    return rows;
}

/* A sentence that holds for these numbers. */
static char *headline(const struct sign *sign, int n)
{
    int cells = 0, below = 0, sure = 0;
    for (int i = 0; i < n; i++) {
        if (!in_panel(&sign[i], 0) && !in_panel(&sign[i], 2))
            continue;
        cells++;
        below += sign[i].pooled.estimate < 0;
        sure += sign[i].pooled.high < 0;
    }
    return mem_text("The paper’s minus signs: of %d pooled r of full fine-tuning and DoRA %d are negative, %d surely",
                    cells, below, sure);
}

static bool draw(const struct scene *s)
{
    struct plot p;
    int n, rows = 0, panels = 0;
    struct sign *sign = signs_make(s->g, &n);
    plot_open(&p, "signs.gp", s->to->id, s->name);
    plot_block(&p, "signs", "pooled low high given_time given_size place v row condition; one series per panel");
    for (int panel = 0; panel < PANELS; panel++) {
        int found = put_panel(&p, sign, n, panel);
        if (!found)
            continue;
        rows = found > rows ? found : rows;
        panels++;
    }
    int drawn = 0;
    for (int panel = 0; panel < PANELS; panel++)
        for (int i = 0; i < n; i++)
            if (in_panel(&sign[i], panel)) {
                const struct method *m = sign[i].group->setup->method;
                plot_style(&p, drawn, m->title, m);
                plot_number_i(&p, "paper", drawn++, signs_paper(m));
                break;
            }
    plot_number(&p, "panels", panels);
    plot_number(&p, "rows", rows);
    if (panels) {
        p.width = 90 + 435 * panels, p.height = 220 + 46 * rows;
        char *title = headline(sign, n);
        char *caption =
            mem_text("%s: r of dM with dD under each condition, n = %s runs. Filled: q, open: v, with 95 "
                     "%% BCa bootstrap intervals over runs (few runs: too narrow). Triangle: given time; "
                     "cross: given the update’s log size. Dashed: the paper’s r (Liu et al. 2024, VL-BART).",
                     s->to->id, runs_words(s->g));
        gallery_add(s->to, &p, title, caption);
    }
    plot_close(&p);
    free(sign);
    return panels > 0;
}

const struct figure_kind figure_signs = {
    .name = "signs",
    .alias = NULL,
    .title = "The signs of r under every condition",
    .help = "r of dM with dD of full fine-tuning, LoRA and DoRA, a row per condition, against the r in print; for runs "
            "with probes.",
    .keys = "",
    .absent = "no run of full, lora or dora has measured dM and dD of q or v (probes)",
    .draw = draw,
};

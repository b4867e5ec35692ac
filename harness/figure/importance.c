/* Which adapters LoRA-drop finds important, which it keeps, and what that choice is worth. */
#include "figure/figure.h"

#include "core/arena.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Mean over runs of the fact "<what>.<layer>.<target>"; NaN when none has it. */
static double fact_mean(const struct group *g, const char *what, int site)
{
    char name[64];
    double sum = 0;
    int n = 0;
    snprintf(name, sizeof name, "%s.%d.%s", what, site / TARGETS, target_names[site % TARGETS]);
    for (int i = 0; i < g->samples; i++) {
        const struct run *r = result_run(g->sample[i]);
        for (int k = 0; k < r->nreported; k++)
            if (strcmp(r->reported[k].name, name) == 0) {
                sum += r->reported[k].value;
                n++;
            }
    }
    return n ? sum / n : NAN;
}

static int put_importance(struct plot *p, const struct group *g)
{
    int sites = 0, shown = 0;
    for (int i = 0; i < g->samples; i++)
        sites = result_run(g->sample[i])->sites;
    plot_block(p, "importance", "row share kept name");
    for (int s = 0; s < sites; s++) {
        double share = fact_mean(g, "importance", s);
        char name[32];
        if (isnan(share))
            continue;
        snprintf(name, sizeof name, "%d.%s", s / TARGETS, target_names[s % TARGETS]);
        plot_put(p, shown++), plot_put(p, share), plot_put(p, fact_mean(g, "kept", s));
        plot_word(p, name);
        plot_line(p);
    }
    return shown;
}

/* How many adapters a run keeps, and what the choice is worth beside a random one where there is such a control. */
static char *kept_words(const struct groups *g, const struct group *a, int adapters)
{
    int sites = a->samples ? result_run(a->sample[0])->sites : 0;
    double kept = 0; /* the sum of the shares of runs that keep a site is the mean over runs of the sites kept */
    for (int s = 0; s < sites; s++)
        kept += isnan(fact_mean(a, "kept", s)) ? 0 : fact_mean(a, "kept", s);
    kept = round(10 * kept) / 10;
    for (int i = 0; i < g->n; i++) {
        const struct group *b = &g->group[i];
        if (strcmp(b->task, a->task) == 0 && b->setup->method == a->setup->method && b->budget == a->budget && b->ok &&
            setup_is(b->setup, "method.keep", "random"))
            return mem_text("%s: LoRA-drop keeps %g of %d adapters: %+.1f points against a random choice", a->task,
                            kept, adapters, 100 * (group_mean(a, FACT_test_metric) - group_mean(b, FACT_test_metric)));
    }
    return mem_text("%s: LoRA-drop keeps %g of %d adapters", a->task, kept, adapters);
}

static bool draw(const struct scene *s)
{
    const struct groups *g = s->g;
    const struct group *a = group_of_method(g, s->task[0], "lora_drop");
    struct plot p;
    char words[160];
    if (!a)
        return false;
    plot_open(&p, "importance.gp", s->to->id, s->name);
    p.width = 1000;
    int sites = put_importance(&p, a), rows = 0;
    p.height = 200 + 26 * (sites > 12 ? sites : 12);
    plot_number(&p, "sites", sites);
    plot_block(&p, "scores", "mean low high row color mark name");
    for (int i = 0; i < g->n; i++) {
        const struct group *b = &g->group[i];
        bool own = strcmp(b->setup->method->name, "lora_drop") == 0, lora = strcmp(b->setup->method->name, "lora") == 0;
        if ((!own && !lora) || strcmp(b->task, a->task) != 0 || !b->ok || b->budget != a->budget)
            continue;
        struct interval v = group_interval(b, FACT_test_metric);
        plot_put(&p, 100 * v.estimate), plot_put(&p, 100 * v.low), plot_put(&p, 100 * v.high), plot_put(&p, rows++);
        plot_put(&p, method_color(b->setup->method)), plot_put(&p, method_mark(b->setup->method));
        plot_word(&p, b->label);
        plot_line(&p);
    }
    plot_number(&p, "rows", rows);
    if (sites && rows) {
        bars_words(g, words, sizeof words);
        char *title = kept_words(g, a, sites);
        char *caption = mem_text(
            "%s: left: share of importance (mean squared norm of B A x) within q and within v, mean over n = %d runs; "
            "dark: kept in most runs. Right: test scores x 100 of the methods that are named; %s.",
            s->to->id, a->samples, words);
        gallery_add(s->to, &p, title, caption);
    }
    plot_close(&p);
    return sites && rows;
}

const struct figure_kind figure_importance = {
    .name = "importance",
    .alias = "f7",
    .title = "LoRA-drop’s importances",
    .help = "Importance per adapter with what is kept, and scores beside its controls; for runs with their records.",
    .keys = "",
    .absent = "no run of lora_drop has recorded importances",
    .per_task = true,
    .draw = draw,
};

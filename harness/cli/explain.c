/* peftlab explain: one method on one screen. */
#include "cli/verb.h"

#include "check/laws.h"
#include "cli/nearest.h"
#include "core/arena.h"
#include "core/die.h"
#include "core/program.h"
#include "report/method_verdicts.h"
#include "train/spec.h"
#include "tune/budget.h"
#include "tune/shapes.h"
#include "tune/tuning.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One line per architecture: what trains there with the method's defaults at rank 8. */
static void print_counts(const struct method *m, const void *opts)
{
    static const char *const names[] = {"bert-base", "roberta-large", "gpt3"};
    struct adapter common;
    option_defaults(adapter_options, &common);
    common.rank = m->no_rank ? common.rank : 8;
    printf("parameters (head apart%s)\n", m->no_rank ? "" : ", rank 8");
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct model_config c;
        struct trap t;
        shape_find(names[i], &c);
        if (trap_set(&t))
            printf("  %-16s %s\n", names[i], t.text);
        else {
            struct counts n = budget_count(m, opts, &common, &c, 0);
            printf("  %-16s %ld trained, %ld in use, %ld stored; AdamW state %.3g MB\n", names[i], n.trained, n.active,
                   n.stored, 8.0 * (double)n.trained / 1e6);
        }
        trap_end(&t);
    }
}

/* Of the layers whose weights or outputs the method changes, in how many does backward read the input x? */
static void count_inputs(const struct method *m, const void *opts, int *touched, int *reading)
{
    struct adapter common;
    struct model_config c;
    struct memory mem;
    struct model model;
    struct tuning t;
    option_defaults(adapter_options, &common);
    shape_find("bert-base", &c);
    memory_open(&mem);
    for (int i = 0; i < MEMORY_KINDS; i++)
        memory_kind(&mem, i)->dry = true;
    model_open(&model, &c, &mem);
    tuning_open(&t, m, opts, &common, &model, 0, 0);
    tuning_begin_phase(&t, tuning_phases(&t) - 1, 1);
    *touched = *reading = 0;
    for (int i = 0; i < c.layers * TARGETS; i++) {
        const struct site *s = &model.layer[i / TARGETS].site[i % TARGETS];
        *touched += s->ops || s->W->trains || s->b->trains;
        *reading += site_needs_input(s);
    }
    tuning_close(&t);
    model_close(&model);
    memory_close(&mem);
}

/* What the hooks leave out, as the attached sites state it and law 6 proves it. */
static void print_costs(const struct method *m, const void *opts)
{
    char some[96];
    int touched, reading;
    count_inputs(m, opts, &touched, &reading);
    snprintf(some, sizeof some, "of %d of %d (elsewhere it need not be kept)", reading, touched);
    printf("backward reads the layer's input: %s; moves the base: %s; knob for a budget: %s\n",
           !reading             ? "no (the input need not be kept)"
           : reading == touched ? "yes"
                                : some,
           m->facts & MOVES_BASE ? "yes" : "no", m->no_rank ? "none, a reference line" : "rank");
}

/* The page of the course, where the source tree has one. */
static void print_page(const struct method *m)
{
    char *name = mem_text("docs/teach/%s.md", m->name), *page = program_file(name);
    if (page)
        printf("  its page of the course: %s\n", name);
    free(page);
    free(name);
}

static int run(const struct words *w)
{
    nearest_method(w->word[0]);
    const struct method *m = method_find(w->word[0]);
    void *opts = mem_alloc(m->options_size);
    char bounds[512];
    option_defaults(m->options, opts);
    printf("%s (%s), methods/%s.c\n  %s\n  %s\n", m->title, m->name, m->name, m->equation, m->cite);
    if (m->claim)
        printf("  the article: %s\n", m->claim);
    for (const struct option *o = m->options; o && o->name; o++) {
        option_bounds(o, bounds, sizeof bounds);
        printf("  %-16s %s; %s\n", o->name, o->help, bounds);
    }
    print_page(m);
    print_counts(m, opts);
    print_costs(m, opts);
    verdicts_print(m, stdout);
    struct adapter common;
    struct laws laws;
    option_defaults(adapter_options, &common);
    int broken = laws_check(m, opts, &common, 0, &laws);
    printf("laws (%s build)\n", REAL_NAME);
    laws_print(&laws, false, stdout);
    free(opts);
    return broken ? EXIT_MISMATCH : EXIT_OK;
}

const struct verb verb_explain = {
    .name = "explain",
    .group = VERB_LOOK,
    .summary = "show a method: equation, options, sizes, verdicts, laws",
    .usage = "METHOD",
    .least = 1,
    .most = 1,
    .example = "explain dora",
    .run = run,
};

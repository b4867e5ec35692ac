/* peftlab show: what came out of a run, and, if asked, all that went into it. */
#include "cli/verb.h"

#include "core/arena.h"
#include "core/die.h"
#include "record/compare.h"
#include "record/facts_json.h"
#include "record/record.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void show_curve(const struct run *r)
{
    printf("step,train_loss,lr,grad_norm\n");
    for (int i = 0; i < r->steps; i++)
        printf("%d,%.9g,%.9g,%.9g\n", i + 1, r->loss[i], r->lr[i], r->grad_norm[i]);
}

/* "key=value" lines, indented. */
static void print_lines(const char *text)
{
    for (const char *p = text; *p; p += strcspn(p, "\n"), p += *p == '\n')
        printf("  %.*s\n", (int)strcspn(p, "\n"), p);
}

static void print_changed(const char *key, const char *value, const char *otherwise, void *data)
{
    (void)data;
    if (value && strcmp(key, "method") != 0 && strcmp(key, "task") != 0 && strcmp(key, "seed") != 0)
        printf("  %s=%s%s%s%s\n", key, value, otherwise ? "  (" : "", otherwise ? otherwise : "",
               otherwise ? " unless given)" : "");
}

/* The options that are not as they are unless given; all where this program does not know method or task any more. */
static void show_changed(const struct record *rec, const struct facts *f)
{
    char method[64], task[64], text[SPEC_TEXT];
    struct spec s;
    struct trap t;
    snprintf(method, sizeof method, "method=%s", f->method);
    snprintf(task, sizeof task, "task=%s", f->task);
    printf("\noptions that were given (--all prints all)\n");
    if (trap_set(&t)) {
        print_lines(rec->config);
        trap_end(&t);
        return;
    }
    spec_parse(&s, 2, (const char *const[]){method, task});
    spec_text(&s, text);
    spec_free(&s);
    trap_end(&t);
    config_compare(rec->config, text, print_changed, NULL);
}

static void show_result(const struct record *rec, const struct facts *f)
{
    const struct run *r = &rec->run;
    printf("run %s  %s%s%s%s\n", rec->key, run_status_names[r->status], r->collapsed ? " (collapsed)" : "",
           *r->message ? ": " : "", r->message);
    printf("%s on %s, seed %.0f, lr %g:", f->method, f->task, f->seed, f->lr);
    if (!isnan(f->test_metric))
        printf(" test score %.4f, loss %.4f%s", f->test_metric, f->test_loss, isnan(f->valid_metric) ? "" : ";");
    if (!isnan(f->valid_metric))
        printf(" validation score %.4f", f->valid_metric);
    putchar('\n');
    printf("made %s, commit %.12s%s, %s, %s\n", rec->created, rec->commit, rec->dirty ? " with changes" : "", rec->core,
           rec->compiler);
    for (int i = 0; i < r->classes; i++) {
        char *name = mem_text("%s", r->class_name[i]); /* as the user's file has it */
        plain_line(name);
        printf("%s%d %s%s", i ? ", " : "classes: ", i, name, i + 1 == r->classes ? "\n" : "");
        free(name);
    }
    printf("\nparameters: %ld trained, %ld in use, %ld stored, head %ld\n", r->cost.adapter.trained,
           r->cost.adapter.active, r->cost.adapter.stored, r->cost.head);
    printf(
        "memory beyond the base: %.0f B; weights %.0f, gradients %.0f, moments %.0f, activations %.0f, scratch %.0f\n",
        f->peak_bytes, f->bytes_weights, f->bytes_grads, f->bytes_moments, f->bytes_activations, f->bytes_scratch);
    printf("step %.2f ms (median), %.3g GFLOP; train %.3fs, evaluation %.3fs, probes %.3fs, set-up %.4fs\n",
           r->cost.step_ms, r->cost.flops_per_step / 1e9, r->cost.train, r->cost.evaluate, r->cost.probe,
           r->cost.setup);
    printf("checks: start differs by %.1e, merged by %.1e, frozen tensors %s, count %s\n", r->check.start_difference,
           r->check.merge_difference, r->check.frozen_unchanged ? "unchanged" : "CHANGED",
           r->check.count_matches < 0 ? "has no formula"
           : r->check.count_matches   ? "as the formula"
                                      : "NOT as the formula");
    for (int i = 0; i < r->nreported; i++)
        printf("%s%s %g", i ? ", " : "method: ", r->reported[i].name, r->reported[i].value);
    printf("%s", r->nreported ? "\n" : "");
}

/* Every fact with its unit and what it means, as docs/schema.md lists them. */
static void show_facts(const struct record *rec, const struct facts *f)
{
    printf("\nfacts\n");
    for (int i = 0; i < fact_list_size; i++) {
        const struct fact *t = &fact_list[i];
        char text[OPTION_TEXT];
        if (*fact_text(t, f, rec, text))
            printf("  %-21s %s%s%s (%s)\n", t->name, text, *t->unit ? " " : "", t->unit, t->meaning);
    }
}

static void show_evaluations(const struct run *r)
{
    printf("\nevaluations\n  step   valid loss    metric      test loss    metric    second\n");
    for (int i = 0; i < r->evals; i++)
        printf("  %-6d %10.4f %9.4f     %10.4f %9.4f %9.4f\n", r->eval_step[i], r->valid[i].loss, r->valid[i].metric,
               r->test[i].loss, r->test[i].metric, r->test[i].second);
}

/* How far the trained matrices have moved, and on planted tasks how far the teacher's lie from the base. */
static void show_changes(const struct run *r)
{
    if (!r->probes)
        return;
    const struct probe *p = &r->probe[r->probes - 1];
    const bool truth = r->truth_dM && r->truth_dD;
    printf("\nchanges at step %d\n  site      dM row      dD row      dM column   dD column   rank%s\n", p->step,
           truth ? "  true dM     true dD" : "");
    for (int i = 0; i < r->sites; i++) {
        if (p->row_dD[i] <= 0)
            continue;
        printf("  %d.%-6s %.4e  %.4e  %.4e  %.4e  %g", i / TARGETS, target_names[i % TARGETS], p->row_dM[i],
               p->row_dD[i], p->col_dM[i], p->col_dD[i], p->rank[i]);
        if (truth)
            printf("%*s%.4e  %.4e", p->rank[i] < 10 ? 5 : 4, "", r->truth_dM[i], r->truth_dD[i]);
        putchar('\n');
    }
}

/* Facts, and the configuration as an object of texts. */
static void show_json(const struct record *rec, const struct facts *f)
{
    struct json *doc = json_new();
    struct json_view at = json_root(doc);
    facts_json(at, f);
    struct json_view config = json_put_object(at, "config");
    for (const char *p = rec->config; *p; p += strcspn(p, "\n"), p += *p == '\n') {
        char line[OPTION_TEXT + 128];
        snprintf(line, sizeof line, "%.*s", (int)strcspn(p, "\n"), p);
        char *equals = strchr(line, '=');
        if (!equals)
            continue;
        *equals = '\0';
        json_put_string(config, line, equals + 1);
    }
    char *text = json_line(doc);
    puts(text);
    free(text);
    json_free(doc);
}

static int run(const struct words *w)
{
    bool csv = words_given(w, "--csv"), json = words_given(w, "--json"), all = words_given(w, "--all");
    struct record rec;
    struct facts f;
    if (csv + json + all > 1)
        die(EXIT_USAGE, "show takes one of --all, --csv and --json");
    record_find(&rec, words_results(w), w->word[0]);
    facts_clear(&f);
    facts_of(&f, &rec);
    if (csv)
        show_curve(&rec.run);
    else if (json)
        show_json(&rec, &f);
    else {
        show_result(&rec, &f);
        if (all) {
            show_facts(&rec, &f);
            printf("\noptions\n");
            print_lines(rec.config);
        } else
            show_changed(&rec, &f);
        show_evaluations(&rec.run);
        show_changes(&rec.run);
    }
    record_free(&rec);
    return EXIT_OK;
}

const struct verb verb_show = {
    .name = "show",
    .group = VERB_LOOK,
    .summary = "print what a run yielded",
    .usage = "RUN",
    .least = 1,
    .most = 1,
    .help = "RUN is a key or the beginning of one (12 digits are enough), or a file.",
    .example = "show 3f2a91c07d5e\nshow 3f2a91c07d5e --json",
    .options = {{"--all", NULL, "print all options of the run, not only those that were given, and all its facts"},
                {"--csv", NULL, "print loss, rate and gradient norm of every step instead"},
                {"--json", NULL, "print the facts (docs/schema.md) and the options for programs instead"},
                VERB_RESULTS},
    .run = run,
};

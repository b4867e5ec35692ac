/* peftlab show: one run, readable. */
#include "cli/verb.h"

#include "core/die.h"
#include "record/record.h"

#include <stdio.h>
#include <string.h>

static void show_curve(const struct run *r)
{
    printf("step,train_loss,lr,grad_norm\n");
    for (int i = 0; i < r->steps; i++)
        printf("%d,%.9g,%.9g,%.9g\n", i + 1, r->loss[i], r->lr[i], r->grad_norm[i]);
}

static void show_text(const struct record *rec)
{
    const struct run *r = &rec->run;
    printf("run %s  %s%s%s\n", rec->key, run_status_names[r->status], r->collapsed ? " (collapsed)" : "", r->message);
    printf("made %s, commit %.12s%s, %s, %s\n\nconfig\n", rec->created, rec->commit, rec->dirty ? " with changes" : "",
           rec->core, rec->compiler);
    for (const char *p = rec->config; *p; p += strcspn(p, "\n"), p += *p == '\n')
        printf("  %.*s\n", (int)strcspn(p, "\n"), p);
    printf("\nevaluations\n  step   valid loss    metric      test loss    metric    second\n");
    for (int i = 0; i < r->evals; i++)
        printf("  %-6d %10.4f %9.4f     %10.4f %9.4f %9.4f\n", r->eval_step[i], r->valid[i].loss, r->valid[i].metric,
               r->test[i].loss, r->test[i].metric, r->test[i].second);
    printf("\nparameters: %ld trained, %ld in use, %ld stored, head %ld\n", r->cost.adapter.trained,
           r->cost.adapter.active, r->cost.adapter.stored, r->cost.head);
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
    if (r->probes) {
        const struct probe *p = &r->probe[r->probes - 1];
        printf("\nchanges at step %d\n  site      dM row      dD row      dM column   dD column   rank\n", p->step);
        for (int i = 0; i < r->sites; i++)
            if (p->row_dD[i] > 0)
                printf("  %d.%-6s %.4e  %.4e  %.4e  %.4e  %g\n", i / TARGETS, target_names[i % TARGETS], p->row_dM[i],
                       p->row_dD[i], p->col_dM[i], p->col_dD[i], p->rank[i]);
    }
}

static int run(const struct words *w)
{
    struct record rec;
    record_find(&rec, words_results(w), w->word[0]);
    if (words_given(w, "--csv"))
        show_curve(&rec.run);
    else
        show_text(&rec);
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
    .example = "show 3f2a91c07d5e",
    .options = {{"--csv", NULL, "print loss, rate and gradient norm of every step instead"}, VERB_RESULTS},
    .run = run,
};

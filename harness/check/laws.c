/* The order in which the laws are checked, and their report. */
#include "check/laws.h"

#include "check/law_form.h"
#include "check/law_gradient.h"
#include "check/law_model.h"
#include "check/law_site.h"
#include "check/law_training.h"
#include "check/watch.h"

int laws_check(const struct method *m, const void *opts, const struct adapter *common, int extra, struct laws *result)
{
    struct tiny a, b, plain;
    *result = (struct laws){0};
    m = watch_method(m);
    law_attach(result, m, opts, common);
    tiny_open(&a, m, opts, common, extra, 1);
    tiny_open(&b, m, opts, common, extra, 1);
    tiny_open(&plain, NULL, NULL, NULL, 0, 1);
    for (int phase = 0; phase < tuning_phases(&a.tuning); phase++) {
        tiny_begin(&a, phase);
        if (!law_form(result, &a))
            break; /* of what is not a number there is nothing more to say */
        law_start(result, &a, &plain);
        law_count(result, &a, extra);
        law_refresh(result, &a);
        if (common->dropout == 0)
            law_gradient(result, &a, "at init");
        tiny_perturb(&a, 1, 0.2);
        law_gradient(result, &a, "at a random state");
        law_sites(result, &a);
        law_refresh(result, &a);
        law_export(result, &a, &plain, "at a random state");
        law_order(result, &a);
        law_restart(result, &a, &b, phase);
        law_training(result, &a, &b, &plain, phase);
    }
    tiny_close(&a);
    tiny_close(&b);
    tiny_close(&plain);
    if (result->law[LAW_START].checks)
        law_gauge(result, m, opts, common, extra);
    watch_report(result);
    return law_count_broken(result);
}

void laws_print(const struct laws *result, bool broken_only, FILE *out)
{
    for (int i = 0; i < LAWS; i++) {
        const struct law_outcome *o = &result->law[i];
        if (broken_only && !o->broken)
            continue;
        bool found = o->broken || o->error > 0; /* without an error there is no place of the worst */
        if (o->checks)
            fprintf(out, "%s %-36s %.1e (allowed %.0e)%s%s\n", o->broken ? "BAD " : "ok  ", law_titles[i], o->error,
                    o->allowed, found ? " " : "", found ? o->where : "");
        else
            fprintf(out, "-    %-36s %s\n", law_titles[i],
                    i == LAW_GRADIENT && sizeof(real) == sizeof(float) ? "checked by the double twin"
                                                                       : "says nothing here");
    }
}

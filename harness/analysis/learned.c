/* Bits = examples x (bits of a label - training loss in bits), of the rate at which they are most. */
#include "analysis/learned.h"

#include <math.h>

static struct learned of_run(const struct result *w)
{
    const struct run *r = w->ok ? result_run(w) : NULL;
    const double examples = setup_number(w->setup, "task.ntrain"), batch = setup_number(w->setup, "batch");
    const double held = examples * log2(w->setup->task->classes);
    const int pass = (int)ceil(examples / batch);
    double loss = 0;
    if (!r || r->steps < pass || w->setup->task->classes < 2)
        return (struct learned){held, NAN, NAN};
    for (int i = r->steps - pass; i < r->steps; i++)
        loss += r->loss[i] / pass;
    const double bits = held - examples * loss / log(2);
    return (struct learned){held, bits,
                            bits / (result_value(w, FACT_parameters_trained) + result_value(w, FACT_parameters_head))};
}

struct learned learned_most(const struct along *a, int series, int x, int seed)
{
    struct learned most = {NAN, NAN, NAN};
    for (int i = 0; i < a->n; i++) {
        const struct along_run *r = &a->run[i];
        if (r->series != series || r->x != x || r->seed != seed)
            continue;
        const struct learned now = of_run(r->run);
        if (now.bits > most.bits || isnan(most.bits))
            most = now;
    }
    return most;
}

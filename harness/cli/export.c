/* peftlab export: a trained run as PEFT or transformers read it, or the base alone. */
#include "cli/verb.h"

#include "base/cache.h"
#include "core/arena.h"
#include "core/die.h"
#include "core/file.h"
#include "core/progress.h"
#include "experiment/executor.h"
#include "experiment/replay.h"
#include "export/adapter_read.h"
#include "export/adapter_write.h"
#include "export/whole_model.h"
#include "math/linalg.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct work {
    const struct base *base;
    const char *folder;
    bool merge;
    struct progress bar;
    bool stepped; /* training was needed, for want of a checkpoint of the end */
    int outputs;  /* of the head that was exported */
    const struct class_names *classes;
};

/* A base that was made here has no folder of its own: it goes beside the adapter. */
static bool has_no_folder(const struct base *b)
{
    return b->recipe || b->stored;
}

/* The adapter names its base by the whole path, so that it is found from any folder. */
static void write_adapter(struct trainee *t, const struct work *w)
{
    bool made = has_no_folder(w->base);
    char *own = mem_text("%s/base", w->folder), *weights = mem_text("%s/model.safetensors", w->base->name);
    if (made)
        export_base(w->base, own);
    else if (!file_exists(weights))
        warn("%s: transformers looks for a file of this name; give it to the weights there", weights);
    char *whole = realpath(made ? own : w->base->name, NULL);
    if (!whole)
        die(EXIT_RESOURCE, "%s: %s", made ? own : w->base->name, strerror(errno));
    export_adapter(t, whole, w->folder);
    free(whole);
    import_verify(t, w->base, w->folder);
    free(own);
    free(weights);
}

/* Lets the head speak the scores of the file: W := sd W, b := sd b + mean. */
static void scale_head(const struct trainee *t)
{
    if (t->spec->kind != TASK_SCORE)
        return;
    struct mat W = t->model->classifier_W->w, b = t->model->classifier_b->w;
    mat_scale(t->scale.sd, W);
    for (int i = 0; i < b.cols; i++)
        b.v[i] = (real)(t->scale.sd * (double)b.v[i] + t->scale.mean);
}

static void trained(struct trainee *t, void *data)
{
    struct work *w = data;
    scale_head(t);
    if (w->merge)
        export_merged(t, w->base, w->folder);
    else
        write_adapter(t, w);
    export_check(t, w->folder);
    w->outputs = t->model->classifier_W ? t->model->classifier_W->w.rows : 0;
    w->classes = t->classes;
}

static void tick(int step, int steps, double loss, void *data)
{
    char note[48];
    struct work *w = data;
    (void)steps;
    w->stepped = true;
    snprintf(note, sizeof note, "loss %.4f", loss);
    progress_show(&w->bar, step, note);
}

static void export_named_base(const char *name, const char *results, const char *folder)
{
    struct base b;
    base_open(&b, name, 1);
    export_make_room(folder, EXPORT_BASE, name);
    base_load(&b, results);
    export_base(&b, folder);
    printf("base %s: %s\n", name, folder);
    base_close(&b);
}

/* Before the training, which would be in vain. */
static void make_room(const struct work *w)
{
    export_make_room(w->folder, w->merge ? EXPORT_MERGED : EXPORT_ADAPTER, w->base->name);
    if (w->merge || !has_no_folder(w->base))
        return;
    char *own = mem_text("%s/base", w->folder);
    export_make_room(own, EXPORT_BASE, w->base->name);
    free(own);
}

/* What a reader must know to load it: how many outputs the head has, and what they stand for. */
static void say_outputs(const struct work *w)
{
    char name[EXPORT_NAME];
    for (int k = 0; k < w->outputs; k++) {
        export_class_name(w->classes, k, name, sizeof name);
        plain_line(name);
        if (k == 0)
            printf("num_labels=%d", w->outputs);
        if (w->classes->n)
            printf("%s%s", k ? ", " : ": ", name);
    }
    if (w->outputs)
        printf("\n");
}

static void export_run(const char *word, const char *results, struct work *w)
{
    char path[1100], changed[1024];
    struct record rec;
    struct identity p;
    record_path_of(results, word, path, sizeof path);
    record_read(&rec, path);
    if (rec.run.status != RUN_OK)
        die(EXIT_DATA, "%s: this run is \"%s\": there is no model to export", path, run_status_names[rec.run.status]);
    struct session *s = session_open(results);
    replay_prepare(s, &p, &rec, changed, sizeof changed);
    if (*changed)
        warn("%s: what is exported is trained anew and not this run, since these have changed: %s", path, changed);
    w->base = p.base;
    if (p.spec.kind == TASK_SCORE && config_architecture(&p.base->config)->head.out_no_bias)
        die(EXIT_DATA,
            "%s: the head of a %s has no bias, into which the mean of the scores would go: it is not exported", path,
            config_architecture(&p.base->config)->title);
    const char *why = export_why_merged(p.spec.method, config_architecture(&p.base->config));
    if (p.spec.train.gauge)
        why = "its base is written in other weights, which only it has";
    why = w->merge ? NULL : why; /* asked for, it needs no reason */
    w->merge |= why != NULL;
    make_room(w);
    progress_open(&w->bar, "training again", "steps", p.spec.train.steps, 0);
    struct run_hooks watch = {.tick = tick, .trained = trained, .data = w};
    const enum run_status status = executor_retrace(s, &p, &watch);
    if (w->stepped && w->bar.terminal)
        progress_close(&w->bar, "");
    if (status != RUN_OK)
        die(EXIT_DATA, "%s: trained again it ended \"%s\", so that there is no model to export", path,
            run_status_names[status]);
    printf("%s, %s%s%s%s: %s%s\n", p.spec.method->name,
           w->merge ? "merged into the model" : "adapter, read back to the same bits", why ? " (as no adapter: " : "",
           why ? why : "", why ? ")" : "", w->folder,
           w->stepped ? " (trained again from its configuration: it was not run with --keep)" : "");
    say_outputs(w);
    identity_free(&p);
    session_close(s);
    record_free(&rec);
}

static int run(const struct words *w)
{
    const char *results = words_results(w), *base = words_text(w, "base", NULL);
    struct work work = {.merge = words_given(w, "--merge"), .folder = w->word[w->n - 1]};
    if (w->n != (base ? 1 : 2))
        words_usage(w);
    if (base)
        export_named_base(base, results, work.folder);
    else
        export_run(w->word[0], results, &work);
    return EXIT_OK;
}

const struct verb verb_export = {
    .name = "export",
    .group = VERB_SHARE,
    .summary = "write a trained model for PEFT or transformers",
    .usage = "RUN FOLDER | base=NAME FOLDER",
    .least = 1,
    .most = 2,
    .help = "An adapter is read back and compared with the trained tensors, bit for bit.\n"
            "RUN is a key or the beginning of one.",
    .example = "export 3f2a91c07d5e my-adapter\nexport 3f2a91c07d5e my-model --merge",
    .stops = true,
    .options = {{"--merge", NULL, "write the whole model with every effective weight, not an adapter"},
                {"base", "NAME", "write this base alone, without a run"},
                VERB_RESULTS},
    .run = run,
};

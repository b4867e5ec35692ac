/* peftlab bench: milliseconds of a step, beside its bare matrix products, as CSV. */
#include "cli/verb.h"

#include "check/step_time.h"
#include "core/arena.h"
#include "core/die.h"
#include "core/option.h"
#include "math/linalg.h"
#include "tune/method_words.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct options {
    char size[OPTION_TEXT], method[OPTION_TEXT], from[OPTION_TEXT];
    int kind, lengths, header, parts, batches, batch, length, layers;
    double seconds;
};
static const struct option options[] = {
    OPTION_T(options, size, "64,128,768", "width d of the encoder: 64, 128, 384 (MiniLM) or 768"),
    OPTION_T(options, method, "lora", "methods, separated by commas"),
    OPTION_C(options, kind, 0, "train|evaluate|pretrain", "what a step is"),
    OPTION_C(options, lengths, 0, "task|full", "as ragged as the tasks' examples, or all of the size's length"),
    OPTION_T(options, from, "", "a file of numbers, the lengths of the examples of eight batches"),
    OPTION_R(options, seconds, 1, 0, 1e4, "how long to measure each"),
    OPTION_B(options, parts, 1, "0: the step alone, neither its products nor its parts"),
    OPTION_B(options, batches, 0, "1: print the documents that pretraining sees and measure nothing"),
    OPTION_I(options, batch, 0, 0, 512, "examples; 0: the size's own"),
    OPTION_I(options, length, 0, 0, 512, "longest example; 0: the size's own"),
    OPTION_I(options, layers, 0, 0, 48, "layers; 0: the size's own"),
    OPTION_B(options, header, 1, "print the header line"),
    OPTION_END,
};

static void print_header(void)
{
    printf("size,layers,batch,length,lengths,kind,method,rank,targets,trained,tokens,steps,step_ms,bare_ms,ratio,"
           "tokens_per_s,gflop,gflop_per_s,products");
    for (int i = 0; i < PARTS; i++)
        printf(",%s_ms", part_names[i]);
    printf(
        ",base_bytes,weights_bytes,grads_bytes,moments_bytes,activations_bytes,scratch_bytes,peak_gflop_per_s,core\n");
}

static void print_row(const struct bench *b, const struct bench_result *r)
{
    char targets[OPTION_TEXT]; /* q+v: a comma would be one of the file's */
    snprintf(targets, sizeof targets, "%s",
             *b->common.targets   ? b->common.targets
             : b->method->targets ? b->method->targets
                                  : "q,v");
    for (char *c = targets; (c = strchr(c, ',')) != NULL;)
        *c = '+';
    printf("%s,%d,%d,%d,%s,%s,%s,%d,%s,%ld,%.0f,%d,%.4f,%.4f,%.3f,%.0f,%.4f,%.2f,%d", b->size.name, b->size.layers,
           b->size.batch, b->size.length, b->ragged ? "task" : "full", bench_kind_names[b->kind],
           b->kind == BENCH_PRETRAIN ? "" : b->method->name, b->common.rank, targets, r->trained, r->tokens, r->steps,
           1e3 * r->step, 1e3 * r->bare, r->ratio, r->tokens / r->step, 1e-9 * r->flops, 1e-9 * r->flops / r->step,
           r->products);
    for (int i = 0; i < PARTS; i++)
        printf(",%.4f", 1e3 * r->part[i]);
    printf(",%.0f", r->base_bytes);
    for (int i = 0; i < MEMORY_KINDS; i++)
        printf(",%.0f", r->bytes[i]);
    printf(",%.1f,%s\n", 1e-9 * r->peak, blas_core());
    fflush(stdout);
}

/* A line per document: its batch, whether its second text follows (1, 0; -1: there is none), and per token
 * id:segment:word that was masked (-1: none). bench/peer.py trains on them. */
static void print_batches(const struct bench_size *size)
{
    struct masked_batch b = {0};
    for (int k = 0; k < BENCH_BATCHES; k++) {
        bench_masked(&b, size, k);
        for (int i = 0, m = 0; i < b.B; i++) {
            printf("%d %d", k, b.next[i]);
            for (int n = b.start[i]; n < b.start[i + 1]; n++) {
                bool masked = m < b.n && b.row[m] == n;
                printf(" %d:%d:%d", b.ids[n], b.types[n], masked ? b.label[m++] : -1);
            }
            printf("\n");
        }
    }
    masked_free(&b);
}

static const struct bench_size *find_size(const char *name)
{
    for (int i = 0; i < bench_size_count; i++)
        if (strcmp(bench_sizes[i].name, name) == 0)
            return &bench_sizes[i];
    die(EXIT_USAGE, "size=%.40s: there are 64, 128, 384 and 768", name);
}

/* Reads `n` lengths up to `most`, a number a line. */
static void read_lengths(const char *path, int *length, int n, int most)
{
    FILE *f = fopen(path, "r");
    if (!f)
        die(EXIT_DATA, "%s: cannot be read", path);
    for (int i = 0; i < n; i++)
        if (fscanf(f, "%d", &length[i]) != 1 || length[i] < 1 || length[i] > most)
            die(EXIT_DATA, "%s:%d: a length from 1 to %d should stand here; eight batches have %d", path, i + 1, most,
                n);
    fclose(f);
}

/* Sets the words that are options of this verb; the others go to `rest`, their number is returned. */
static int parse(int n, char *const *word, struct options *o, char **rest)
{
    int others = 0;
    for (int i = 0; i < n; i++) {
        const size_t length = strcspn(word[i], "=");
        char *key = mem_text("%.*s", (int)length, word[i]);
        const struct option *own = word[i][length] ? option_find(options, key) : NULL;
        if (own)
            option_set(own, o, word[i] + length + 1);
        else
            rest[others++] = word[i];
        free(key);
    }
    return others;
}

static void run(const struct options *o, const struct bench_size *size, const char *method, int n, char *const *word)
{
    struct bench b = {.size = *size, .kind = (enum bench_kind)o->kind, .ragged = o->lengths == 0};
    struct bench_result r;
    b.method = method_find(method);
    void *opts = method_words(b.method, &b.common, n, word, "");
    b.opts = opts;
    b.seconds = o->seconds;
    b.parts = o->parts;
    b.size.batch = o->batch ? o->batch : size->batch;
    b.size.length = o->length ? o->length : size->length;
    b.size.layers = o->layers ? o->layers : size->layers;
    int *length = NULL;
    char name[OPTION_TEXT];
    if (*o->from) {
        const int examples = BENCH_BATCHES * b.size.batch;
        b.length = length = mem_alloc((size_t)examples * sizeof *length);
        read_lengths(o->from, length, examples, b.size.length);
        const char *base = strrchr(o->from, '/');
        snprintf(name, sizeof name, "%s", base ? base + 1 : o->from);
        name[strcspn(name, ".")] = '\0';
        b.size.name = name;
    }
    bench_run(&b, &r);
    print_row(&b, &r);
    free(length);
    free(opts);
}

static int bench(const struct words *w)
{
    struct options o;
    option_defaults(options, &o);
    char **word = mem_alloc((size_t)(w->n + 1) * sizeof *word), rank[] = "rank=8";
    word[0] = rank; /* unless a later word says another */
    const int n = 1 + parse(w->n, w->word, &o, word + 1);
    if (o.batches) {
        print_batches(find_size(o.size));
        free(word);
        return EXIT_OK;
    }
    if (o.header)
        print_header();
    char sizes[OPTION_TEXT], *size, *rest = sizes;
    snprintf(sizes, sizeof sizes, "%s", o.size);
    while ((size = strsep(&rest, ",")) != NULL) {
        char methods[OPTION_TEXT], *method, *more = methods;
        snprintf(methods, sizeof methods, "%s", o.kind == BENCH_PRETRAIN ? "full" : o.method);
        while ((method = strsep(&more, ",")) != NULL)
            run(&o, find_size(size), method, n, word);
    }
    free(word);
    return EXIT_OK;
}

const struct verb verb_bench = {
    .name = "bench",
    .group = VERB_PROVE,
    .summary = "measure the time and memory of a training step, as CSV",
    .usage = "[key=value ...]",
    .most = 1000,
    .help = "A line stands for each size and method: the time of a step, and beside it that\n"
            "of its matrix products alone. Keys, besides the options of the method:\n"
            "  size=64|128|384|768: the model's width; several with commas\n"
            "  method=NAME,...: the methods\n"
            "  kind=train|evaluate|pretrain: what a step does\n"
            "  lengths=task|full: examples as long as a task's, or all of full length\n"
            "  from=FILE: examples of the lengths in this file, eight batches of them\n"
            "  batch=N, length=N, layers=N: others than the size's own\n"
            "  seconds=1: how long each is measured\n"
            "  parts=0: the step alone, without its products and parts\n"
            "  header=0: no line of column names\n"
            "  batches=1: print the batches that pretraining sees, and measure nothing",
    .example = "bench size=64,128 method=lora,dora",
    .run = bench,
};

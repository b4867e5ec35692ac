/* peftlab pretrain: make a base, synthetic or from a user's text, or describe the one that is there. */
#include "cli/verbs.h"

#include "base/base.h"
#include "core/die.h"
#include "data/corpus.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void open_synthetic(struct base *b, int argc, char **argv)
{
    const char *name = take_option(&argc, argv, "base", "synthetic"),
               *seed = take_option(&argc, argv, "base_seed", "1");
    if (argc > 0)
        die(EXIT_USAGE, "pretrain takes base= and base_seed=, or corpus= and vocab= and options, not \"%.60s\"",
            argv[0]);
    base_open(b, name, (int)whole_number("base_seed", seed, 0, INT_MAX));
    if (!b->recipe || !b->recipe->steps)
        die(EXIT_USAGE, "base=%s is not made by pretraining", name);
}

/* A base from a user's text, with all that is known of it said before the start. */
static void open_corpus(struct base *b, int argc, char **argv)
{
    base_open_corpus(b, argc, argv);
    const struct corpus_facts *f = corpus_facts(b->corpus);
    const struct model_config *c = &b->config;
    fprintf(stderr, "corpus: %d documents (%s), %d sentences; %d documents are held out\n", f->documents,
            f->blocks ? "parted by blank lines" : "one on each line", f->sentences, f->held_documents);
    if (f->invalid)
        fprintf(stderr, "corpus: %lld bytes are not UTF-8 and are left out\n", f->invalid);
    fprintf(stderr, "model: d=%d, %d layers, %d words; memory: about %.0f MiB\n", c->d, c->layers, c->vocab,
            base_pretrain_bytes(b) / (1 << 20));
}

int verb_pretrain(int argc, char **argv)
{
    const char *results = take_results(&argc, argv), *corpus = NULL;
    struct base b;
    for (int i = 0; i < argc; i++)
        if (strncmp(argv[i], "corpus=", 7) == 0)
            corpus = argv[i];
    if (corpus)
        open_corpus(&b, argc, argv);
    else
        open_synthetic(&b, argc, argv);
    base_pretrain(&b, results);
    base_describe(&b, results);
    base_close(&b);
    return EXIT_OK;
}

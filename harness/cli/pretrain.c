/* peftlab pretrain: make a base, synthetic or from a user's text, or describe an existing one. */
#include "cli/verb.h"

#include "base/acceptance.h"
#include "base/base.h"
#include "base/base_corpus.h"
#include "base/make.h"
#include "core/die.h"
#include "data/corpus.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void open_synthetic(struct base *b, const struct words *w)
{
    const char *name = words_text(w, "base", "synthetic");
    if (w->n > 0)
        die(EXIT_USAGE, "pretrain takes base= and base_seed=, or corpus= and vocab= and options, not \"%.60s\"",
            w->word[0]);
    base_open(b, name, (int)words_number(w, "base_seed", 0, INT_MAX, 1));
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

static int run(const struct words *w)
{
    const char *results = words_results(w), *corpus = NULL;
    struct base b;
    for (int i = 0; i < w->n; i++)
        if (strncmp(w->word[i], "corpus=", 7) == 0)
            corpus = w->word[i];
    if (corpus && (words_given(w, "base") || words_given(w, "base_seed")))
        die(EXIT_USAGE, "pretrain: %s names another base than base= and base_seed= do; give one of them", corpus);
    if (corpus)
        open_corpus(&b, w->n, w->word);
    else
        open_synthetic(&b, w);
    base_pretrain(&b, results);
    base_describe(&b, results);
    base_close(&b);
    return EXIT_OK;
}

const struct verb verb_pretrain = {
    .name = "pretrain",
    .group = VERB_MAKE,
    .summary = "make a base model, or describe an existing one",
    .usage = "[corpus=FILE vocab=FILE [key=value ...]]",
    .most = 1000,
    .help = "Without corpus= the base learns the synthetic language. With corpus= it learns\n"
            "a text of yours; keys: name= documents=auto|lines|blocks layers= d= heads=\n"
            "ffn= length= steps= batch= warmup= lr= seed= (docs/real-text.md).",
    .example = "pretrain base=tiny\npretrain corpus=text.txt vocab=vocab.txt name=mine",
    .stops = true,
    .options =
        {{"base", "NAME",
          "synthetic (in minutes, what the experiments use), synthetic128, synthetic256, tiny (in seconds), deep"},
         {"base_seed", "N", "another base of this kind; 1 unless given"},
         VERB_RESULTS},
    .run = run,
};

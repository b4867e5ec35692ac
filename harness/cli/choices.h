/* What is compared, and how: what the words of `peftlab compare` say, and what no word says, chosen from the data. */
#ifndef CLI_CHOICES_H
#define CLI_CHOICES_H

#include "cli/verb.h"
#include "core/content.h"
#include "data/survey.h"
#include "experiment/protocol.h"

struct choices {
    struct session *session;
    struct comparison c;
    const struct task *task;
    char name
        [OPTION_TEXT]; /* what the data are called: "reviews" of reviews.csv, "trec" of trec/train.tsv, "rte", "mnli" */
    int given;         /* of the settings: by words; those behind them were chosen */
    struct survey data;
    double effective; /* test rows that the error of the score is of (survey_effective) */
    double guess;     /* the test score of an answer that does not look at the text */
    bool pooler;      /* the base reads real text and has a pretrained pooler, which may train */
};

/* Reads the words, asks of every method whether its runs would be refused, looks at the data (`hash`: of them) and adds a
 * setting for whatever no word says. Dies as the runs would, and with EXIT_USAGE where no word says which data. */
void choices_open(struct choices *w, const struct words *words, char hash[HASH_HEX]);
void choices_close(struct choices *w);

#endif

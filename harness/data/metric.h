/* GLUE's metrics on predictions of a whole split. */
#ifndef DATA_METRIC_H
#define DATA_METRIC_H

enum metric {
    METRIC_NONE,
    METRIC_ACCURACY,
    METRIC_F1,
    METRIC_MCC,
    METRIC_PEARSON,
    METRIC_SPEARMAN,
    METRIC_RECOVERED,
    METRIC_MACRO_F1
};

const char *metric_name(enum metric m);
/* predicted, actual: n class indices or scores. F1 is of class 1, macro F1 the mean over the
 * classes that occur on either side; MCC of class 1 is 0 when its denominator is;
 * Pearson and Spearman (average ranks on ties) are 0 when one side is constant. NaN in, NaN out. n = 0 gives NaN. */
double metric_value(enum metric m, const double *predicted, const double *actual, int n);

#endif

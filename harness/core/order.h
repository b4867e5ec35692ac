/* Ascending orders for qsort. */
#ifndef CORE_ORDER_H
#define CORE_ORDER_H

/* Of double, int, and char * (by bytes). */
int order_double(const void *a, const void *b);
int order_int(const void *a, const void *b);
int order_text(const void *a, const void *b);

#endif

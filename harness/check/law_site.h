/* Laws of one adapted layer alone. */
#ifndef CHECK_LAW_SITE_H
#define CHECK_LAW_SITE_H

#include "check/lawbook.h"
#include "check/tiny.h"

/* Laws 2, 3 (the input's gradient) and 6 of each site alone, and whether dropout acts there as the method declares. */
void law_sites(struct laws *l, struct tiny *t);

#endif

/* Putting facts into JSON. */
#include "record/facts_json.h"

#include <math.h>

void facts_json(struct json_view at, const struct facts *f)
{
    for (int i = 0; i < FACTS_SIZE; i++) {
        const struct fact *fact = &fact_list[i];
        double value = fact->room ? NAN : facts_number(f, (enum fact_id)i);
        if (!(fact->use & IN_LIST))
            continue;
        if (fact->room)
            json_put_string(at, fact->name, (const char *)f + fact->at);
        else if (isfinite(value))
            json_put_real(at, fact->name, value);
        else
            json_put_null(at, fact->name);
    }
}

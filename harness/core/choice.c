/* Which decision a benchmark takes back. */
#include "core/choice.h"

enum choice choice_without = CHOICE_NONE;

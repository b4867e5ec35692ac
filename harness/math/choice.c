/* Which decision a benchmark takes back. */
#include "math/choice.h"

enum choice choice_without = CHOICE_NONE;

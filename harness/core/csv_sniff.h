/* Which of the formats a table's file has. */
#ifndef CORE_CSV_SNIFF_H
#define CORE_CSV_SNIFF_H

#include "core/csv.h"

/* What a file is, by its first 64 KiB: TAB separates if the first line has one, else what it has most of outside of
 * quotes: commas, semicolons or |. A first line "sep=;" as spreadsheets write it says so itself. Fields between TABs are
 * quoted when one is and none holds a quote that would not be. Dies with EXIT_DATA when it cannot be read, or is one JSON
 * array. */
enum csv_format csv_sniff(const char *path);

#endif

/* Keeping the page and the list of runs that an earlier report made of other experiments. */
#include "report/earlier.h"

#include "core/arena.h"
#include "core/csv_file.h"
#include "core/die.h"
#include "core/file.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAME = 120 }; /* of the experiments in a file's name */

/* Renames <results>/report.html to <results>/report-NAME.html. */
static void move_aside(const char *results, const char *stem, const char *suffix, const char *name)
{
    char *from = mem_text("%s/%s.%s", results, stem, suffix);
    char *to = mem_text("%s/%s-%s.%s", results, stem, name, suffix);
    if (file_exists(from)) {
        if (rename(from, to))
            die(EXIT_RESOURCE, "%s: cannot be renamed to %s: %s", from, to, strerror(errno));
        warn("%s shows other experiments and is kept as %s", from, to);
    }
    free(from);
    free(to);
}

void earlier_keep(const char *results, int n, const char *const *ids)
{
    char *page = mem_text("%s/report.html", results), name[NAME + 1] = "";
    char *inventory = mem_text("%s/tables/experiments-inventory.csv", results);
    bool others = false;
    if (file_exists(page) && file_exists(inventory)) {
        struct csv_file shown;
        csv_file_read(&shown, inventory);
        int column = csv_file_column(&shown, "experiment");
        for (int i = 0; i < csv_file_rows(&shown); i++) {
            const char *id = csv_file_text(&shown, i, column);
            bool again = false;
            for (int k = 0; k < n; k++)
                again |= strcmp(ids[k], id) == 0;
            others |= !again;
            size_t used = strlen(name);
            snprintf(name + used, sizeof name - used, "%s%s", i ? "+" : "", id);
        }
        csv_file_free(&shown);
    }
    if (others) {
        move_aside(results, "report", "html", name);
        move_aside(results, "runs", "csv", name);
    }
    free(page);
    free(inventory);
}

/* INI files: any bytes are claims, printed counts, or an experiment that multiplies out, or are refused. */
#include "analysis/claims.h"
#include "analysis/printed.h"
#include "experiment/experiment.h"
#include "tests/fuzz/fuzz.h"

/* Out of the reader, so that they are freed when it dies. */
static struct experiment experiment;
static struct claims claims;
static struct prints prints;
static struct cell *cells;
static int n;

static void look(const struct grid *g)
{
    double product = 1;
    for (int i = 0; i < g->settings; i++)
        product *= g->setting[i].values;
    if (product > 5000) /* a legal grid may have 100,000 cells: seconds */
        return;
    cells = grid_cells(g, &n);
    if (n < 1)
        abort();
    for (int i = 0; i < n; i++) {
        int words;
        char **a = cell_assignments(&cells[i], cells[i].rate[0], g->seed_first, i % 2, &words);
        if (words < 3 || !*cell_get(&cells[i], "method"))
            abort();
        mem_free_list(a);
    }
    cells_free(cells, n);
    cells = NULL;
    n = 0;
}

static void reader(const char *path)
{
    experiment_read(&experiment, path);
    for (int i = 0; i < experiment.grids; i++)
        look(&experiment.grid[i]);
    for (int i = 0; i < experiment.displays; i++)
        if (!display_get(&experiment.display[i], "grids", ""))
            abort();
    experiment_set(&experiment, "lr.full=1e-3 1e-2");
    experiment_set(&experiment, "seeds=0..1");
}

static void read_claims(const char *path)
{
    claims_read(&claims, path);
}

static void read_prints(const char *path)
{
    prints_read(&prints, path);
}

FUZZ_TARGET(ini)
{
    const char *path = fuzz_file(0, data, bytes);
    fuzz_read_as(EXIT_USAGE, reader, path);
    fuzz_read_as(EXIT_USAGE, read_claims, path);
    fuzz_read_as(EXIT_USAGE, read_prints, path);
    claims_free(&claims);
    prints_free(&prints);
    cells_free(cells, n);
    experiment_free(&experiment);
    cells = NULL;
    n = 0;
    return 0;
}

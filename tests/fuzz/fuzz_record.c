/* Records: any HDF5 behind a seal that fits is read or refused, and so is any without a seal. */
#include "report/record.h"
#include "tests/fuzz/fuzz_h5.h"

static void sealed(const char *path)
{
    struct record rec;
    record_read(&rec, path);
    if (strlen(rec.key) >= HASH_HEX || rec.run.steps < 0 || rec.run.evals < 0 || rec.run.probes < 0)
        abort();
    for (int i = 0; i < rec.run.probes; i++)
        for (int k = 0; k < rec.run.sites; k++)
            if (rec.run.probe[i].row_dM[k] > 1e300 && rec.run.probe[i].rank[k] > 1e300)
                fputs("every value was touched\n", stderr);
    (void)record_get(&rec, "lr");
    record_free(&rec);
}

/* As a base or a table of someone else's would be opened; the names are those of the seed. */
static void foreign(const char *path)
{
    size_t n;
    char text[H5_TEXT];
    struct h5 *h = h5_open(path, EXIT_DATA);
    struct trap t;
    if (!trap_set(&t)) {
        h5_attr_text(h, "/config", "text", text, sizeof text);
        free(h5_read_f64(h, "/curve/train_loss", &n));
    }
    trap_end(&t);
    h5_close(h);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_h5(sealed, foreign, data, size);
    return 0;
}

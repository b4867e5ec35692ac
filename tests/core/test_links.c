/* HDF5 files that point to other files: nothing behind such a link is read, whatever lies there. */
/* precision: float */
#include "core/h5.h"
#include "core/h5_file.h"
#include "tests/scratch.h"

enum { N = 3 };
static const double secret[N] = {1, 2, 3};

static const char *other(void)
{
    static char path[SCRATCH_PATH];
    snprintf(path, sizeof path, "%s", scratch_path("other.h5"));
    return path;
}

static void make_plain(hid_t file)
{
    hsize_t dims[1] = {N};
    hid_t space = H5Screate_simple(1, dims, NULL);
    hid_t d = H5Dcreate2(file, "x", H5T_IEEE_F64LE, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    assert_true(H5Dwrite(d, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, secret) >= 0);
    H5Dclose(d);
    H5Sclose(space);
}

/* A file whose /x is made by `make`. */
static const char *file_with(void (*make)(hid_t file))
{
    const char *path = make == make_plain ? other() : scratch_path("link.h5");
    hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    assert_true(file >= 0);
    make(file);
    H5Fclose(file);
    return path;
}

static void read_x(const char *path)
{
    size_t n;
    struct h5 *h = h5_open(path);
    struct trap t;
    if (trap_set(&t)) {
        h5_close(h);
        die(t.code, "%s", t.text);
    }
    free(h5_read_f64(h, "/x", &n));
    trap_end(&t);
    h5_close(h);
}

static void make_link(hid_t file)
{
    assert_true(H5Lcreate_external(other(), "/x", file, "x", H5P_DEFAULT, H5P_DEFAULT) >= 0);
}

static void make_dataset(hid_t file, hid_t layout)
{
    hsize_t dims[1] = {N};
    hid_t space = H5Screate_simple(1, dims, NULL);
    hid_t d = H5Dcreate2(file, "x", H5T_IEEE_F64LE, space, H5P_DEFAULT, layout, H5P_DEFAULT);
    assert_true(d >= 0);
    H5Dclose(d);
    H5Sclose(space);
    H5Pclose(layout);
}

static void make_external(hid_t file)
{
    hid_t layout = H5Pcreate(H5P_DATASET_CREATE);
    assert_true(H5Pset_external(layout, other(), 512, sizeof secret) >= 0);
    make_dataset(file, layout);
}

static void make_virtual(hid_t file)
{
    hsize_t dims[1] = {N};
    hid_t layout = H5Pcreate(H5P_DATASET_CREATE), space = H5Screate_simple(1, dims, NULL);
    assert_true(H5Pset_virtual(layout, space, other(), "/x", space) >= 0);
    H5Sclose(space);
    make_dataset(file, layout);
}

/* Catches: a base that someone sends and that reads a file of its own choice, or a pipe, where it is opened. The link
 * is made before the reader, which forgets how to follow one. */
static void other_files_are_not_read(void **state)
{
    (void)state;
    const char *plain = file_with(make_plain), *link = file_with(make_link); /* before reading forgets such links */
    refused(read_x(link), EXIT_DATA, "no dataset /x");
    read_x(plain);
    refused(read_x(file_with(make_external)), EXIT_DATA, "lie in another file");
    refused(read_x(file_with(make_virtual)), EXIT_DATA, "lie in another file");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(other_files_are_not_read)};
    return cmocka_run_group_tests(tests, scratch_open, scratch_close);
}

/* Files: read whole or refused, written whole or not at all, and locks that one process has. */
/* precision: float */
#include "core/file.h"
#include "tests/scratch.h"

#include <fcntl.h>

static bool holds(const char *path, const char *wanted)
{
    size_t size;
    char *bytes = file_read(path, 64, &size);
    const bool same = size == strlen(wanted) && strcmp(bytes, wanted) == 0;
    free(bytes);
    return same;
}

/* Catches: a bound that is off by one; a folder or a pipe that is read, or waited for, as a file. */
static void reading(void **state)
{
    (void)state;
    const char *four = scratch_text("four", "1234"), *pipe = scratch_path("pipe");
    size_t size;
    char *bytes = file_read(four, 4, &size);
    assert_int_equal(size, 4);
    assert_string_equal(bytes, "1234");
    free(bytes);
    refused(file_read(four, 3, &size), EXIT_DATA, "4 bytes, more than the 3");
    refused(file_read(scratch, 4, &size), EXIT_DATA, "not a regular file");
    assert_int_equal(mkfifo(pipe, 0666), 0);
    refused(file_read(pipe, 4, &size), EXIT_DATA, "not a regular file");
    refused(file_read(scratch_path("none"), 4, &size), EXIT_DATA, "No such file");
}

/* Catches: half a file under the final name; the old content gone before the new one is whole; a temporary file that stays. */
static void writing(void **state)
{
    (void)state;
    struct file_out f;
    const char *path = scratch_text("kept", "old");
    file_begin(&f, path);
    char temporary[SCRATCH_PATH];
    snprintf(temporary, sizeof temporary, "%s", f.temporary);
    file_write(&f, "new", 3);
    assert_true(holds(path, "old"));
    file_abandon(&f);
    assert_true(holds(path, "old"));
    assert_false(file_exists(temporary));
    file_begin(&f, path);
    file_write(&f, "new", 3);
    file_commit(&f);
    file_abandon(&f);
    assert_true(holds(path, "new"));
    assert_false(file_exists(temporary));
}

/* Catches: two that have one lock; a lock of a file that was removed meanwhile taken for that of its name. */
static void locks(void **state)
{
    (void)state;
    const char *path = scratch_path("turn.lock");
    const int first = file_open_locked(path);
    assert_true(first >= 0);
    assert_int_equal(file_open_locked(path), -1);
    const int waiting = open(path, O_RDWR | O_CLOEXEC);
    assert_true(waiting >= 0);
    assert_false(file_lock(waiting));
    assert_int_equal(unlink(path), 0);
    const int second = file_open_locked(path);
    assert_true(second >= 0);
    close(first);
    assert_true(file_lock(waiting));
    assert_false(file_still(waiting, path));
    assert_true(file_still(second, path));
    close(waiting);
    close(second);
    const int folder = folder_open_locked(scratch);
    assert_true(folder >= 0);
    assert_int_equal(folder_open_locked(scratch), -1);
    close(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reading),
        cmocka_unit_test(writing),
        cmocka_unit_test(locks),
    };
    return cmocka_run_group_tests_name("file", tests, scratch_open, scratch_close);
}

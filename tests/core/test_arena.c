/* Where memory comes from: arenas, what happens when address space or memory is short, and allocations that fail. */
#include "core/arena.h"
#include "model/model.h"

#include "tests/dies.h"
#include "tests/near.h"

#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>

static void arenas(void **state)
{
    (void)state;
    struct arena a;
    arena_open(&a, "test", 1 << 20);
    char *first = arena_take(&a, 10);
    assert_true(a.used == 64 && (size_t)first % 64 == 0);
    memset(first, 1, 10);
    size_t mark = arena_mark(&a);
    char *second = arena_take(&a, 1000);
    assert_true((size_t)second % 64 == 0 && second >= first + 64);
    memset(second, 7, 1000);
    arena_release(&a, mark);
    assert_true(a.used == 64 && a.peak == 64 + 1024);
    char *again = arena_take(&a, 1000);
    assert_ptr_equal(again, second);
    for (int i = 0; i < 1000; i++)
        assert_int_equal(again[i], 0); /* zeroed though it was used before */
    assert_int_equal(first[9], 1);
    struct mat m = arena_mat(&a, 3, 5);
    assert_true(m.rows == 3 && m.cols == 5 && m.ld == 5 && m.v[14] == 0);
    assert_true(a.committed < a.reserved);
    memset(arena_take(&a, 600000), 1, 600000); /* several steps of growth at once */
    DIES(EXIT_RESOURCE, arena_take(&a, 1 << 20));
    assert_non_null(strstr(text, "test arena is full"));
    assert_true(a.peak <= a.reserved);
    arena_close(&a);
    assert_null(a.base);
    DIES(EXIT_RESOURCE, arena_open(&a, "huge", (size_t)1 << 60));
}

/* Where address space is short a model's memory reserves less of it, and works. */
static void short_address_space(void **state)
{
    (void)state;
    static struct {
        void *at;
        size_t bytes;
    } taken[4096];
    int n = 0;
    for (size_t bytes = (size_t)1 << 47; bytes >= (size_t)16 << 30; bytes /= 2) /* all but scraps of under 16 GiB */
        while (n < 4096 && (taken[n].at = mmap(NULL, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1,
                                               0)) != MAP_FAILED)
            taken[n++].bytes = bytes;
    struct memory m;
    memory_open(&m);
    assert_true(m.weights.reserved < (size_t)16 << 30 && m.scratch.reserved == 2 * m.weights.reserved);
    char *bytes = arena_take(&m.scratch, 1 << 20);
    bytes[(1 << 20) - 1] = 1;
    memory_close(&m);
    while (n-- > 0)
        munmap(taken[n].at, taken[n].bytes);
    memory_open(&m);
    assert_true(m.weights.reserved > 0);
    memory_close(&m);
}

/* A dry arena hands out addresses of a model too large for any machine and commits nothing. */
static void dry_arena(void **state)
{
    (void)state;
    struct arena a;
    struct trap t;
    if (trap_set(&t)) /* valgrind has no room for it */
        skip();
    arena_open(&a, "dry", (size_t)128 << 30);
    trap_end(&t);
    a.dry = true;
    struct mat m = arena_mat(&a, 100000, 100000);
    assert_true(m.v && a.committed == 0 && a.used == ((size_t)100000 * 100000 * sizeof(real) + 63) / 64 * 64);
    arena_close(&a);
}

static char *program;

/* PEFTLAB_FAIL_ALLOC=n fails the n-th allocation, with exit code 6 and one line. */
static void failing_allocations(void **state)
{
    (void)state;
    for (int n = 1; n <= 6; n++) {
        char count[32];
        char *arguments[] = {program, "allocate", NULL}, *environment[] = {count, NULL};
        pid_t child;
        int status;
        posix_spawn_file_actions_t quiet;
        posix_spawn_file_actions_init(&quiet);
        posix_spawn_file_actions_addopen(&quiet, 2, "/dev/null", 1, 0);
        snprintf(count, sizeof count, "PEFTLAB_FAIL_ALLOC=%d", n);
        assert_int_equal(posix_spawn(&child, program, &quiet, NULL, arguments, environment), 0);
        posix_spawn_file_actions_destroy(&quiet);
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), n <= 5 ? EXIT_RESOURCE : 0); /* there are five */
    }
}

static int allocate(void)
{
    struct arena a;
    arena_open(&a, "test", 1 << 20);
    memset(arena_take(&a, 100), 1, 100);
    char *p = mem_text("%d", 12345), *q = mem_alloc(8);
    q = mem_grow(q, 16);
    free(p);
    free(q);
    arena_close(&a);
    return 0;
}

int main(int argc, char **argv)
{
    program = argv[0];
    if (argc > 1)
        return allocate();
    setenv("OPENBLAS_NUM_THREADS", "1", 1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arenas),
        cmocka_unit_test(short_address_space),
        cmocka_unit_test(dry_arena),
        cmocka_unit_test(failing_allocations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

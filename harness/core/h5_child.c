/* Foreign HDF5 is read by a child process before it is read here. */
#include "core/h5.h"
#include "core/h5_file.h"

#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

enum { OBJECTS = 4096 };

struct objects {
    char *path[OBJECTS];
    int n;
};

static herr_t on_object(hid_t root, const char *name, const H5O_info_t *info, void *data)
{
    struct objects *o = data;
    (void)root;
    (void)info;
    if (o->n < OBJECTS && (o->path[o->n] = strdup(name)))
        o->n++;
    return 0;
}

struct object {
    const struct h5 *h;
    const char *path;
};

static void touch_attr(const char *name, void *data)
{
    const struct object *o = data;
    char text[H5_TEXT];
    struct trap t;
    if (!trap_set(&t))
        h5_attr_text(o->h, o->path, name, text, sizeof text);
    trap_end(&t);
}

static void touch_object(const struct object *o)
{
    struct trap t;
    size_t n;
    if (!trap_set(&t))
        free(h5_read_f64(o->h, o->path, &n));
    trap_end(&t);
    if (!trap_set(&t)) {
        char **texts = h5_read_texts(o->h, o->path, &n);
        h5_free_texts(texts, n);
    }
    trap_end(&t);
    if (!trap_set(&t))
        h5_each_attr(o->h, o->path, touch_attr, (void *)o);
    trap_end(&t);
}

/* Reads everything once. What cannot be read is no matter here: only whether trying ends the process. */
static void touch(const struct h5 *h)
{
    static struct objects o;
    H5Ovisit(h->file, H5_INDEX_NAME, H5_ITER_INC, on_object, &o);
    for (int i = 0; i < o.n; i++)
        touch_object(&(struct object){h, strcmp(o.path[i], ".") == 0 ? "/" : o.path[i]});
}

double h5_child_seconds = 3;

/* HDF5 may crash, hang or eat all memory on a malformed file. A child that does nothing but read it finds out. (It
 * never calls BLAS, whose threads would not survive the fork.) */
bool h5_child_survives(const char *path, char *image, size_t size)
{
    int status = 0;
    fflush(NULL);
    pid_t child = fork();
    if (child < 0)
        die(EXIT_RESOURCE, "%s: no process to look into it with", path);
    if (child == 0) {
        const double most = h5_child_seconds + floor((double)size / (8 << 20)), whole = floor(most);
        const struct itimerval limit = {
            .it_value = {.tv_sec = (time_t)whole, .tv_usec = (suseconds_t)(1e6 * (most - whole))}};
        const struct rlimit none = {0, 0};
        struct trap t;
        static const int ends[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGPROF};
        for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) /* whoever catches these here would go on as a twin */
            signal(ends[i], SIG_DFL);
        setitimer(ITIMER_PROF, &limit, NULL); /* malformed files make HDF5 loop for ever */
        setrlimit(RLIMIT_CORE, &none);
        if (trap_set(&t))
            _exit(1);
        hid_t file = h5_open_image(image, size);
        if (file < 0)
            _exit(1);
        struct h5 *h = h5_wrap(file, path, EXIT_DATA);
        h->size = size;
        touch(h);
        _exit(0);
    }
    while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR) /* as where the parent ignores SIGCHLD: nothing is known of how the child ended */
            die(EXIT_RESOURCE, "%s: the process that looked into it is lost: %s", path, strerror(errno));
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

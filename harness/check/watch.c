/* Hooks between the engine and a method: they name themselves, poison scratch memory and guard the method's states. */
#include "check/watch.h"

#include "core/arena.h"
#include "core/die.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

enum { GUARD = 1024 }; /* bytes behind a state that must stay zero */

/* Hooks get a site or a tuning, never both; and a crash has no arguments at all. So what is watched is known here. */
static struct {
    const struct method *method;
    struct method copy;
    const char *hook, *site; /* where the method is now; NULL: in no hook */
    const char *overrun;     /* the first hook that wrote behind a state */
    bool of_shared;          /* behind the shared one */
} now;

static bool clean(const void *state, size_t size)
{
    for (int i = 0; state && i < GUARD; i++)
        if (((const char *)state)[size + (size_t)i])
            return false;
    return true;
}

static void poison(struct arena *a)
{
    if (!a->dry && a->peak > a->used)
        memset(a->base + a->used, 0xff, a->peak - a->used); /* all ones is a NaN, and no index */
}

static void enter(const char *hook, const char *site)
{
    now.hook = hook;
    now.site = site;
}

static void overrun(bool shared)
{
    if (now.overrun)
        return;
    now.overrun = now.hook;
    now.of_shared = shared;
}

static void leave(const struct tuning *t, const struct site *s)
{
    if (s && !clean(s->state, now.method->site_size))
        overrun(false);
    if (t && !clean(t->shared, now.method->shared_size))
        overrun(true);
    now.hook = now.site = NULL;
}

static void forward(struct site *s, const struct pass *p, struct mat x, struct mat y)
{
    size_t mark = p->scratch->used;
    enter("forward", s->name);
    poison(p->scratch);
    poison(p->saved);
    now.method->ops.forward(s, p, x, y);
    arena_release(p->scratch, mark); /* as the caller does anyway */
    poison(p->scratch);
    leave(NULL, s);
}

static void backward(struct site *s, const struct pass *p, struct mat x, struct mat dy, struct mat dx)
{
    size_t mark = p->scratch->used;
    enter("backward", s->name);
    poison(p->scratch);
    now.method->ops.backward(s, p, x, dy, dx);
    arena_release(p->scratch, mark);
    poison(p->scratch);
    leave(NULL, s);
}

static void weight(const struct site *s, struct mat W, struct mat b)
{
    enter("weight", s->name);
    now.method->ops.weight(s, W, b);
    leave(NULL, s);
}

static void refresh(struct site *s)
{
    enter("refresh", s->name);
    now.method->refresh(s);
    leave(NULL, s);
}

/* Hooks of one site of a tuning, and of a whole tuning. */
#define SITE_HOOK(hook_name)                                \
    static void hook_name(struct tuning *t, struct site *s) \
    {                                                       \
        enter(#hook_name, s->name);                         \
        now.method->hook_name(t, s);                        \
        leave(t, s);                                        \
    }
#define TUNING_HOOK(hook_name)              \
    static void hook_name(struct tuning *t) \
    {                                       \
        enter(#hook_name, NULL);            \
        now.method->hook_name(t);           \
        leave(t, NULL);                     \
    }
#define COUNT_HOOK(hook_name)                     \
    static long hook_name(const struct tuning *t) \
    {                                             \
        enter(#hook_name, NULL);                  \
        long n = now.method->hook_name(t);        \
        leave(t, NULL);                           \
        return n;                                 \
    }
SITE_HOOK(attach)
SITE_HOOK(init)
TUNING_HOOK(share)
TUNING_HOOK(before_step)
TUNING_HOOK(after_step)
TUNING_HOOK(end_phase)
COUNT_HOOK(active)
COUNT_HOOK(stored)

static double penalty(struct tuning *t)
{
    enter("penalty", NULL);
    poison(&t->model->mem->scratch);
    double loss = now.method->penalty(t);
    leave(t, NULL);
    return loss;
}

static void check(const struct adapter *common, const void *opts, int in, int out)
{
    enter("check", NULL);
    now.method->check(common, opts, in, out);
    leave(NULL, NULL);
}

static long count(const struct adapter *common, const void *opts, int in, int out)
{
    enter("count", NULL);
    long n = now.method->count(common, opts, in, out);
    leave(NULL, NULL);
    return n;
}

const struct method *watch_method(const struct method *m)
{
    struct method *c = &now.copy;
    now.overrun = now.hook = now.site = NULL;
    now.method = m;
    *c = *m;
    c->site_size += GUARD;
    c->shared_size += GUARD;
    /* a hook that a method lacks stays away */
    c->ops.forward = m->ops.forward ? forward : NULL;
    c->ops.backward = m->ops.backward ? backward : NULL;
    c->ops.weight = m->ops.weight ? weight : NULL;
    c->refresh = m->refresh ? refresh : NULL;
    c->attach = m->attach ? attach : NULL;
    c->init = m->init ? init : NULL;
    c->share = m->share ? share : NULL;
    c->before_step = m->before_step ? before_step : NULL;
    c->after_step = m->after_step ? after_step : NULL;
    c->end_phase = m->end_phase ? end_phase : NULL;
    c->active = m->active ? active : NULL;
    c->stored = m->stored ? stored : NULL;
    c->penalty = m->penalty ? penalty : NULL;
    c->check = m->check ? check : NULL;
    c->count = m->count ? count : NULL;
    return c;
}

void watch_report(struct laws *l)
{
    size_t size = now.of_shared ? now.method->shared_size : now.method->site_size;
    law_note(l, LAW_FORM, now.overrun != NULL, 0, "%s writes behind its state: .%s is %zu bytes, say sizeof(struct %s)",
             now.overrun ? now.overrun : "no hook", now.of_shared ? "shared_size" : "site_size", size,
             now.of_shared ? "shared" : "state");
}

/* Only what may be called in a signal handler. */
static void put(const char *text)
{
    if (text && write(STDERR_FILENO, text, strlen(text)) < 0)
        _exit(EXIT_MISMATCH);
}

static void crashed(int signal)
{
    const char *hook = now.hook ? now.hook : "none of its hooks";
    put("BAD  methods/");
    put(now.method ? now.method->name : "?");
    put(".c: ");
    put(signal == SIGABRT ? "aborted" : signal == SIGFPE ? "division by zero" : "invalid memory access");
    put(" in ");
    put(hook);
    put(now.site ? " of " : "");
    put(now.site);
    if (strcmp(hook, "attach") == 0 || strcmp(hook, "share") == 0)
        put(": it declares tensors and may not read or write their values (counting calls it without memory)");
    put("\n");
    _exit(EXIT_MISMATCH);
}

void watch_crashes(void)
{
    static const int signals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
    struct sigaction act = {.sa_handler = crashed};
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
        sigaction(signals[i], &act, NULL);
}

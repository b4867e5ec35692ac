/* PEFT's adapter_config.json and adapter_model.safetensors. */
#include "export/adapter_write.h"

#include "core/arena.h"
#include "core/file.h"
#include "core/json.h"
#include "model/safetensors.h"
#include "tune/peft.h"

#include <assert.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The tensors of a file: names and padded copies are its own. */
struct file {
    struct safetensor_out *tensor;
    char **name;
    real **copy;
    size_t n;
};

static const size_t MATRIX = 0, VECTOR = SIZE_MAX; /* no stack */

/* w, padded with zeros to (rows, cols), as a stack of so many matrices, or as one, or as a vector. */
static struct mat add(struct file *f, const char *name, struct mat w, int rows, int cols, size_t stack)
{
    f->tensor = mem_grow(f->tensor, (f->n + 1) * sizeof *f->tensor);
    f->name = mem_grow(f->name, (f->n + 1) * sizeof *f->name);
    f->copy = mem_grow(f->copy, (f->n + 1) * sizeof *f->copy);
    f->name[f->n] = mem_text("base_model.%s", name);
    f->copy[f->n] = mem_alloc((size_t)rows * (size_t)cols * sizeof(real));
    struct mat to = mat_of(f->copy[f->n], rows, cols);
    for (int i = 0; i < w.rows; i++)
        memcpy(to.v + (size_t)i * to.ld, w.v + (size_t)i * w.ld, (size_t)w.cols * sizeof(real));
    f->tensor[f->n] = (struct safetensor_out){f->name[f->n], to.v,         stack == VECTOR ? 0 : (size_t)rows,
                                              (size_t)cols,  (size_t)cols, stack == VECTOR ? 0 : stack};
    f->n++;
    return to;
}

static void free_file(struct file *f)
{
    for (size_t i = 0; i < f->n; i++) {
        free(f->name[i]);
        free(f->copy[i]);
    }
    free(f->tensor);
    free(f->name);
    free(f->copy);
}

static struct param *site_param(const struct tuning *u, const struct site *s, const char *suffix)
{
    char name[2 * MODEL_NAME];
    snprintf(name, sizeof name, "%s.%s", s->name, suffix);
    return model_find(u->model, name);
}

/* The rank of a site as it was attached, or what the format has for it. */
static int rank_of(const struct tuning *u, const struct site *s)
{
    for (const struct peft_tensor *p = u->method->peft->tensor; p->ours; p++) {
        const struct param *w = site_param(u, s, p->ours);
        if (!w || p->ranks == RANKS_NOWHERE)
            continue;
        int m = 1;
        while (p->ranks == RANKS_IN_PAIRS && m * (m - 1) / 2 < w->w.cols)
            m++;
        return p->ranks == RANKS_IN_ROWS ? w->w.rows : p->ranks == RANKS_IN_COLUMNS ? w->w.cols : m;
    }
    return s->rank;
}

/* What PEFT adapts as one: a site or, of a fused matrix, its adapted ones of q, k and v. */
struct module {
    char name[MODEL_NAME];
    struct site *const *site;
    int n, rank; /* sites, and their ranks together */
    bool fused;
};

static bool is_fused(const struct tuning *u, const struct site *s)
{
    return u->model->arch->fused && s->target <= TARGET_V;
}

/* The module that begins with u->site[i]. */
static struct module module_at(const struct tuning *u, int i)
{
    const struct site *s = u->site[i];
    struct module m = {.site = u->site + i, .n = 1, .rank = rank_of(u, s), .fused = is_fused(u, s)};
    snprintf(m.name, sizeof m.name, "%s", s->name);
    if (!m.fused)
        return m;
    *strrchr(m.name, '.') = '\0';
    for (; i + m.n < u->nsites && is_fused(u, u->site[i + m.n]) && u->site[i + m.n]->layer == s->layer; m.n++)
        m.rank += rank_of(u, u->site[i + m.n]);
    return m;
}

static int largest_rank(const struct tuning *u)
{
    int largest = 0;
    for (int i = 0; i < u->nsites; i++) {
        int rank = rank_of(u, u->site[i]);
        largest = rank > largest ? rank : largest;
    }
    return largest;
}

/* The value of an option that is no text; of a choice, which one. */
static double number_of(const struct option *o, const void *opts)
{
    const char *field = (const char *)opts + o->offset;
    return o->type == OPT_REAL ? *(const double *)(const void *)field : *(const int *)(const void *)field;
}

/* How many matrices stand on one another in a tensor of ours, of a site or of all. */
static size_t stack_of(const struct tuning *u, const struct site *s, const struct peft_tensor *p, struct mat ours)
{
    size_t k = p->of ? (size_t)number_of(option_find(u->method->options, p->of), u->opts) : 1;
    switch (p->form) {
    case PEFT_MATRIX:
        return MATRIX;
    case PEFT_VECTOR:
        return VECTOR;
    case PEFT_STACK_OF_OUTPUTS:
        assert(s); /* what all sites share has no outputs */
        return (size_t)(s->out / ours.cols);
    case PEFT_STACK:
        return k;
    case PEFT_STACK_OF_FEW:
        return (size_t)ours.rows / k;
    case PEFT_STACK_OF_SQUARES:
        break;
    }
    return (size_t)ours.rows;
}

/* Where the format has one rank for all sites, a site with less gets zeros, which change nothing. */
static void add_site(struct file *f, const struct tuning *u, const struct site *s)
{
    char name[2 * MODEL_NAME];
    int rank = u->method->peft->one_rank ? largest_rank(u) : 0;
    for (const struct peft_tensor *p = u->method->peft->tensor; p->ours; p++) {
        const struct param *here = site_param(u, s, p->ours);
        if (!here)
            continue;
        struct mat w = peft_view(p, here->w);
        int rows = rank && p->ranks == RANKS_IN_ROWS ? rank : w.rows;
        int cols = rank && p->ranks == RANKS_IN_COLUMNS ? rank : w.cols;
        snprintf(name, sizeof name, "model.%s.%s", s->name, p->theirs);
        add(f, name, w, rows, cols, stack_of(u, s, p, here->w));
    }
}

static void put(struct mat from, struct mat to, int row, int col)
{
    for (int i = 0; i < from.rows; i++)
        memcpy(to.v + (size_t)(row + i) * (size_t)to.ld + col, from.v + (size_t)i * (size_t)from.ld,
               (size_t)from.cols * sizeof(real));
}

/* The magnitudes of rows that nothing adapts are the norms that these rows have. */
static void put_norms(struct mat W, struct mat to, int first)
{
    for (int i = 0; i < W.rows; i++) {
        double sum = 0;
        for (int j = 0; j < W.cols; j++)
            sum +=
                (double)W.v[(size_t)i * (size_t)W.ld + (size_t)j] * (double)W.v[(size_t)i * (size_t)W.ld + (size_t)j];
        to.v[first + i] = (real)sqrt(sum);
    }
}

/* A (r, d) := the sites' As one below the other, B (3 d, r) := their Bs as blocks, at the rows of q, k or v and the columns
 * of their A; a vector over outputs: each site's share. */
static void add_fused(struct file *f, const struct tuning *u, const struct module *m)
{
    char name[2 * MODEL_NAME];
    const struct layer *l = &u->model->layer[m->site[0]->layer];
    const int in = m->site[0]->in, out = m->site[0]->out;
    for (const struct peft_tensor *p = u->method->peft->tensor; p->ours; p++) {
        snprintf(name, sizeof name, "model.%s.%s", m->name, p->theirs);
        bool A = p->ranks == RANKS_IN_ROWS, B = p->ranks == RANKS_IN_COLUMNS;
        struct mat to = add(f, name, (struct mat){0},
                            A   ? m->rank
                            : B ? 3 * out
                                : 1,
                            A   ? in
                            : B ? m->rank
                                : 3 * out,
                            p->form == PEFT_VECTOR ? VECTOR : MATRIX);
        for (int t = TARGET_Q; t <= TARGET_V && !A && !B; t++)
            put_norms(l->site[t].W->w, to, t * out);
        for (int i = 0, at = 0; i < m->n; at += rank_of(u, m->site[i]), i++) {
            struct mat w = site_param(u, m->site[i], p->ours)->w;
            int first = (int)m->site[i]->target * out;
            if (!A && !B)
                w = mat_of(w.v, 1, out); /* whether it stands or lies here */
            put(w, to, A ? at : B ? first : 0, A ? 0 : B ? at : first);
        }
    }
}

static bool saves_pooler(const struct tuning *u)
{
    return u->common->head == HEAD_POOLER || u->model->arch->head.fresh;
}

static void add_head(struct file *f, const struct model *m, bool pooler)
{
    const struct param *head[] = {m->classifier_W,
                                  m->classifier_b,
                                  pooler ? m->pooler_W : NULL,
                                  pooler ? m->pooler_b : NULL,
                                  NULL,
                                  pooler ? m->pooler_norm.gamma : NULL};
    char name[2 * MODEL_NAME];
    for (size_t i = 0; i < sizeof head / sizeof *head; i++)
        if (head[i] && head[i]->role) {
            snprintf(name, sizeof name, "model.%s", head[i]->name);
            add(f, name, head[i]->w, head[i]->w.rows, head[i]->w.cols, i % 2 ? VECTOR : MATRIX);
        }
}

/* Is a parameter this tensor of all sites: NAME, or one of NAME.0, NAME.1, ...? */
static bool is_shared(const struct param *p, const struct peft_tensor *t)
{
    size_t n = strlen(t->ours);
    return strncmp(p->name, t->ours, n) == 0 && (p->name[n] == '\0' || p->name[n] == '.');
}

/* The first parameter that is this tensor. */
static const struct param *first_shared(const struct tuning *u, const struct peft_tensor *t)
{
    int i = u->model->nbase;
    while (!is_shared(u->model->param[i], t))
        i++;
    return u->model->param[i];
}

static void add_shared(struct file *f, const struct tuning *u, const struct peft_tensor *t)
{
    for (int i = u->model->nbase; i < u->model->nparam; i++) {
        const struct param *p = u->model->param[i];
        struct mat w = peft_view(t, p->w);
        if (is_shared(p, t))
            add(f, p->name, w, w.rows, w.cols, stack_of(u, NULL, t, p->w));
    }
}

/* Every tensor of the adapter's file. */
static struct file tensors_of(const struct trainee *t)
{
    const struct tuning *u = t->tuning;
    struct file f = {.n = 0};
    struct module m;
    for (int i = 0; i < u->nsites; i += m.n) {
        m = module_at(u, i);
        if (m.fused)
            add_fused(&f, u, &m);
        else
            add_site(&f, u, u->site[i]);
    }
    for (const struct peft_tensor *p = u->method->peft->shared; p->ours; p++)
        add_shared(&f, u, p);
    add_head(&f, t->model, saves_pooler(u));
    return f;
}

static void write_tensors(const struct trainee *t, const char *folder)
{
    struct file f = tensors_of(t);
    char *path = mem_text("%s/adapter_model.safetensors", folder);
    safetensors_write(path, f.tensor, f.n, sizeof(real) == 8 ? DTYPE_F64 : DTYPE_F32);
    free(path);
    free_file(&f);
}

/* The alpha that gives PEFT our scale at this rank. Ours is alpha / rank=, whatever rank a site has; AdaLoRA's is by the rank
 * that it starts with, which the first site has: single extra ranks go to the last. */
static double alpha_at(const struct tuning *u, int rank)
{
    const struct peft *p = u->method->peft;
    int nominal = p->divisor == BY_RANK_AND_A_TRIFLE ? rank_of(u, u->site[0]) : u->common->rank;
    double alpha = u->common->alpha > 0 ? u->common->alpha : 2.0 * nominal;
    return rank == nominal ? alpha : alpha / peft_divisor_at(p, nominal) * peft_divisor_at(p, rank);
}

static void put_sites(struct json_view root, const struct tuning *u, const struct peft_key *k)
{
    if (k->value == PEFT_FEEDFORWARD || k->value == PEFT_SPLIT_A || k->value == PEFT_SPLIT_B) {
        struct json_view list = json_put_array(root, k->key);
        for (int i = 0; i < u->nsites; i++) {
            const struct site *s = u->site[i];
            const struct param *A = site_param(u, s, u->method->peft->tensor->ours);
            if (k->value == PEFT_FEEDFORWARD ? s->target == TARGET_DOWN
                                             : (A->w.cols < s->in) == (k->value == PEFT_SPLIT_A))
                json_put_string(list, NULL, s->name);
        }
        return;
    }
    struct json_view pattern = json_put_object(root, k->key);
    struct module m;
    for (int i = 0; i < u->nsites; i += m.n) {
        m = module_at(u, i);
        if (m.rank == u->common->rank)
            continue;
        if (k->value == PEFT_SITE_RANKS)
            json_put_int(pattern, m.name, m.rank);
        else
            json_put_real(pattern, m.name, alpha_at(u, m.rank));
    }
}

/* The option that stands behind a key, in PEFT's words where it has them. */
static void put_option(struct json_view root, const struct tuning *u, const struct peft_key *k)
{
    const struct method *m = u->method;
    const struct option *o = option_find(m->options, k->option);
    const double value = number_of(o, u->opts);
    char key[PEFT_WORD], word[PEFT_WORD];
    if (k->value == PEFT_OPTION && o->type == OPT_BOOL)
        json_put_bool(root, k->key, value != 0);
    else if (k->value == PEFT_OPTION && value == floor(value))
        json_put_int(root, k->key, (long long)value);
    else if (k->value == PEFT_OPTION)
        json_put_real(root, k->key, value);
    else if (peft_word(k, (int)value, key, word) && (strcmp(word, "true") == 0 || strcmp(word, "false") == 0))
        json_put_bool(root, key, *word == 't');
    else
        json_put_string(root, key, word);
}

static void put_key(struct json_view root, const struct trainee *t, const struct peft_key *k)
{
    const struct tuning *u = t->tuning;
    const bool turned = strcmp(k->key, "fan_in_fan_out") == 0;
    switch (k->value) {
    case PEFT_NUMBER:
        if (k->number == floor(k->number))
            json_put_int(root, k->key, (long long)k->number);
        else
            json_put_real(root, k->key, k->number);
        return;
    case PEFT_FALSE:
    case PEFT_TRUE:
        json_put_bool(root, k->key, k->value == PEFT_TRUE || (turned && u->model->arch->transposed));
        return;
    case PEFT_NULL:
        json_put_null(root, k->key);
        return;
    case PEFT_NONE:
        json_put_string(root, k->key, "none");
        return;
    case PEFT_RANK:
        json_put_int(root, k->key, u->common->rank);
        return;
    case PEFT_LARGEST:
        json_put_int(root, k->key, largest_rank(u));
        return;
    case PEFT_ALPHA:
        json_put_real(root, k->key, alpha_at(u, u->method->peft->one_rank ? largest_rank(u) : u->common->rank));
        return;
    case PEFT_DROPOUT:
        json_put_real(root, k->key, u->common->dropout);
        return;
    case PEFT_LENGTH:
        json_put_int(root, k->key, first_shared(u, u->method->peft->shared)->w.cols);
        return;
    case PEFT_STEPS:
        json_put_int(root, k->key, t->spec->train.steps);
        return;
    case PEFT_SITE_RANKS:
    case PEFT_SITE_ALPHAS:
    case PEFT_FEEDFORWARD:
    case PEFT_SPLIT_A:
    case PEFT_SPLIT_B:
        put_sites(root, u, k);
        return;
    case PEFT_OPTION:
    case PEFT_WORDS:
        put_option(root, u, k);
    }
}

/* What follows the dot in a key of the object that `use` names; NULL for other keys. */
static const char *within(const struct peft *p, const char *key)
{
    size_t n = p->use ? strlen(p->use) : 0;
    return n && strncmp(key, p->use, n) == 0 && key[n] == '.' ? key + n + 1 : NULL;
}

/* Is the key that tells this method from others of its type an object? */
static bool uses_object(const struct peft *p)
{
    bool is = false;
    for (const struct peft_key *k = p->key; k->key; k++)
        is |= within(p, k->key) != NULL;
    return is;
}

/* The keys that are true for one method of this type and false for the others, of which an object is left out; returns this
 * method's own object. */
static struct json_view put_uses(struct json_view root, const struct peft *p)
{
    for (int i = 0; i < method_registry_size; i++) {
        const struct peft *other = method_registry[i]->peft;
        if (peft_type(other) && other->use && strcmp(other->type, p->type) == 0 && !uses_object(other))
            json_put_bool(root, other->use, p->use && strcmp(p->use, other->use) == 0);
    }
    return uses_object(p) ? json_put_object(root, p->use) : root;
}

/* The modules that are saved whole: the classifier's and, where it belongs to what was trained or drawn, the pooler's. */
static void put_saved(struct json_view root, const struct tuning *u)
{
    const struct architecture *a = u->model->arch;
    struct json_view saved = json_put_array(root, "modules_to_save");
    char out[MODEL_NAME], dense[MODEL_NAME];
    architecture_module(a, a->head.out, out, sizeof out);
    json_put_string(saved, NULL, out);
    if (!a->head.dense || !saves_pooler(u))
        return;
    architecture_module(a, a->head.dense, dense, sizeof dense);
    if (strcmp(dense, out) != 0)
        json_put_string(saved, NULL, dense);
}

static void write_config(const struct trainee *t, const char *base, const char *folder)
{
    const struct tuning *u = t->tuning;
    const struct peft *p = u->method->peft;
    struct json *doc = json_new();
    struct json_view root = json_root(doc);
    json_put_string(root, "peft_type", p->type);
    if (t->model->classifier_W)
        json_put_string(root, "task_type", "SEQ_CLS");
    else
        json_put_null(root, "task_type");
    json_put_string(root, "base_model_name_or_path", base);
    json_put_bool(root, "inference_mode", true);
    struct json_view modules = json_put_array(root, "target_modules");
    struct module m;
    for (int i = 0; i < u->nsites; i += m.n) {
        m = module_at(u, i);
        json_put_string(modules, NULL, m.name);
    }
    if (t->model->classifier_W)
        put_saved(root, u);
    struct json_view own = put_uses(root, p);
    for (const struct peft_key *k = p->key; k->key; k++) {
        struct peft_key inner = *k;
        inner.key = within(p, k->key);
        put_key(inner.key ? own : root, t, inner.key ? &inner : k);
    }
    char *path = mem_text("%s/adapter_config.json", folder);
    json_write(doc, path);
    free(path);
    json_free(doc);
}

/* Dies when the format cannot say what was trained: a choice that PEFT has not, or sites that differ in rank where it has
 * neither a rank for each nor zeros for those with less. */
static void check_format(const struct tuning *u)
{
    const struct method *m = u->method;
    char name[PEFT_WORD], word[PEFT_WORD];
    bool own = m->peft->one_rank, ranks = false;
    for (const struct peft_tensor *p = m->peft->tensor; p->ours; p++)
        ranks |= p->ranks != RANKS_NOWHERE;
    for (const struct peft_tensor *p = m->peft->shared; p->ours; p++)
        for (int i = u->model->nbase; i < u->model->nparam; i++)
            if (is_shared(u->model->param[i], p) && u->model->param[i]->w.cols != first_shared(u, p)->w.cols)
                die(EXIT_USAGE, "%s: PEFT's format has one length for all of %s: export it with --merge", m->name,
                    p->ours);
    for (const struct peft_key *k = m->peft->key; k->key; k++) {
        own |= k->value == PEFT_SITE_RANKS;
        if (k->value == PEFT_WORDS &&
            !peft_word(k, (int)number_of(option_find(m->options, k->option), u->opts), name, word))
            die(EXIT_USAGE, "%s: PEFT's format has no word for this %s=: export it with --merge", m->name, k->option);
    }
    for (int i = 1; i < u->nsites && ranks && !own; i++)
        if (rank_of(u, u->site[i]) != rank_of(u, u->site[0]))
            die(EXIT_USAGE,
                "%s: PEFT's format has one size for all layers, and %s has another than %s: export it with --merge",
                m->name, u->site[i]->name, u->site[0]->name);
}

void export_adapter(const struct trainee *t, const char *base, const char *folder)
{
    const char *why = export_why_merged(t->tuning->method, t->model->arch);
    if (why)
        die(EXIT_USAGE, "%s is no adapter for %s: %s: export it with --merge", t->tuning->method->name,
            t->model->arch->title, why);
    check_format(t->tuning);
    folder_make(folder);
    export_note(folder, EXPORT_ADAPTER, t->key, t->classes,
                t->model->classifier_W ? t->model->classifier_W->w.rows : 0);
    write_tensors(t, folder);
    write_config(t, base, folder);
}

/* Can pairs of q, k and v become one pair of the matrix that holds them all? */
static bool can_fuse(const struct method *m)
{
    const struct peft *p = m->peft;
    bool pair = strcmp(p->type, "LORA") == 0 && !(m->facts & MOVES_BASE) && !p->one_rank && !p->shared->ours;
    for (const struct peft_tensor *t = p->tensor; t->ours; t++)
        pair &= t->ranks == RANKS_IN_ROWS || t->ranks == RANKS_IN_COLUMNS || t->form == PEFT_VECTOR;
    return pair;
}

const char *export_why_merged(const struct method *m, const struct architecture *a)
{
    if (!m->peft)
        return m->facts & MOVES_BASE ? "W0 itself has moved, and an adapter holds what is added"
                                     : "PEFT has no such method";
    if (m->peft->why_not)
        return m->peft->why_not;
    return a->fused && !can_fuse(m) ? "PEFT's format has nothing of it for a matrix that holds q, k and v together"
                                    : NULL;
}

void export_verify(const struct trainee *t, const char *folder)
{
    struct file f = tensors_of(t);
    char *path = mem_text("%s/adapter_model.safetensors", folder);
    struct safetensors *s = safetensors_open(path);
    bool same = safetensors_count(s) == f.n;
    for (size_t i = 0; same && i < f.n; i++) {
        const struct safetensor *at = safetensors_find(s, f.name[i]);
        size_t n = (f.tensor[i].rows ? f.tensor[i].rows : 1) * f.tensor[i].cols;
        real *v = mem_alloc(n * sizeof *v);
        same = at && at->count == n;
        if (same)
            safetensors_read(s, at, v);
        same = same && memcmp(v, f.tensor[i].v, n * sizeof *v) == 0;
        free(v);
    }
    safetensors_close(s);
    free_file(&f);
    if (!same)
        die(EXIT_MISMATCH, "%s: read back, the export differs from what was trained", path);
    free(path);
}

/* Protocols of few runs against a known answer, counted by hand; and runs whose weights were changed. */
/* precision: float */
#include "tests/scratch.h"

#include "analysis/aftermath.h"
#include "analysis/leaderboard.h"
#include "core/arena.h"
#include "core/die.h"
#include "core/file.h"
#include "tests/near.h"

#include <math.h>

enum { METHODS = 3, ANSWERS = 3 };

/* LoRA, A that is better by .1 and B that is worse by .1, one task; two common rates by two seeds. */
static const double answers[METHODS][ANSWERS] = {{0.70, 0.71, 0.72}, {0.80, 0.81, 0.82}, {0.60, 0.61, 0.62}};
static double lone[METHODS][4] = {{0.5, 0.6, 0.7, 0.3}, {0.55, 0.65, 0.2, 0.2}, {0.1, 0.1, 0.9, 0.1}};

struct by_hand {
    struct board b;
    struct setup setup;
    struct group group[METHODS];
    const struct group *answer[METHODS];
    struct lone_scores lone[METHODS];
    struct facts facts[METHODS][ANSWERS];
    struct result run[METHODS][ANSWERS];
    const struct result *of[METHODS][ANSWERS];
};

static struct by_hand *hand(void)
{
    static struct by_hand h;
    static char text[] = "twin=0\n";
    h = (struct by_hand){.setup = {.text = text}};
    for (int m = 0; m < METHODS; m++) {
        for (int i = 0; i < ANSWERS; i++) {
            facts_clear(&h.facts[m][i]);
            h.facts[m][i].test_metric = answers[m][i];
            h.run[m][i] = (struct result){.present = true, .ok = true, .facts = &h.facts[m][i]};
            h.of[m][i] = &h.run[m][i];
        }
        h.group[m] = (struct group){.setup = &h.setup, .budget = 100, .run = h.of[m], .n = ANSWERS, .ok = ANSWERS};
        h.answer[m] = &h.group[m];
        h.lone[m] = (struct lone_scores){lone[m], lone[m]};
    }
    h.b = (struct board){.answer = h.answer,
                         .lone = h.lone,
                         .task = {"t"},
                         .method = {"LoRA", "A", "B"},
                         .weight = {1, 1},
                         .rate = {1e-3, 1e-2},
                         .tasks = 1,
                         .methods = METHODS,
                         .rates = 2,
                         .seeds = 2};
    return &h;
}

/* Catches: a sign that is turned, rates that are mixed, seeds that are averaged where one is meant, a rate that is chosen and
 * reported by the same run where a fresh one is meant. */
static void wrong_signs(void **state)
{
    (void)state;
    const struct board *b = &hand()->b;
    assert_int_equal(board_sign(b, 0, 0), 0);
    assert_int_equal(board_sign(b, 1, 0), 1);
    assert_int_equal(board_sign(b, 2, 0), -1);
    /* One seed: at the first rate A is behind in one of four pairs, at the second in all. */
    near(board_wrong_sign(b, PROTOCOL_ONE, 1, 0, 0), 0.25, 1e-12);
    near(board_wrong_sign(b, PROTOCOL_ONE, 1, 0, 1), 1, 1e-12);
    near(board_wrong_sign(b, PROTOCOL_ONE, 1, 0, -1), 0.625, 1e-12);
    /* B is worse, and ahead in two of four pairs at the second rate, in none at the first. */
    near(board_wrong_sign(b, PROTOCOL_ONE, 2, 0, -1), 0.25, 1e-12);
    near(board_wrong_sign(b, PROTOCOL_TWO, 1, 0, -1), 0.5, 1e-12); /* means .60 and .55; .2 and .5 */
    assert_true(isnan(board_wrong_sign(b, PROTOCOL_FOUR, 1, 0, -1)));
    /* The best of both rates: LoRA .7 or .6, A .55 or .65. */
    near(board_wrong_sign(b, PROTOCOL_OWN, 1, 0, -1), 0.75, 1e-12);
    /* Reported by the other seed: LoRA .3 or .5, A .65 or .55. */
    near(board_wrong_sign(b, PROTOCOL_OWN_FRESH, 1, 0, -1), 0, 1e-12);
    near(board_wrong_sign(b, PROTOCOL_SEARCH_1, 1, 0, -1), 0, 1e-12);
    int n;
    near(board_signs(b, PROTOCOL_ONE, &n).estimate, (0.625 + 0.25) / 2, 1e-12);
    assert_int_equal(n, 2);
    /* Own rate: A .75; B has .9 or .1 against LoRA's .7 or .6: ahead in two of four. */
    near(board_signs_less(b, PROTOCOL_OWN, PROTOCOL_ONE, &n).estimate, (0.75 - 0.625 + 0.5 - 0.25) / 2, 1e-12);
}

static void runs_spent(void **state)
{
    (void)state;
    const struct board *b = &hand()->b;
    static const int wanted[PROTOCOLS] = {1, 1, 2, 4, 2, 3, 6, 5, 7, 9};
    for (int p = 0; p < PROTOCOLS; p++)
        assert_int_equal(protocol_runs(b, (enum protocol)p), wanted[p]);
}

/* Catches: subsets that miss some or repeat one; scores of a seed without a run. */
static void scores_of_protocols(void **state)
{
    (void)state;
    struct by_hand *h = hand();
    double *v, with_hole[] = {0.5, NAN, 0.7, 0.3};
    assert_int_equal(protocol_scores(&h->b, PROTOCOL_SEARCH_3, 0, 0, 0, &v), 1);
    near(v[0], 0.71, 1e-12);
    free(v);
    assert_int_equal(protocol_scores(&h->b, PROTOCOL_SEARCH_5, 0, 0, 0, &v), 0);
    free(v);
    h->lone[0].at = with_hole;
    assert_int_equal(protocol_scores(&h->b, PROTOCOL_ONE, 0, 0, 0, &v), 1);
    free(v);
    assert_int_equal(protocol_scores(&h->b, PROTOCOL_OWN, 0, 0, 0, &v), 1); /* seed 1 has no run at a rate */
    near(v[0], 0.7, 1e-12);
    free(v);
    assert_int_equal(protocol_scores(&h->b, PROTOCOL_AS_THEY_COME, 0, 0, 0, &v), 2); /* its own size is whole */
    free(v);
    double three[] = {0.5, 0.6, 0.8};
    h->lone[0].at = three, h->b.rates = 1, h->b.seeds = 3;
    assert_int_equal(protocol_scores(&h->b, PROTOCOL_TWO, 0, 0, 0, &v), 3);
    near(v[0], 0.55, 1e-12), near(v[1], 0.65, 1e-12), near(v[2], 0.7, 1e-12);
    free(v);
}

/* Catches: a rate per task where one for all is meant, tasks that weigh as their scales happen to be wide. */
static void one_rate_for_all_tasks(void **state)
{
    (void)state;
    struct by_hand *h = hand();
    double first[] = {0.5, 0.5, 0.7, 0.7}, second[] = {0.9, 0.9, 0.8, 0.8};
    struct lone_scores two[2 * METHODS] = {{first, first}, {second, second}};
    const struct group *both[2 * METHODS] = {h->answer[0], h->answer[0]};
    double *v;
    h->b.lone = two, h->b.answer = both, h->b.tasks = 2, h->b.methods = 1;
    assert_int_equal(protocol_scores(&h->b, PROTOCOL_OWN, 0, 1, 0, &v), 2);
    near(v[0], 0.8, 1e-12); /* .7 + .8 beats .5 + .9 */
    free(v);
    h->b.weight[1] = 5; /* .5 + 4.5 beats .7 + 4 */
    assert_int_equal(protocol_scores(&h->b, PROTOCOL_OWN, 0, 0, 0, &v), 2);
    near(v[0], 0.5, 1e-12);
    free(v);
}

/* Catches: LoRA or a method without a budget left out or let in by mistake, a win that depends on the order of methods. */
static void wrong_winners(void **state)
{
    (void)state;
    struct by_hand *h = hand();
    /* First rate: A wins but for one of four pairs, when LoRA does. Second: B wins with .9, else LoRA. */
    near(board_wrong_winner(&h->b, PROTOCOL_ONE, 0), 0.625, 1e-12);
    h->group[2].budget = 0; /* B is a reference: at the second rate LoRA always wins */
    near(board_wrong_winner(&h->b, PROTOCOL_ONE, 0), 0.625, 1e-12);
    h->group[0].budget = 0; /* A alone */
    near(board_wrong_winner(&h->b, PROTOCOL_ONE, 0), 0, 1e-12);
}

static const char key[] = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

static struct altered_list scaled(void)
{
    static const double t[] = {0.8, 0.9, 1}, forgetting[] = {0.02, 0.06, 0.10}, score[] = {0.6, 0.8, 0.9},
                        valid[] = {0.5, 0.7, 0.7};
    struct altered_list l = {0};
    for (int i = 0; i < 3; i++) {
        struct altered *a = &PUSH(l.row, l.n);
        *a = (struct altered){
            .step = {CHANGE_SCALE, t[i]}, .valid = valid[i], .test = score[i], .forgetting = forgetting[i]};
        snprintf(a->key, sizeof a->key, "%s", key);
    }
    return l;
}

/* Catches: a t chosen by test, the smaller of equals; interpolation that starts from the base, or leaves the list's ends. */
static void scaled_back(void **state)
{
    (void)state;
    struct altered_list l = scaled();
    struct facts f;
    facts_clear(&f);
    snprintf(f.key, sizeof f.key, "%s", key);
    const struct result w = {.ok = true, .present = true, .facts = &f};
    near(aftermath_best_t(&l, key), 1, 0);
    l.row[0].valid = 0.8;
    near(aftermath_best_t(&l, key), 0.8, 0);
    const struct altered_step best = {CHANGE_SCALE, NAN}, nine = {CHANGE_SCALE, 0.9};
    near(aftermath_of(&l, &w, best, AFTER_SCORE_LESS), -0.3, 1e-12);
    near(aftermath_of(&l, &w, nine, AFTER_FORGETTING_LESS), -0.04, 1e-12);
    near(aftermath_of(&l, &w, nine, AFTER_REGAINED), 0.4, 1e-12);
    assert_true(isnan(aftermath_of(&l, &w, (struct altered_step){CHANGE_RANK, 1}, AFTER_SCORE)));
    near(aftermath_score_at(&l, &w, 0.08), 0.85, 1e-12);
    near(aftermath_score_at(&l, &w, 0.03), 0.65, 1e-12);
    near(aftermath_score_at(&l, &w, 0.2), 0.9, 1e-12);
    assert_true(isnan(aftermath_score_at(&l, &w, 0.01)));
    altered_free(&l);
}

/* Catches: no interval, or an infinite weight, where the runs of a task do not differ. */
static void tasks_that_stand_still(void **state)
{
    (void)state;
    double a[] = {0, 0, 0}, b[] = {0.01, 0.02, 0.03}, c[] = {0.03, 0.04, 0.05};
    const struct values x = {.v = {a, b, c}, .n = {3, 3, 3}, .tasks = 3};
    const struct pooled p = values_pool(&x, NULL);
    /* Task means 0, .02, .04: mean .02, sd .02, t(.975; 2) = 4.302653 */
    near(p.like.estimate, 0.02, 1e-12);
    near(p.like.low, 0.02 - 4.302653 * 0.02 / sqrt(3), 1e-6);
    near(p.like.high, 0.02 + 4.302653 * 0.02 / sqrt(3), 1e-6);
    near(p.here.estimate, 0.02, 1e-12);
    assert_int_equal(values_least(&x), 3);
}

/* Catches: seeds of one task that are taken for those of another; pairs that are counted once too few. */
static void one_seed_over_tasks(void **state)
{
    (void)state;
    double a[] = {0.1, 0.2}, b[] = {0.4, 0.3}, other[] = {0, 0.1};
    int s[] = {100, 101}, turned[] = {101, 100};
    const struct values x = {.v = {a, b}, .seed = {s, turned}, .n = {2, 2}, .tasks = 2},
                        y = {.v = {other}, .seed = {s}, .n = {2}, .tasks = 1};
    double *draw;
    assert_int_equal(values_draws(&x, NULL, &draw), 2);
    near(draw[0], 0.2, 1e-12), near(draw[1], 0.3, 1e-12);
    free(draw);
    assert_int_equal(values_draws(&x, &y, &draw), 4);
    near(draw[3], 0.2, 1e-12);
    free(draw);
}

static void read_text(const char *text)
{
    struct altered_list l;
    altered_read(&l, scratch_text("altered.csv", text));
    altered_free(&l);
}

/* Catches: a list that is read as another one, a row that is passed over. */
static void lists_are_read_or_refused(void **state)
{
    (void)state;
    struct altered_list l = scaled(), again;
    altered_read(&again, scratch_path("nowhere.csv"));
    assert_int_equal(again.n, 0);
    altered_write(&l, scratch_path("altered.csv"));
    altered_read(&again, scratch_path("altered.csv"));
    assert_int_equal(again.n, 3);
    near(altered_find(&again, key, CHANGE_SCALE, 0.9)->forgetting, 0.06, 0);
    assert_false(altered_whole(&again, key));
    altered_free(&l);
    altered_free(&again);
    static const char head[] = "key,change,amount,valid_metric,test_metric,forgetting,rank90,intruders\n";
    char text[512];
    dies(read_text("key,change\n"), EXIT_DATA, "has no column amount");
    snprintf(text, sizeof text, "%s%s,shrink,1,1,1,1,1,1\n", head, key);
    dies(read_text(text), EXIT_DATA, "altered.csv:2: change is \"shrink\", not one of scale|rank|intruders|others");
    snprintf(text, sizeof text, "%sabc,scale,1,1,1,1,1,1\n", head);
    dies(read_text(text), EXIT_DATA, "key is \"abc\", not a SHA-256");
    snprintf(text, sizeof text, "%s%s,scale,1,good,1,1,1,1\n", head, key);
    dies(read_text(text), EXIT_DATA, "valid_metric is \"good\", not a number");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wrong_signs),
        cmocka_unit_test(runs_spent),
        cmocka_unit_test(scores_of_protocols),
        cmocka_unit_test(one_rate_for_all_tasks),
        cmocka_unit_test(wrong_winners),
        cmocka_unit_test(scaled_back),
        cmocka_unit_test(tasks_that_stand_still),
        cmocka_unit_test(one_seed_over_tasks),
        cmocka_unit_test_setup_teardown(lists_are_read_or_refused, scratch_open, scratch_close),
    };
    return cmocka_run_group_tests_name("leaderboard", tests, NULL, NULL);
}

/* peftlab compare: from a table to a sentence, in a folder of its own, stopped and gone on with. */
/* precision: float */
#include "tests/process.h"
#include "tests/scratch.h"

#include <string.h>

static void expect(const char *words, int code, const char *says)
{
    char command[2048], text[1 << 14];
    const char *program = getenv("PEFTLAB");
    assert_non_null(program);
    snprintf(command, sizeof command, "cd '%s' && PEFTLAB='%s' && { %s; } 2>&1", scratch, program, words);
    int got = process_shell(command, text, sizeof text);
    if (got != code || !strstr(text, says))
        fail_msg("`%s` ended with %d and \"%s\"; %d and \"%s\" were wanted", words, got, text, code, says);
}

#define LONG  "a23456789012345678901234567890123456789012345678901234567890"
#define DATA  " base=tiny-random task=sst ntrain=64 nvalid=32 ntest=32 seeds=10..12"
#define RATES DATA " lr=1e-2 ladder=1e-2"
#define WORDS RATES " steps=8 budget=512"

/* Catches: a page or a list of runs that a comparison replaces; a budget whose comparison is written over another's; an
 * option of one method that is refused for the other; runs of LoRA that are made again for every comparison. */
static void test_own_folder(void **state)
{
    (void)state;
    expect("mkdir results && echo mine >results/report.html && echo mine >results/runs.csv", 0, "");
    expect("\"$PEFTLAB\" compare methods=dora" WORDS, 0,
           "No method is seen to do better than a guess (the best, LoRA, has 50.0 [50.0, 50.0], a guess 50.0)");
    expect("cat results/report.html results/runs.csv", 0, "mine\nmine\n");
    expect("\"$PEFTLAB\" compare methods=lora_drop,dora threshold=0.8" WORDS, 0, "existed, 0 failed");
    expect("ls results/compare | wc -l", 0, "2");
    expect("cat results/compare/*/compare.ini", 0, "threshold.lora_drop = 0.8\n");
    expect("\"$PEFTLAB\" compare methods=dora" WORDS, 0, "compare.ini (goes on)");
    expect("\"$PEFTLAB\" compare methods=dora" WORDS, 0, "0 runs made");
    expect("grep -h answer results/compare/*/report.html", 0, "<p class=\"answer\">"); /* far down a long page */
    expect("\"$PEFTLAB\" sweep $(ls results/compare/*/compare.ini | head -n 1) --dry-run", 0,
           "0 and 0 of those known now are missing");
}

/* A table as a German spreadsheet leaves it: Windows-1252, semicolons, doubled quotes, rows without a label or twice, a rare
 * class, on a base of the made words, exported to have a vocabulary. Catches: metric, length or labels that do not follow from
 * the data; a time that is not kept to; a search without time for one; a dry run that writes; a line that is said twice, as by
 * the look at the data, the sweep and its worker. */
static void test_messy_table(void **state)
{
    (void)state;
    expect("\"$PEFTLAB\" export base=tiny-random base", 0, "");
    expect("awk 'BEGIN { print \"Nr;Text;Urteil\"; for (i = 0; i < 400; i++) printf \"%d;\\\"w%d, \\\"\\\"x\\\"\\\" "
           "w%d\\\";%s\\n\", i, "
           "i % 150, i % 7, i % 11 == 0 ? \"\" : i % 9 ? \"gro\\337\" : \"klein\" }' >t.csv",
           0, "");
    expect("\"$PEFTLAB\" compare file=t.csv text=Text label=urteil base=base methods=vera --dry-run", 0,
           "2 classes of ");
    expect("ls results/compare/*/* | wc -l", 0, "0");
    expect("\"$PEFTLAB\" compare file=t.csv text=text label=urteil base=base methods=vera steps=4 minutes=1", 0,
           "No method is seen to do better than a guess (the best, ");
    expect("cat results/compare/t-*/compare.ini", 0, "metric = macro_f1\n");
    expect("\"$PEFTLAB\" compare file=t.csv text=text label=urteil base=base methods=vera steps=4 minutes=1", 0,
           "method                  macro_f1  against LoRA");
    expect("cat results/compare/t-*/compare.ini", 0, "rank.vera = 256\n");
    expect("cat results/compare/t-*/compare.ini", 0, "max_len = 16\n");
    expect("cat results/compare/t-*/compare.ini", 0, "head = pooler\n");
    expect("cat results/compare/t-*/compare.ini", 0, "\nhead_rate = ");
    expect("cat results/compare/t-*/tables/compare-second.md", 0, "VeRA");
    expect("awk 'BEGIN { print \"text|label\"; for (i = 0; i < 300; i++) printf \"w%d|%d\\n\", i, 3 * i }' >s.csv", 0,
           "");
    expect("\"$PEFTLAB\" compare file=s.csv base=base methods=lora steps=4 seeds=0..2 minutes=1", 0,
           "so none can be recommended: give more steps");
    expect("cat results/compare/s-*/compare.ini", 0, "labels = score\n");
    expect("\"$PEFTLAB\" compare file=s.csv base=base methods=lora steps=4 tune_seeds=none seeds=0..2", 0,
           "(the best, LoRA, has ");
    expect("grep -h '^lr.lora = [^ ]*$' results/compare/s-*/compare.ini", 0, "lr.lora = 3e-3\n");
    expect("\"$PEFTLAB\" compare file=t.csv text=Text label=urteil base=base epochs=3000 batch=1 minutes=1", 2,
           "minutes=1: not enough; give minutes=");
    expect("cp t.csv again.csv && \"$PEFTLAB\" compare file=again.csv text=Text label=urteil base=base methods=lora "
           "steps=4 "
           "tune_seeds=none seeds=0..2 >said 2>&1; grep -c '^test [0-9]* rows' said; sort said | uniq -d | grep .",
           1, "1\n");
    expect("\"$PEFTLAB\" compare base=base", 2, "compare needs data");
    expect("\"$PEFTLAB\" compare task=sst methods=nosuch", 2, "nosuch");
}

/* Catches: methods=all, whose list no line of an experiment holds, and whose rates are more lines than a grid might have; a
 * file name that is a comment or a quote there; words that a comparison would leave aside, give to one method of two, or to a
 * method where the task was meant, or write twice; labels without any relation to the texts, of which the best by chance is recommended. */
static void test_odd_words(void **state)
{
    (void)state;
    expect("\"$PEFTLAB\" compare methods=all" DATA " steps=8 budget=512 --dry-run", 0, " methods, 8 steps");
    expect("ls results/compare | wc -l", 0, "0\n");
    expect("\"$PEFTLAB\" compare methods=fourierft,waveft,vera n=20 rank.vera=64 steps=2" RATES, 0, "12 runs made");
    expect("cat results/compare/sst-*/compare.ini", 0, "n.fourierft = 20\nn.waveft = 20\nrank.vera = 64\n");
    expect("rm -r results/compare; \"$PEFTLAB\" compare methods=lora epochs=2 steps=5" RATES, 2, "give one of the two");
    expect("\"$PEFTLAB\" compare seed=7" WORDS, 2, "seed=7: a comparison has several seeds");
    expect("\"$PEFTLAB\" compare evaluate=valid" WORDS, 2, "evaluate=valid: a comparison searches on validation");
    expect("\"$PEFTLAB\" compare methods=dora steps=9" WORDS, 2, "steps is given twice");
    expect("\"$PEFTLAB\" compare methods=dora lr.lorra=1e-3" WORDS, 2,
           "no method is called \"lorra\"; did you mean lora?");
    expect("\"$PEFTLAB\" compare methods=dora rank.vera=9" WORDS, 2,
           "vera is not among the methods of this comparison");
    expect("\"$PEFTLAB\" compare methods=dora seed.dora=9" WORDS, 2, "all methods have the same seeds");
    expect("\"$PEFTLAB\" compare methods=dora task=sst base=tiny-random steps=8 tune_seeds=100..101 lr=1e-2 budget=512",
           0, "10 seeds on test");
    expect("cat results/compare/sst-*/compare.ini", 0, "\nseeds = 102..111\n");
}

static void test_chance(void **state)
{
    (void)state;
    expect("\"$PEFTLAB\" export base=tiny-random base", 0, "");
    expect("awk 'BEGIN { print \"text,label\"; for (i = 0; i < 300; i++) printf \"w%d w%d,%s\\n\", i % 150, "
           "i * 37 % 99, i * 7919 % 101 < 50 ? 4 : 7 }' >'data #2; \"a\".csv'",
           0, "");
    expect(
        "awk 'BEGIN { print \"text,label\"; for (i = 0; i < 300; i++) { printf \"\\\"w%d\", i; for (k = 0; k < (i < 3 "
        "? 20 : 1); "
        "k++) printf \" w%d\", k; printf \"\\\",%s\\n\", i % 2 ? \"a\" : \"b\" } }' >long.csv && \"$PEFTLAB\" compare "
        "file=long.csv base=base methods=lora steps=3 --dry-run",
        0, "tokens, the longest 23");
    expect("\"$PEFTLAB\" compare file=long.csv base=base methods=lora steps=3 max_len=8 --dry-run", 0,
           "the longest 23");
    expect(
        "awk 'BEGIN { print \"a,b,label\"; for (i = 0; i < 300; i++) printf \"w%d,w%d w1 w2,%d\\n\", i, i, i % 2 }' "
        ">pairs.csv && \"$PEFTLAB\" compare file=pairs.csv text=a pair=b base=base methods=unilora steps=3 minutes=1 "
        "seeds=0..2 tune_seeds=none && cat results/compare/pairs-*/compare.ini",
        0, "task.pair = b\n");
    expect("awk 'BEGIN { print \"\\047x\\047,x,label\"; for (i = 0; i < 300; i++) printf \"w%d,v%d,%d\\n\", i, i, i % "
           "2 }' >quote.csv && "
           "\"$PEFTLAB\" compare file=quote.csv text=\"'x'\" base=base methods=lora steps=3 seeds=0..2 tune_seeds=none "
           "minutes=1 "
           ">said 2>&1; cat results/compare/quote-*/compare.ini; tail -3 said",
           0, "text = \"'x'\"\n");
    expect("\"$PEFTLAB\" compare file=quote.csv text='it'\"'\"'s \"x\"' base=base methods=lora steps=3", 2,
           "both kinds of quotes");
    expect("\"$PEFTLAB\" compare file=quote.csv text=1 valid= test= base=base methods=lora steps=3 --dry-run", 0,
           "(not written)");
    expect("tail -n +2 quote.csv >bare.csv; \"$PEFTLAB\" compare file=bare.csv text=1 label=2 base=base methods=lora "
           "steps=3 --dry-run "
           "2>&1",
           0, "was taken for the names of columns, but says \"0\" for the label");
    expect("printf '[experiment]\\ntitle = x\\n[grid a]\\nbase = base\\ntask = table\\nfile = k.csv\\nmethod = "
           "head\\nsteps = 2\\nevals = 1\\n"
           "lr = 1e-3\\nseeds = 1..1\\n' >k.ini; (echo text,label; cat bare.csv | cut -d, -f2,3) >k.csv; \"$PEFTLAB\" "
           "sweep k.ini results=k1 "
           "&& \"$PEFTLAB\" report k.ini results=k1",
           0, "k: 1 runs made");
    expect("sed -i 's/,1$/,2/' k.csv; \"$PEFTLAB\" report k.ini results=k2 known=k1/runs.csv 2>&1", 1,
           "k.csv: its contents are not those of the runs in the list");
    expect("rm k.csv; \"$PEFTLAB\" report k.ini results=k3 known=k1/runs.csv", 0, "k3/report.html");
    expect(
        "printf '[experiment]\ntitle = x\n[grid a]\nbase = tiny-random\ntask = majority\nmethod = head\nsteps = "
        "2\nevals = "
        "1\nlr = 1e-3\nseeds = 1..2\n' >m.ini; \"$PEFTLAB\" sweep m.ini results=m1 && \"$PEFTLAB\" report m.ini "
        "results=m1 && awk -F, -v OFS=, 'NR == 1 { for (i = 1; i <= NF; i++) c[$i] = i } NR == 2 { $c[\"data_hash\"] = "
        "$c[\"key\"]; print }  NR == 1' m1/runs.csv >old.csv; \"$PEFTLAB\" sweep m.ini results=m2 known=old.csv",
        3, "2 of these runs are of other data or of another base than those of old.csv");
    expect("awk 'BEGIN { print \"text,label\"; for (i = 0; i < 300; i++) printf \"w%d,%s\\n\", i, i == 7 ? \"n.a.\" : "
           "i % 40 / 10 }' "
           ">odd.csv && \"$PEFTLAB\" compare file=odd.csv base=base methods=lora steps=3 --dry-run",
           0, "most labels look like scores, but 1 of the different ones");
    expect("\"$PEFTLAB\" compare file='data #2; \"a\".csv' base=base methods=full steps=30 seeds=0..4 tune_seeds=none",
           0, "No method is seen to do better than a guess");
    expect("\"$PEFTLAB\" sample table file='data #2; \"a\".csv' base=base -n 20 | cut -c 1-4 | sort -u", 0,
           "4   \n7   \n");
    expect("\"$PEFTLAB\" run method=lora task=table labels=score metric=mcc file=data* base=base steps=1", 2,
           "metric=mcc is of classes, and the labels are scores");
    expect("mv data* t" LONG LONG ".csv && \"$PEFTLAB\" compare file=t" LONG LONG ".csv base=base methods=lora steps=3 "
           "seeds=0..2 tune_seeds=none && mv t" LONG LONG ".csv data.csv",
           0, "a guess");
    expect("mkdir -p d/" LONG "/" LONG "/" LONG " && cp data* d/" LONG "/" LONG "/" LONG "/t.csv", 0, "");
    expect("\"$PEFTLAB\" compare file=d/" LONG "/" LONG "/" LONG "/t.csv base=base methods=lora steps=3", 2,
           "go into the folder");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_own_folder, scratch_open, scratch_close),
        cmocka_unit_test_setup_teardown(test_messy_table, scratch_open, scratch_close),
        cmocka_unit_test_setup_teardown(test_odd_words, scratch_open, scratch_close),
        cmocka_unit_test_setup_teardown(test_chance, scratch_open, scratch_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

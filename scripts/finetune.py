"""The same fine-tuning here and by PyTorch with Hugging Face PEFT: scores within the noise of seeds, and milliseconds per step.

python3 scripts/finetune.py FOLDER NAME=BASE:STEPS:BATCH:RATE_LORA:RATE_FULL ... trains each base on TREC (train.tsv and test.tsv of
FOLDER) three times by either program and method, adds what is missing to results/reference/finetune/finetune.csv and writes the
table beside it, which docs/real-text.md holds. METHODS (lora full) chooses. Needs torch, transformers and peft, and a built ./peftlab.

Settings are those of `peftlab run` in both: LoRA of rank 8 on query and value with alpha 16, or all weights; with either the head of the
base's ...ForSequenceClassification class, at the same rate; AdamW without decay or clipping, 6 % warm-up, then a line to 0, no
dropout, 128 tokens. PyTorch pads a batch to its longest example, as people do. Both draw their own initialisation and order.
Times are of processor, of one thread, median over steps.
"""
import csv
import math
import os
import random
import re
import statistics
import subprocess
import sys
import time
from pathlib import Path

TOKENS, WARMUP, SEEDS, RANK = 128, .06, 3, 8
OUT = Path("results/reference/finetune")
COLUMNS = ["base", "method", "program", "seed", "steps", "batch", "rate", "score", "ms"]
DROPOUTS = ("hidden_dropout_prob", "attention_probs_dropout_prob", "classifier_dropout", "dropout", "attention_dropout", "seq_classif_dropout")
T_FOUR = 2.776  # 97.5 % of Student's t with four degrees of freedom: three runs against three


def read(path):
    with open(path, encoding="utf-8", newline="") as f:
        rows = list(csv.DictReader(f, delimiter="\t", quoting=csv.QUOTE_NONE))
    return [r["text"] for r in rows], [r["label"] for r in rows]


def model_of(folder, method, classes):
    from peft import LoraConfig, get_peft_model
    from transformers import AutoConfig, AutoModelForSequenceClassification

    config = AutoConfig.from_pretrained(folder, num_labels=classes)
    for name in DROPOUTS:
        if hasattr(config, name):
            setattr(config, name, 0.0)
    model = AutoModelForSequenceClassification.from_pretrained(folder, config=config).float()
    if method == "full":
        return model
    names = {name.rsplit(".", 1)[-1] for name, _ in model.named_modules()}
    targets = ["query", "value"] if "query" in names else ["q", "v"]
    return get_peft_model(model, LoraConfig(task_type="SEQ_CLS", r=RANK, lora_alpha=2 * RANK, lora_dropout=0.0, target_modules=targets))


def theirs(folder, data, method, seed, steps, batch, rate):
    """Accuracy on the test rows, and milliseconds per step, tokenizing included in neither program."""
    import torch
    from transformers import AutoTokenizer

    torch.set_num_threads(1)
    torch.manual_seed(seed)
    order, tokenizer = random.Random(seed), AutoTokenizer.from_pretrained(folder)
    texts, words = read(data / "train.tsv")
    seen, answers = read(data / "test.tsv")
    names = sorted(set(words))
    model = model_of(folder, method, len(names))

    def rows(some, labels):
        return (tokenizer(some, truncation=True, max_length=TOKENS, padding=True, return_tensors="pt"),
                torch.tensor([names.index(x) for x in labels]))

    optimizer = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=rate, weight_decay=0.0)
    warm, places, spent = int(WARMUP * steps + .5), [], []
    model.train()
    for step in range(steps):
        places = places or order.sample(range(len(texts)), len(texts))
        now, places = places[:batch], places[batch:]
        fields, labels = rows([texts[i] for i in now], [words[i] for i in now])
        began = time.process_time()
        for group in optimizer.param_groups:
            group["lr"] = rate * ((step + 1) / warm if step < warm else (steps - step) / (steps - warm))
        torch.nn.functional.cross_entropy(model(**fields).logits, labels).backward()
        optimizer.step()
        optimizer.zero_grad()
        spent.append(time.process_time() - began)
    model.eval()
    right = 0
    with torch.no_grad():
        for at in range(0, len(seen), 64):
            fields, labels = rows(seen[at:at + 64], answers[at:at + 64])
            right += int((model(**fields).logits.argmax(1) == labels).sum())
    return right / len(seen), 1000 * statistics.median(spent)


def ours(folder, data, method, seed, steps, batch, rate):
    words = [f"method={method}", f"base={folder}", "task=table", f"file={data}/train.tsv", f"valid={data}/dev.tsv", f"test={data}/test.tsv",
             f"steps={steps}", f"batch={batch}", f"lr={rate}", f"seed={seed}", f"max_len={TOKENS}", f"warmup={WARMUP}", f"rank={RANK}",
             "evals=1", "evaluate=test-only", "probes=0"]
    said = subprocess.run([os.environ.get("PEFTLAB", "./peftlab"), "run", *words], check=True, capture_output=True, text=True).stdout
    return float(re.search(r" accuracy=([0-9.]+)", said)[1]), float(re.search(r" step=([0-9.]+)ms", said)[1])


def row_of(rows, base, method):
    """One row of the table: both programs' mean and spread, the difference with its 95 % interval, and times."""
    mine, other = ([r for r in rows if (r["base"], r["method"], r["program"]) == (base, method, p)] for p in ("peftlab", "PyTorch"))
    if len({(r["steps"], r["batch"], float(r["rate"])) for r in mine + other}) > 1:
        sys.exit(f"finetune: {base} {method}: runs of several steps, batches or rates stand in one list; keep each in a list of its own")
    if len(mine) < SEEDS or len(other) < SEEDS:
        return None
    a, b = ([100 * float(r["score"]) for r in some] for some in (mine, other))
    error = math.sqrt((statistics.variance(a) + statistics.variance(b)) / SEEDS)
    gap, ms = statistics.mean(a) - statistics.mean(b), [statistics.median(float(r["ms"]) for r in some) for some in (mine, other)]
    verdict = "within" if abs(gap) <= T_FOUR * error else "beyond"
    return (f"| {base} | {method} | {mine[0]['steps']} of {mine[0]['batch']} | {float(mine[0]['rate']):g} | "
            f"{statistics.mean(a):.1f} ({statistics.stdev(a):.1f}) | {statistics.mean(b):.1f} ({statistics.stdev(b):.1f}) | "
            f"{gap:+.1f} ± {T_FOUR * error:.1f}, {verdict} | {ms[0]:.0f} | {ms[1]:.0f} | {ms[1] / ms[0]:.1f} |")


def write(rows):
    OUT.joinpath("tables").mkdir(parents=True, exist_ok=True)
    with open(OUT / "finetune.csv", "w", newline="") as f:
        out = csv.DictWriter(f, COLUMNS, lineterminator="\n")
        out.writeheader()
        out.writerows(rows)
    lines = ["| base | method | steps | rate | here | PyTorch + PEFT | difference, and whether within the noise of seeds | ms | ms there | times |",
             "|---|---|---|---:|---:|---:|---|---:|---:|---:|"]
    lines += filter(None, (row_of(rows, *key) for key in dict.fromkeys((r["base"], r["method"]) for r in rows)))
    (OUT / "tables/finetune.md").write_text("\n".join(lines) + "\n")


def main():
    data, rows = Path(sys.argv[1]), []
    if (OUT / "finetune.csv").exists():
        with open(OUT / "finetune.csv", newline="") as f:
            rows = list(csv.DictReader(f))
    for word in sys.argv[2:]:
        base, settings = word.split("=", 1)
        folder, steps, batch, *rates = settings.rsplit(":", 4)
        rates = dict(zip(("lora", "full"), rates))
        for seed in range(SEEDS):
            for method in os.environ.get("METHODS", "lora full").split():
                for program, train in (("peftlab", ours), ("PyTorch", theirs)):
                    about = dict(zip(COLUMNS, (base, method, program, str(seed), steps, batch, rates[method])))
                    if any(all(r[k] == v for k, v in about.items()) for r in rows):
                        continue
                    score, ms = train(folder, data, method, seed, int(steps), int(batch), float(rates[method]))
                    rows.append({**about, "score": f"{score:.4f}", "ms": f"{ms:.1f}"})
                    print(",".join(rows[-1].values()), flush=True)
                    write(rows)


if __name__ == "__main__":
    main()

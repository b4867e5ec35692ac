"""Loads every export below a folder with transformers and PEFT and compares logits with its check.json."""

import json
import random
import sys
import warnings
from pathlib import Path

import torch
import transformers
from peft import PeftModel
from transformers import AutoModelForSequenceClassification

TOLERANCE = 1e-5  # of the largest logit

warnings.filterwarnings("ignore")
transformers.logging.set_verbosity_error()
transformers.utils.logging.disable_progress_bar()


def load(folder, classes):
    if not (folder / "adapter_config.json").exists():
        return AutoModelForSequenceClassification.from_pretrained(folder)
    config = json.loads((folder / "adapter_config.json").read_text())
    base = AutoModelForSequenceClassification.from_pretrained(
        config["base_model_name_or_path"], num_labels=classes, ignore_mismatched_sizes=True)  # it may bring a classifier
    return PeftModel.from_pretrained(base.float(), folder)  # a base stored in half precision is loaded as such


def distance(folder):
    check = json.loads((folder / "check.json").read_text())
    wanted = torch.tensor(check["logits"])
    model = load(folder, wanted.shape[1]).eval()
    worst, segments = 0.0, getattr(model.config, "type_vocab_size", 0)  # others take no types, or make words of them
    with torch.no_grad():
        for ids, types, logits in zip(check["input_ids"], check["token_type_ids"], wanted):
            also = {"token_type_ids": torch.tensor([types])} if segments > 1 else {}
            got = model(input_ids=torch.tensor([ids]), **also).logits[0]
            worst = max(worst, float((got - logits).abs().max()))
    return worst / float(wanted.abs().max())


def make_bases(folder):
    """A small model of every architecture with random weights and the tests' tokenizer, and a table to train on."""
    from golden_bases import BASES

    tokenizers = Path("tests/golden/tokenizers")
    folder.mkdir(parents=True, exist_ok=True)
    words = "the ferry leaves at seven and it is a good red film".split()
    draw = random.Random(1)
    rows = [f"{' '.join(draw.choices(words, k=3 + i % 9))}\t{i % 2}" for i in range(400)]
    (folder / "table.tsv").write_text("\n".join(["sentence\tlabel"] + rows) + "\n")
    for name, (config, sizes, _, _) in BASES.items():
        torch.manual_seed(1)
        places = {k: v + 40 for k, v in sizes.items() if k in ("max_position_embeddings", "n_positions")}
        AutoModelForSequenceClassification.from_config(
            config(num_labels=2, **{**sizes, **places, "vocab_size": 600})).save_pretrained(folder / name)
        text = (tokenizers / name / "tokenizer.json").read_text()
        (folder / name / "tokenizer.json").write_text(text.replace("CHARSMAP", (tokenizers / "charsmap.txt").read_text()))
        (folder / name / "tokenizer_config.json").write_text((tokenizers / name / "tokenizer_config.json").read_text())
        print(name)


def main():
    if sys.argv[1] == "--bases":
        return make_bases(Path(sys.argv[2]))
    folders = sorted(p.parent for p in Path(sys.argv[1]).glob("*/check.json"))
    wrong = 0
    for folder in folders:
        error = distance(folder)
        good = error <= TOLERANCE
        wrong += not good
        print(f"{'ok  ' if good else 'BAD '} {folder.name:24} {error:.1e}")
    import peft

    print(f"{len(folders)} exports, {wrong} disagree beyond {TOLERANCE:.0e}: transformers {transformers.__version__}, "
          f"peft {peft.__version__}, torch {torch.__version__}")
    return 1 if wrong or not folders else 0


if __name__ == "__main__":
    sys.exit(main())

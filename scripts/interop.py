"""Loads every export below a folder with transformers and PEFT and compares logits with its check.json."""

import json
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


def main():
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

#!/usr/bin/env python3
"""One whole run as users of Hugging Face Trainer and PEFT make it: bench/trainer.py METHOD STEPS RUNS, seconds per run from start to end.

A BERT of our size (d = 64, four layers) with LoRA of rank 8 on query and value, 3,000 training examples of 10 to 24 tokens, batch 32,
four evaluations on 1,000 examples, padding by the collator to the longest of a batch. The data are random words: what is measured
is time. The first line says what importing took, then one line per run; runs after the first share the process, as in a notebook.
"""
import sys
import time

began = time.perf_counter()

import torch
from peft import LoraConfig, get_peft_model
from transformers import BertConfig, BertForSequenceClassification, Trainer, TrainingArguments

VOCAB, CLASSES = 717, 3


class Padder:
    """Pads a batch to its longest example."""

    padding_side, model_input_names = "right", ["input_ids"]

    def pad(self, features, **_):
        longest = max(len(f["input_ids"]) for f in features)
        pads = [longest - len(f["input_ids"]) for f in features]
        return {"input_ids": torch.tensor([f["input_ids"] + [0] * n for f, n in zip(features, pads)]),
                "attention_mask": torch.tensor([[1] * len(f["input_ids"]) + [0] * n for f, n in zip(features, pads)]),
                "labels": torch.tensor([f["label"] for f in features])}


def examples(n, seed):
    g = torch.Generator().manual_seed(seed)
    lengths = torch.randint(10, 25, (n,), generator=g).tolist()
    return [{"input_ids": torch.randint(5, VOCAB, (k,), generator=g).tolist(),
             "label": int(torch.randint(0, CLASSES, (1,), generator=g))} for k in lengths]


def run(method, steps, seed):
    torch.manual_seed(seed)
    model = BertForSequenceClassification(BertConfig(
        vocab_size=VOCAB, hidden_size=64, num_hidden_layers=4, num_attention_heads=4, intermediate_size=256, max_position_embeddings=32,
        hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0, num_labels=CLASSES))
    if method == "lora":
        model = get_peft_model(model, LoraConfig(task_type="SEQ_CLS", r=8, lora_alpha=16, target_modules=["query", "value"]))
    arguments = TrainingArguments(
        output_dir=sys.argv[4], max_steps=steps, per_device_train_batch_size=32, per_device_eval_batch_size=64, learning_rate=1e-2,
        eval_strategy="steps", eval_steps=steps // 4, save_strategy="no", report_to=[], disable_tqdm=True, use_cpu=True, logging_steps=steps,
        warmup_steps=steps * 6 // 100, lr_scheduler_type="linear", seed=seed)
    trainer = Trainer(model=model, args=arguments, train_dataset=examples(3000, 1), eval_dataset=examples(1000, 2), data_collator=Padder().pad)
    trainer.train()
    trainer.evaluate()


def main():
    torch.set_num_threads(1)
    print(f"import {time.perf_counter() - began:.2f}", flush=True)
    method, steps, runs = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    for seed in range(runs):
        start = time.perf_counter()
        run(method, steps, seed)
        print(f"run {time.perf_counter() - start:.2f}", flush=True)


if __name__ == "__main__":
    main()

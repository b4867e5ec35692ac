#!/usr/bin/env python3
"""The same steps in PyTorch with Hugging Face PEFT on one core, for scripts/bench to run in turn with ours.

Reads lines `size kind method rank lengths seconds` and answers each with the median milliseconds of processor time per
step: of training, of evaluation (in inference mode), or of pretraining on the documents that `peftlab bench batches=1`
prints. The encoder is a plain BERT (torch.nn modules, scaled_dot_product_attention); a batch is padded to its longest
example and masked, as PyTorch users do. Adapters are those of the installed `peft`; where it is missing, LoRA and DoRA as
written below.
"""
import multiprocessing
import statistics
import subprocess
import sys
import time

import torch
from torch import nn
from torch.nn import functional as F

try:
    import peft
except ImportError:
    peft = None

SIZES = {"64": (64, 4, 4, 256, 32, 24), "128": (128, 4, 4, 512, 32, 32), "768": (768, 12, 12, 3072, 8, 64)}
VOCAB, CLASSES = 717, 3


class Layer(nn.Module):
    def __init__(self, d, heads, ffn):
        super().__init__()
        self.heads = heads
        self.query, self.key, self.value, self.out = (nn.Linear(d, d) for _ in range(4))
        self.up, self.down = nn.Linear(d, ffn), nn.Linear(ffn, d)
        self.norm1, self.norm2 = nn.LayerNorm(d), nn.LayerNorm(d)

    def forward(self, x, mask):
        b, t, d = x.shape
        q, k, v = (p(x).view(b, t, self.heads, -1).transpose(1, 2) for p in (self.query, self.key, self.value))
        a = F.scaled_dot_product_attention(q, k, v, attn_mask=mask)
        x = self.norm1(x + self.out(a.transpose(1, 2).reshape(b, t, d)))
        return self.norm2(x + self.down(F.gelu(self.up(x))))


class Output(dict):
    """What PEFT's AdaLoRA adds its penalty to."""

    __getattr__ = dict.__getitem__

    def __setattr__(self, name, value):
        self[name] = value


class Encoder(nn.Module):
    def __init__(self, d, layers, heads, ffn, length):
        super().__init__()
        self.word, self.position, self.segment = nn.Embedding(VOCAB, d), nn.Embedding(length, d), nn.Embedding(2, d)
        self.norm = nn.LayerNorm(d)
        self.layers = nn.ModuleList(Layer(d, heads, ffn) for _ in range(layers))
        self.pooler, self.classifier = nn.Linear(d, d), nn.Linear(d, CLASSES)

    def hidden(self, ids, segments, mask):
        x = self.word(ids) + self.position(torch.arange(ids.shape[1])) + self.segment(segments)
        x = self.norm(x)
        for layer in self.layers:
            x = layer(x, mask)
        return x

    def forward(self, ids, segments, mask, labels):
        x = self.hidden(ids, segments, mask)
        logits = self.classifier(torch.tanh(self.pooler(x[:, 0])))
        return Output(loss=F.cross_entropy(logits, labels), logits=logits)


class Pretraining(Encoder):
    """Words at masked rows, by a decoder tied to the embeddings and of these rows alone; and coherence of two texts."""

    def __init__(self, d, layers, heads, ffn, length):
        super().__init__(d, layers, heads, ffn, max(length, 32))
        self.transform, self.transform_norm, self.coherent = nn.Linear(d, d), nn.LayerNorm(d), nn.Linear(d, 2)
        self.bias = nn.Parameter(torch.zeros(VOCAB))

    def forward(self, ids, segments, mask, rows, words, coherent):
        x = self.hidden(ids, segments, mask)
        masked = self.transform_norm(F.gelu(self.transform(x.flatten(0, 1)[rows])))
        pair = self.coherent(torch.tanh(self.pooler(x[:, 0])))
        return Output(loss=F.cross_entropy(F.linear(masked, self.word.weight, self.bias), words)
                      + 0.5 * F.cross_entropy(pair, coherent, ignore_index=-1))


class OwnLoRA(nn.Module):
    """y = x W' + b + s (x A') B'; DoRA scales the rows of W + s B A to trained lengths."""

    def __init__(self, base, rank, dora):
        super().__init__()
        self.base, self.dora, self.s = base, dora, 2.0
        self.A = nn.Parameter(torch.empty(rank, base.in_features).uniform_(-1, 1) / base.in_features**0.5)
        self.B = nn.Parameter(torch.zeros(base.out_features, rank))
        if dora:
            self.m = nn.Parameter(base.weight.norm(dim=1).detach())

    def forward(self, x):
        y = F.linear(F.linear(x, self.A), self.B) * self.s
        if not self.dora:
            return self.base(x) + y
        norm = (self.base.weight + self.s * self.B @ self.A).norm(dim=1).detach()
        return (F.linear(x, self.base.weight) + y) * (self.m / norm) + self.base.bias


def own(model, method, rank):
    if method not in ("lora", "dora", "lora_fa"):
        return None
    for layer in model.layers:
        for name in ("query", "value"):
            setattr(layer, name, OwnLoRA(getattr(layer, name), rank, method == "dora"))
    return model


def with_peft(model, method, rank):
    targets = ["query", "value"]
    common = {"target_modules": targets}
    lora = {"r": rank, "lora_alpha": 2 * rank, "lora_dropout": 0.0, **common}
    if method in ("lora", "lora_fa"):
        config = peft.LoraConfig(**lora)
    elif method == "dora":
        config = peft.LoraConfig(use_dora=True, **lora)
    elif method == "vera":
        config = peft.VeraConfig(r=rank, vera_dropout=0.0, **common)
    elif method == "adalora":
        config = peft.AdaLoraConfig(init_r=(3 * rank + 1) // 2, target_r=rank, lora_alpha=3 * rank, lora_dropout=0.0,
                                    tinit=40, tfinal=200, deltaT=4, total_step=400, orth_reg_weight=0.1, **common)
    elif method == "ia3":
        config = peft.IA3Config(target_modules=["key", "value", "down"], feedforward_modules=["down"])
    else:
        return None
    return peft.get_peft_model(model, config)


def build(size, method, rank):
    d, layers, heads, ffn, _, length = SIZES[size]
    torch.manual_seed(1)
    model = Encoder(d, layers, heads, ffn, length)
    if method == "full":
        return model
    for p in model.parameters():
        p.requires_grad_(False)
    if method == "bitfit":
        for name, p in model.named_parameters():
            p.requires_grad_(name.endswith("bias"))
    elif method != "head":
        model = (with_peft if peft else own)(model, method, rank)
        if model is None:
            return None
    for name, p in model.named_parameters():
        if "classifier" in name:
            p.requires_grad_(True)
        elif method not in ("head", "bitfit") and not peft:
            p.requires_grad_(name.endswith((".A", ".B", ".m")))
        if method == "lora_fa" and ("lora_A" in name or name.endswith(".A")):
            p.requires_grad_(False)
    return model


def batches(size, lengths):
    _, _, _, _, batch, longest = SIZES[size]
    shortest = longest * 5 // 12 if lengths == "task" else longest
    n = [shortest + int((longest - shortest) * i / (batch - 1) + 0.5) for i in range(batch)]
    for _ in range(8):
        ids = torch.randint(0, VOCAB, (batch, max(n)))
        keep = torch.arange(max(n))[None, :] < torch.tensor(n)[:, None]
        yield {"ids": ids * keep, "segments": torch.zeros_like(ids), "labels": torch.randint(0, CLASSES, (batch,)),
               "mask": None if keep.all() else keep[:, None, None, :]}


def documents(size):
    """The batches of our own pretraining, padded."""
    text = subprocess.run(["./peftlab", "bench", "kind=pretrain", f"size={size}", "batches=1"], check=True,
                          capture_output=True, text=True).stdout
    batch_of = {}
    for line in text.splitlines():
        number, coherent, *tokens = line.split()
        tokens = torch.tensor([[int(n) for n in token.split(":")] for token in tokens])
        batch_of.setdefault(int(number), []).append((int(coherent), tokens))
    for examples in batch_of.values():
        longest = max(len(tokens) for _, tokens in examples)
        padded = torch.stack([F.pad(tokens, (0, 0, 0, longest - len(tokens)), value=-1) for _, tokens in examples])
        ids, segments, words = padded.unbind(2)
        rows = (words.flatten() >= 0).nonzero().squeeze(1)
        yield {"ids": ids.clamp(min=0), "segments": segments.clamp(min=0), "mask": (ids >= 0)[:, None, None, :],
               "rows": rows, "words": words.flatten()[rows], "coherent": torch.tensor([c for c, _ in examples])}


def evaluation(size, method, rank, lengths):
    model = build(size, method, rank)
    if model is None:
        return None
    model.eval()

    def step(batch, _):
        with torch.inference_mode():
            model(**batch)
    return step, list(batches(size, lengths))


def training(size, method, rank, lengths):
    model = build(size, method, rank)
    if model is None:
        return None
    model.train()
    optimizer = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=1e-4, weight_decay=0.01)

    def step(batch, number):
        model(**batch).loss.backward()
        optimizer.step()
        if method == "adalora" and peft:
            model.base_model.update_and_allocate(number % 400)
        optimizer.zero_grad(set_to_none=True)
    return step, list(batches(size, lengths))


def pretraining(size, *_):
    d, layers, heads, ffn, _, length = SIZES[size]
    torch.manual_seed(1)
    model = Pretraining(d, layers, heads, ffn, length)
    model.train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-5, betas=(0.9, 0.98), weight_decay=0.01)

    def step(batch, _):
        model(**batch).loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
    return step, list(documents(size))


def measure(kind, seconds, *what):
    work = {"train": training, "evaluate": evaluation, "pretrain": pretraining}[kind](*what)
    if work is None:
        return None
    step, data = work
    spent, number = [], 0
    while len(spent) < 7 or sum(spent) < seconds:
        began = time.process_time()
        step(data[number % len(data)], number)
        number += 1
        if number > 3:
            spent.append(time.process_time() - began)
    return 1e3 * statistics.median(spent)


def main():
    torch.set_num_threads(1)
    torch.set_num_interop_threads(1)
    print(f"PyTorch {torch.__version__}, " + (f"PEFT {peft.__version__}" if peft else "own adapters"), flush=True)
    for line in sys.stdin:
        size, kind, method, rank, lengths, seconds = line.split()
        with multiprocessing.get_context("fork").Pool(1) as fresh:  # no model before it has left its memory in pieces
            ms = fresh.apply(measure, (kind, float(seconds), size, method, int(rank), lengths))
        print("none" if ms is None else f"{ms:.4f}", flush=True)


main()

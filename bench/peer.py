#!/usr/bin/env python3
"""The same training steps in PyTorch with Hugging Face PEFT on one core, for scripts/bench to run in turn with ours.

Reads lines `size method rank lengths seconds` and answers each with the median milliseconds of processor time per step.
The encoder is a plain BERT (torch.nn modules, scaled_dot_product_attention); a batch is padded to its longest example and
masked, as PyTorch users do. Adapters are those of the installed `peft`; where it is missing, LoRA and DoRA as written below.
"""
import statistics
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

    def forward(self, ids, segments, mask, labels):
        x = self.word(ids) + self.position(torch.arange(ids.shape[1])) + self.segment(segments)
        x = self.norm(x)
        for layer in self.layers:
            x = layer(x, mask)
        logits = self.classifier(torch.tanh(self.pooler(x[:, 0])))
        return Output(loss=F.cross_entropy(logits, labels), logits=logits)


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


def measure(size, method, rank, lengths, seconds):
    model = build(size, method, rank)
    if model is None:
        return None
    optimizer = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=1e-4, weight_decay=0.01)
    data, spent, step = list(batches(size, lengths)), [], 0
    model.train()
    while len(spent) < 7 or sum(spent) < seconds:
        began = time.process_time()
        model(**data[step % len(data)]).loss.backward()
        optimizer.step()
        if method == "adalora" and peft:
            model.base_model.update_and_allocate(step % 400)
        optimizer.zero_grad(set_to_none=True)
        step += 1
        if step > 3:
            spent.append(time.process_time() - began)
    return 1e3 * statistics.median(spent)


def main():
    torch.set_num_threads(1)
    torch.set_num_interop_threads(1)
    print(f"PyTorch {torch.__version__}, " + (f"PEFT {peft.__version__}" if peft else "own adapters"), flush=True)
    for line in sys.stdin:
        size, method, rank, lengths, seconds = line.split()
        ms = measure(size, method, int(rank), lengths, float(seconds))
        print("none" if ms is None else f"{ms:.4f}", flush=True)


main()

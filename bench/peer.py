#!/usr/bin/env python3
"""The same steps by other programs on one core, for scripts/bench to run in turn with ours.

Reads lines `size kind method rank lengths seconds peer` and answers each with the median milliseconds of processor time per
step and the seconds of compiling before it, or "none": of training, of evaluation (in inference mode), or of pretraining on the
documents that `peftlab bench batches=1` prints. The encoder is a plain BERT; sizes
"cola" and "mrpc" are MiniLM's with the lengths of bench/lengths. Peers, each as its users write it:

    eager    PyTorch with Hugging Face PEFT, a batch padded to its longest example and masked
    sorted   the same, 256 examples sorted by length before they are cut into batches: hardly any padding
    packed   PyTorch without padding: linear layers and norms see the tokens alone, attention pads and unpads around itself
    compile  torch.compile of the padded model with static shapes, adapters written below, fused AdamW
    buckets  torch.compile, batches sorted and padded to one of four lengths
    jax      jax.jit of value and gradient with AdamW in one function, padded
    jaxsort  jax.jit, batches sorted and padded to one of four lengths

Where `peft` is missing, eager PyTorch uses LoRA and DoRA as written below.
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

PEERS = ("eager", "sorted", "packed", "compile", "buckets", "jax", "jaxsort")

MINILM = (384, 6, 12, 1536, 32, 128)
SIZES = {"64": (64, 4, 4, 256, 32, 24), "128": (128, 4, 4, 512, 32, 32), "768": (768, 12, 12, 3072, 8, 64), "cola": MINILM, "mrpc": MINILM}
VOCABS, CLASSES = {"cola": 30522, "mrpc": 30522}, 3


def vocab(size):
    return VOCABS.get(size, 717)


class Layer(nn.Module):
    def __init__(self, d, heads, ffn):
        super().__init__()
        self.heads = heads
        self.query, self.key, self.value, self.out = (nn.Linear(d, d) for _ in range(4))
        self.up, self.down = nn.Linear(d, ffn), nn.Linear(ffn, d)
        self.norm1, self.norm2 = nn.LayerNorm(d), nn.LayerNorm(d)

    def forward(self, x, mask, place=None):
        """x (B, T, d), or (N, d) where the N tokens stand at `place` of the padded (B T) rows."""
        d = x.shape[-1]
        q, k, v = (p(x) for p in (self.query, self.key, self.value))
        if place is not None:
            b, t = mask.shape[0], mask.shape[-1]
            q, k, v = (y.new_zeros(b * t, d).index_copy(0, place, y).view(b, t, d) for y in (q, k, v))
        b, t = q.shape[:2]
        q, k, v = (y.view(b, t, self.heads, -1).transpose(1, 2) for y in (q, k, v))
        a = F.scaled_dot_product_attention(q, k, v, attn_mask=mask).transpose(1, 2).reshape(b, t, d)
        x = self.norm1(x + self.out(a if place is None else a.view(b * t, d)[place]))
        return self.norm2(x + self.down(F.gelu(self.up(x))))


class Output(dict):
    """What PEFT's AdaLoRA adds its penalty to."""

    __getattr__ = dict.__getitem__

    def __setattr__(self, name, value):
        self[name] = value


class Encoder(nn.Module):
    def __init__(self, d, layers, heads, ffn, length, words):
        super().__init__()
        self.word, self.position, self.segment = nn.Embedding(words, d), nn.Embedding(length, d), nn.Embedding(2, d)
        self.norm = nn.LayerNorm(d)
        self.layers = nn.ModuleList(Layer(d, heads, ffn) for _ in range(layers))
        self.pooler, self.classifier = nn.Linear(d, d), nn.Linear(d, CLASSES)

    def hidden(self, ids, segments, mask, place=None):
        at = torch.arange(ids.shape[1])
        if place is not None:
            ids, segments, at = ids.flatten()[place], segments.flatten()[place], place % ids.shape[1]
        x = self.norm(self.word(ids) + self.position(at) + self.segment(segments))
        for layer in self.layers:
            x = layer(x, mask, place)
        return x

    def forward(self, ids, segments, mask, labels, place=None, first=None):
        x = self.hidden(ids, segments, mask, place)
        logits = self.classifier(torch.tanh(self.pooler(x[:, 0] if first is None else x[first])))
        return Output(loss=F.cross_entropy(logits, labels), logits=logits)


class Pretraining(Encoder):
    """Words at masked rows, by a decoder tied to the embeddings and of these rows alone; and coherence of two texts."""

    def __init__(self, d, layers, heads, ffn, length, words):
        super().__init__(d, layers, heads, ffn, max(length, 32), words)
        self.transform, self.transform_norm, self.coherent = nn.Linear(d, d), nn.LayerNorm(d), nn.Linear(d, 2)
        self.bias = nn.Parameter(torch.zeros(words))

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


def build(size, method, rank, library=peft):
    """The encoder with its adapters from `library`, or from this file where that is None; None if neither has the method."""
    d, layers, heads, ffn, _, length = SIZES[size]
    torch.manual_seed(1)
    model = Encoder(d, layers, heads, ffn, length, vocab(size))
    if method == "full":
        return model
    for p in model.parameters():
        p.requires_grad_(False)
    if method == "bitfit":
        for name, p in model.named_parameters():
            p.requires_grad_(name.endswith("bias"))
    elif method != "head":
        model = (with_peft if library else own)(model, method, rank)
        if model is None:
            return None
    for name, p in model.named_parameters():
        if "classifier" in name:
            p.requires_grad_(True)
        elif method not in ("head", "bitfit") and not library:
            p.requires_grad_(name.endswith((".A", ".B", ".m")))
        if method == "lora_fa" and ("lora_A" in name or name.endswith(".A")):
            p.requires_grad_(False)
    return model


def batches(size, lengths, peer="eager"):
    """Eight batches of the same examples: as they come, or sorted by length; padded to the longest, or to one of four lengths."""
    _, _, _, _, batch, longest = SIZES[size]
    shortest = longest * 5 // 12 if lengths == "task" else longest
    n = [shortest + int((longest - shortest) * i / (batch - 1) + 0.5) for i in range(batch)] * 8
    if size in VOCABS:
        n = [int(line) for line in open(f"bench/lengths/{size}.txt")]
        shortest, longest = min(n), max(n)
    if peer in ("sorted", "buckets", "jaxsort"):
        n.sort()
    for i in range(8):
        mine = n[batch * i : batch * (i + 1)]
        width = max(mine)
        if peer in ("compile", "jax") and size in VOCABS:
            width = longest  # one shape is compiled
        if peer in ("buckets", "jaxsort"):
            width = next(w for w in (shortest + (longest - shortest) * k // 4 for k in (1, 2, 3, 4)) if w >= width)
        ids = torch.randint(0, vocab(size), (batch, width))
        keep = torch.arange(width)[None, :] < torch.tensor(mine)[:, None]
        whole = bool(keep.all()) and peer not in ("compile", "buckets", "jax", "jaxsort", "packed")
        found = {"ids": ids * keep, "segments": torch.zeros_like(ids), "labels": torch.randint(0, CLASSES, (batch,)),
                 "mask": None if whole else keep[:, None, None, :]}
        if peer == "packed":
            found["place"] = keep.flatten().nonzero().squeeze(1)
            found["first"] = torch.tensor([0] + mine[:-1]).cumsum(0)
        yield found


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


def evaluation(size, method, rank, lengths, peer):
    model = build(size, method, rank, None if peer in ("compile", "buckets") else peft)
    if model is None:
        return None
    model.eval()
    forward = torch.compile(model, dynamic=False) if peer in ("compile", "buckets") else model

    def step(batch, _):
        with torch.inference_mode():
            forward(**batch)
    return step, list(batches(size, lengths, peer))


def training(size, method, rank, lengths, peer):
    compiled = peer in ("compile", "buckets")
    library = None if compiled else peft
    model = build(size, method, rank, library)
    if model is None:
        return None
    model.train()
    trained = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=1e-4, weight_decay=0.01, fused=True if compiled else None)
    forward = torch.compile(model, dynamic=False) if compiled else model

    def step(batch, number):
        forward(**batch).loss.backward()
        optimizer.step()
        if method == "adalora" and library:
            model.base_model.update_and_allocate(number % 400)
        optimizer.zero_grad(set_to_none=True)
    return step, list(batches(size, lengths, peer))


def pretraining(size, *_):
    d, layers, heads, ffn, _, length = SIZES[size]
    torch.manual_seed(1)
    model = Pretraining(d, layers, heads, ffn, length, vocab(size))
    model.train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-5, betas=(0.9, 0.98), weight_decay=0.01)

    def step(batch, _):
        model(**batch).loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
    return step, list(documents(size))


def in_jax(kind, size, method, rank, lengths, peer):
    """The same encoder as functions of arrays; LoRA, DoRA, full and head."""
    import jax
    from jax import numpy as jnp

    if method not in ("lora", "dora", "full", "head") or kind == "pretrain":
        return None
    torch.manual_seed(1)
    d, layers, heads, ffn, _, length = SIZES[size]
    w = {n: jnp.asarray(p.detach().numpy()) for n, p in Encoder(d, layers, heads, ffn, length, vocab(size)).named_parameters()}
    head = {n: w.pop(n) for n in ("classifier.weight", "classifier.bias")}
    if method == "full":
        train, frozen = {**w, **head}, {}
    else:
        train, frozen = dict(head), w
    if method in ("lora", "dora"):
        for i in range(layers):
            for name in ("query", "value"):
                at = f"layers.{i}.{name}"
                train[at + ".A"] = jax.random.uniform(jax.random.PRNGKey(i), (rank, d), minval=-1, maxval=1) / d**0.5
                train[at + ".B"] = jnp.zeros((d, rank))
                if method == "dora":
                    train[at + ".m"] = jnp.linalg.norm(w[at + ".weight"], axis=1)

    def linear(p, at, x):
        W, bias = p[at + ".weight"], p[at + ".bias"]
        if at + ".A" not in p:
            return x @ W.T + bias
        A, B = p[at + ".A"], p[at + ".B"]
        y = x @ W.T + 2.0 * (x @ A.T) @ B.T
        if at + ".m" in p:
            y = y * (p[at + ".m"] / jax.lax.stop_gradient(jnp.linalg.norm(W + 2.0 * B @ A, axis=1)))
        return y + bias

    def norm(p, at, x):
        x = x - x.mean(-1, keepdims=True)
        return x * jax.lax.rsqrt((x * x).mean(-1, keepdims=True) + 1e-5) * p[at + ".weight"] + p[at + ".bias"]

    def loss(train, frozen, ids, mask, labels):
        p = {**frozen, **train}
        b, t = ids.shape
        x = norm(p, "norm", p["word.weight"][ids] + p["position.weight"][:t] + p["segment.weight"][0])
        for i in range(layers):
            at = f"layers.{i}."
            q, k, v = (linear(p, at + n, x).reshape(b, t, heads, -1) for n in ("query", "key", "value"))
            s = jnp.einsum("bqhe,bkhe->bhqk", q, k) / (d // heads) ** 0.5
            a = jax.nn.softmax(jnp.where(mask, s, -1e9), axis=-1)
            a = jnp.einsum("bhqk,bkhe->bqhe", a, v).reshape(b, t, d)
            x = norm(p, at + "norm1", x + linear(p, at + "out", a))
            x = norm(p, at + "norm2", x + linear(p, at + "down", jax.nn.gelu(linear(p, at + "up", x), approximate=False)))
        logits = linear(p, "classifier", jnp.tanh(linear(p, "pooler", x[:, 0])))
        return -jnp.take_along_axis(jax.nn.log_softmax(logits), labels[:, None], 1).mean()

    @jax.jit
    def update(train, first, second, number, *rest):
        g = jax.grad(loss)(train, *rest)
        first = jax.tree.map(lambda m, x: 0.9 * m + 0.1 * x, first, g)
        second = jax.tree.map(lambda m, x: 0.999 * m + 0.001 * x * x, second, g)
        c1, c2 = 1 - 0.9**number, 1 - 0.999**number
        new = jax.tree.map(lambda p, m, v: p - 1e-4 * (m / c1 / (jnp.sqrt(v / c2) + 1e-8) + 0.01 * p), train, first, second)
        return new, first, second

    zeros = jax.tree.map(jnp.zeros_like, train)
    state = [train, zeros, zeros]
    only_loss = jax.jit(loss)

    def step(batch, number):
        if kind == "evaluate":
            only_loss(state[0], frozen, *batch).block_until_ready()
        else:
            state[:] = update(*state, number + 1.0, frozen, *batch)
            jax.block_until_ready(state)
    data = [tuple(jnp.asarray(b[n].numpy()) for n in ("ids", "mask", "labels")) for b in batches(size, lengths, peer)]
    return step, data


def measure(kind, seconds, size, method, rank, lengths, peer):
    """Median milliseconds per round of eight batches over eight, and the seconds that compiling took."""
    torch.set_num_threads(1)
    if peer.startswith("jax"):
        work = in_jax(kind, size, method, rank, lengths, peer)
    elif kind == "pretrain":
        work = pretraining(size) if peer == "eager" else None
    else:
        work = {"train": training, "evaluate": evaluation}[kind](size, method, rank, lengths, peer)
    if work is None:
        return None
    step, data = work
    spent, number, began = [], 0, time.perf_counter()
    for batch in data if peer in ("buckets", "jaxsort") else data[:2]:  # every shape is compiled
        step(batch, number)
        number += 1
    first = time.perf_counter() - began
    while not spent or sum(spent) < seconds:
        began = time.process_time()
        for batch in data:
            step(batch, number)
            number += 1
        spent.append(time.process_time() - began)
    return 1e3 * statistics.median(spent) / len(data), first


def main():
    torch.set_num_threads(1)
    torch.set_num_interop_threads(1)
    versions = [f"PyTorch {torch.__version__}", f"PEFT {peft.__version__}" if peft else "own adapters"]
    try:
        from importlib.metadata import version
        versions.append("JAX " + version("jax"))
    except ImportError:  # PackageNotFoundError is one
        pass
    print(", ".join(versions), flush=True)
    for line in sys.stdin:
        size, kind, method, rank, lengths, seconds, peer = line.split()
        answer = None
        try:
            with multiprocessing.get_context("spawn").Pool(1) as fresh:  # no model before it has left its memory in pieces
                answer = fresh.apply(measure, (kind, float(seconds), size, method, int(rank), lengths, peer))
        except Exception as why:  # a peer that is not installed or cannot compile here has no row, and the log says why
            print(f"{line.strip()}: {why}", file=sys.stderr, flush=True)
        print("none" if answer is None else f"{answer[0]:.4f} {answer[1]:.1f}", flush=True)


if __name__ == "__main__":
    main()

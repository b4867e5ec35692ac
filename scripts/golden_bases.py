"""Writes golden bases: what the real transformers and PEFT compute for one small model of an architecture, in float64.

python3 scripts/golden_bases.py FOLDER [NAME...] writes FOLDER/NAME/{config.json, model.safetensors, golden.h5}; without a
name all that it knows (format: docs/golden.md). An architecture of yours is one entry of BASES: its configuration class,
its sizes under that class's names, and the modules that PEFT adapts. Needs torch, transformers, peft and h5py.
"""
import sys
from pathlib import Path

import h5py
import numpy as np
import peft
import torch
import transformers
from transformers import AutoModelForSequenceClassification as Model

D = dict(hidden_size=16, num_attention_heads=2, intermediate_size=24, vocab_size=40)
POSITIONS = dict(max_position_embeddings=24)
TWO = dict(num_hidden_layers=2)
PAST_PADDING = dict(max_position_embeddings=26, pad_token_id=1)

# name: (configuration, sizes, PEFT's targets, where the head reads)
BASES = {
    "roberta": (transformers.RobertaConfig, {**D, **TWO, **PAST_PADDING, "type_vocab_size": 1, "layer_norm_eps": 1e-5},
                ["query", "value"], "first"),
    "distilbert": (transformers.DistilBertConfig,
                   {"dim": 16, "n_heads": 2, "n_layers": 2, "hidden_dim": 24, "vocab_size": 40, **POSITIONS},
                   ["q_lin", "v_lin"], "first"),
    "electra": (transformers.ElectraConfig, {**D, **TWO, **POSITIONS, "embedding_size": 12}, ["query", "value"], "first"),
    "mpnet": (transformers.MPNetConfig, {**D, **TWO, **PAST_PADDING, "layer_norm_eps": 1e-5}, ["q", "v"], "first"),
    "albert": (transformers.AlbertConfig,
               {**D, **POSITIONS, "num_hidden_layers": 3, "num_hidden_groups": 2, "embedding_size": 12,
                "hidden_act": "gelu_new", "classifier_dropout_prob": 0.0},
               ["query", "value"], "first"),
    "gpt2": (transformers.GPT2Config,
             {"n_embd": 16, "n_head": 2, "n_layer": 2, "n_inner": 24, "n_positions": 24, "vocab_size": 40,
              "pad_token_id": 39, "bos_token_id": 39, "eos_token_id": 39},
             ["c_attn"], "last"),
    "modernbert": (transformers.ModernBertConfig,
                   {**D, **POSITIONS, "num_hidden_layers": 3, "global_attn_every_n_layers": 2, "local_attention": 8,
                    "layer_types": ["full_attention", "sliding_attention", "full_attention"], "pad_token_id": 1,
                    "bos_token_id": 2, "eos_token_id": 3, "cls_token_id": 2, "sep_token_id": 3,
                    "classifier_pooling": "mean"},
                   ["Wqkv"], "mean"),
    "deberta-v3": (transformers.DebertaV2Config,
                   {**D, **TWO, **POSITIONS, "type_vocab_size": 0, "relative_attention": True, "position_buckets": 8,
                    "max_relative_positions": -1, "norm_rel_ebd": "layer_norm", "share_att_key": True,
                    "pos_att_type": ["p2c", "c2p"], "position_biased_input": False, "layer_norm_eps": 1e-7},
                   ["query_proj", "value_proj"], "first"),
}
LENGTHS = [3, 20, 7, 12, 1, 5]
CLASSES, RANK, ALPHA, STEPS = 3, 2, 4, 3
ADAM = dict(lr=0.01, weight_decay=0.01, beta1=0.9, beta2=0.999, adam_eps=1e-8)


def in_double():
    """Replaces what transformers computes in single precision whatever the model's: angles, rotation, DeBERTa's root."""
    from transformers.models.deberta_v2 import modeling_deberta_v2 as deberta
    from transformers.models.modernbert import modeling_modernbert as modern

    def angles(self, x, position_ids, layer_type):
        theta, size = self.config.rope_parameters[layer_type]["rope_theta"], self.config.hidden_size // self.config.num_attention_heads
        frequency = 1 / theta ** (torch.arange(0, size, 2, dtype=torch.float64) / size)
        angle = torch.cat([position_ids[..., None].double() * frequency] * 2, dim=-1)
        return angle.cos(), angle.sin()

    def rotate(q, k, cos, sin, unsqueeze_dim=1):
        cos, sin = cos.unsqueeze(unsqueeze_dim), sin.unsqueeze(unsqueeze_dim)
        return q * cos + modern.rotate_half(q) * sin, k * cos + modern.rotate_half(k) * sin

    modern.ModernBertRotaryEmbedding.forward = angles
    modern.apply_rotary_pos_emb = rotate
    deberta.scaled_size_sqrt = lambda layer, factor: torch.tensor(layer.size(-1) * factor, dtype=torch.float64).sqrt()


def plain(name):
    """A parameter's name without what PEFT wraps around it."""
    for extra in ("base_model.model.", "base_layer.", ".default", "modules_to_save."):
        name = name.replace(extra, "")
    return name


class Heard:
    """What the head's last linear map was given, and what the head read: inputs of modules in the last forward pass."""

    def __init__(self, model, pooling):
        self.pooling = pooling
        self.last = [m for n, m in model.named_modules() if n.split(".")[-1] in ("classifier", "out_proj", "score")
                     and isinstance(m, torch.nn.Linear)][0]
        self.last.register_forward_pre_hook(lambda module, given: setattr(self, "pooled", given[0].detach()))

    def pooled_of(self, n):
        p = self.pooled
        return (p[0, n - 1] if p.dim() == 3 else p[0]).numpy()


def main():
    folder, names = Path(sys.argv[1]), sys.argv[2:] or list(BASES)
    in_double()
    for name in names:
        write(folder / name, name, *BASES[name])
        print(folder / name)


def write(folder, name, config_class, sizes, targets, pooling):
    torch.manual_seed(1)
    config = config_class(num_labels=CLASSES, **sizes)
    model = Model.from_config(config).eval()
    with torch.no_grad():  # as pretrained weights are: no bias zero, no gain one
        for p in model.parameters():
            p.copy_((p + 0.3 * torch.randn_like(p) / (p.shape[-1] ** 0.5 if p.dim() > 1 else 2)).float())
    folder.mkdir(parents=True, exist_ok=True)
    model.save_pretrained(folder)
    model.double()
    numbers = np.random.default_rng(1)
    rows = [numbers.integers(4, 39, n) for n in LENGTHS]
    types = [np.arange(n) > n // 2 if sizes.get("type_vocab_size", config.to_dict().get("type_vocab_size", 0)) > 1 else None
             for n in LENGTHS]
    label = numbers.integers(0, CLASSES, len(rows))

    def forward(m, i, **more):
        if types[i] is not None:
            more["token_type_ids"] = torch.tensor(types[i][None].astype(int))
        return m(input_ids=torch.tensor(rows[i][None]), **more)

    def loss_of(m):
        return torch.stack([torch.nn.functional.cross_entropy(forward(m, i).logits, torch.tensor([label[i]]))
                            for i in range(len(rows))]).mean()

    h = h5py.File(folder / "golden.h5", "w")
    h.attrs.update({"schema": "peftlab-golden-base", "schema_version": "1", "architecture": config.model_type,
                    "source": f"torch {torch.__version__}, transformers {transformers.__version__}, peft {peft.__version__}",
                    "classes": CLASSES, "vectors": len(rows), "pooling": pooling})
    h["start"], h["input_ids"], h["label"] = np.cumsum([0] + LENGTHS), np.concatenate(rows), label
    if types[0] is not None:
        h["token_type_ids"] = np.concatenate(types).astype(int)
    heard, hidden, pooled, logits = Heard(model, pooling), [], [], []
    with torch.no_grad():
        for i, n in enumerate(LENGTHS):
            out = forward(model, i, output_hidden_states=True)
            states = out.hidden_states[-1][0].numpy()
            hidden.append(states.mean(0) if pooling == "mean" else states[n - 1 if pooling == "last" else 0])
            pooled.append(heard.pooled_of(n))
            logits.append(out.logits[0].numpy())
            if i == 1:
                h[f"expect/layers/{len(out.hidden_states) - 1}"] = states
                h["expect/layers"].attrs["row"] = 1
    h["expect/hidden"], h["expect/pooled"], h["expect/logits"] = hidden, pooled, logits
    loss = loss_of(model)
    loss.backward()
    h["expect/loss"] = loss.item()
    for n, p in model.named_parameters():
        h[f"expect/grad/{n}"] = np.zeros(p.shape) if p.grad is None else p.grad.numpy()
    steps(h, model, targets, loss_of, lambda m: np.stack([forward(m, i).logits[0].detach().numpy() for i in range(len(rows))]))
    h.close()


def steps(h, model, targets, loss_of, logits_of):
    """LoRA with PEFT's own head, a few steps of torch's AdamW."""
    model.zero_grad()
    tuned = peft.get_peft_model(model, peft.LoraConfig(r=RANK, lora_alpha=ALPHA, target_modules=targets, task_type="SEQ_CLS",
                                                       fan_in_fan_out=targets == ["c_attn"])).double().eval()
    trained = {plain(n): p for n, p in tuned.named_parameters() if p.requires_grad}
    with torch.no_grad():
        for n, p in trained.items():
            if "lora_B" in n:  # away from zero, or half of the gradients say nothing
                p.copy_((0.1 * torch.randn_like(p)).float())
    g = h.create_group("lora")
    g.attrs.update({"rank": RANK, "alpha": ALPHA, "targets": ",".join(targets), "steps": STEPS, **ADAM})
    optimizer = torch.optim.AdamW(trained.values(), lr=ADAM["lr"], betas=(ADAM["beta1"], ADAM["beta2"]), eps=ADAM["adam_eps"],
                                  weight_decay=ADAM["weight_decay"])
    losses = []
    for n, p in trained.items():
        g[f"init/{n}"] = p.detach().numpy().copy()
    for t in range(STEPS):
        optimizer.zero_grad()
        loss = loss_of(tuned)
        loss.backward()
        losses.append(loss.item())
        if t == 0:
            for n, p in trained.items():
                g[f"grad/{n}"] = p.grad.numpy().copy()
        optimizer.step()
    g["task_loss"], g["logits_after"] = losses, logits_of(tuned)
    for n, p in trained.items():
        g[f"after/{n}"] = p.detach().numpy().copy()


if __name__ == "__main__":
    main()

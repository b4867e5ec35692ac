"""Writes golden files: what the real PEFT computes for one method on a small BERT, in float64 (format: docs/golden.md).

A method of yours: one entry in CASES, the options as peftlab names them and PEFT's configuration beside them.
"""
import sys

import h5py
import numpy as np
import peft
import torch
from peft.tuners.lora import config as lora_config
from peft.tuners.tuners_utils import BaseTunerLayer
from transformers import BertConfig, BertForSequenceClassification

Q_V = ["query", "value"]

# case: (method, options of peftlab, targets as peftlab writes them, PEFT's configuration)
CASES = {
    "lora": ("lora", {"rank": 4, "alpha": 8}, "q,v", lambda: peft.LoraConfig(r=4, lora_alpha=8, target_modules=Q_V)),
    "lora_rank10": ("lora", {"rank": 10, "alpha": 20}, "q,v",
                    lambda: peft.LoraConfig(r=10, lora_alpha=20, target_modules=Q_V)),
    "rslora": ("rslora", {"rank": 4, "alpha": 8}, "q,v",
               lambda: peft.LoraConfig(r=4, lora_alpha=8, target_modules=Q_V, use_rslora=True)),
    "dora": ("dora", {"rank": 4, "alpha": 8}, "q,v",
             lambda: peft.LoraConfig(r=4, lora_alpha=8, target_modules=Q_V, use_dora=True)),
    "loha": ("loha", {"rank": 2, "alpha": 4}, "q,v", lambda: peft.LoHaConfig(r=2, alpha=4, target_modules=Q_V)),
    "hra": ("hra", {"rank": 4}, "q,v", lambda: peft.HRAConfig(r=4, target_modules=Q_V)),
    "miss": ("miss", {"rank": 4}, "q,v", lambda: peft.MissConfig(r=4, target_modules=Q_V)),
    "gralora": ("gralora", {"rank": 4, "alpha": 8, "k": 2}, "q,v",
                lambda: peft.GraloraConfig(r=4, alpha=8, gralora_k=2, target_modules=Q_V)),
    "oft": ("oft", {"block": 4}, "q,v", lambda: peft.OFTConfig(r=0, oft_block_size=4, target_modules=Q_V)),
    "oft_exact": ("oft", {"block": 4, "cayley": "exact"}, "q,v",
                  lambda: peft.OFTConfig(r=0, oft_block_size=4, use_cayley_neumann=False, target_modules=Q_V)),
    "delora": ("delora", {"rank": 2, "lambda": 15}, "q,v",
               lambda: peft.DeloraConfig(r=2, delora_lambda=15, target_modules=Q_V)),
    "waveft": ("waveft", {"n": 20}, "q,v", lambda: peft.WaveFTConfig(n_frequency=20, scaling=25, target_modules=Q_V)),
    "kasa": ("kasa", {"rank": 4, "alpha": 8, "diag_weight": 0, "orth_weight": 0}, "q,v",  # PEFT's loss has no penalty
             lambda: peft.LoraConfig(r=4, lora_alpha=8, target_modules=Q_V, kasa_config=lora_config.KasaConfig())),
    "bdlora": ("bdlora", {"rank": 4, "alpha": 8, "blocks": 2}, "q,v",
               lambda: peft.LoraConfig(r=4, lora_alpha=8, target_modules=Q_V, use_bdlora=lora_config.BdLoraConfig(
                   target_modules_bd_b=Q_V, nblocks=2))),
    "beft": ("beft", {}, "v", lambda: peft.BeftConfig(target_modules=["value"])),
    "glora": ("glora", {"rank": 3}, "q,v", lambda: peft.GloraConfig(r=3, target_modules=Q_V)),
    "randlora": ("randlora", {"rank": 4, "alpha": 8}, "q,v",
                 lambda: peft.RandLoraConfig(r=4, randlora_alpha=8, target_modules=Q_V)),
    "vblora": ("vblora", {"rank": 7, "pair": 2}, "q,v",
               lambda: peft.VBLoRAConfig(r=2, num_vectors=7, vector_length=8, target_modules=Q_V)),
    "unilora": ("unilora", {"length": 20, "pair": 2}, "q,v",
                lambda: peft.UniLoraConfig(r=2, theta_d_length=20, target_modules=Q_V)),
    "tinylora": ("tinylora", {"rank": 5, "frame": 3}, "q,v", lambda: peft.TinyLoraConfig(r=3, u=5, target_modules=Q_V)),
}
SIZES = dict(layers=2, d=16, heads=2, ffn=32, vocab=40, max_len=11, types=2, classes=2)
ADAM = dict(lr=0.01, weight_decay=0.01, beta1=0.9, beta2=0.999, adam_eps=1e-8)
STEPS = 5
SHARED = ("randlora_A", "randlora_B", "vblora_vector_bank", "unilora_theta_d", "tinylora_v")  # named after the first layer


def plain(name):
    """A parameter's name without what PEFT wraps around it: the name it has here."""
    for extra in ("base_model.model.", "base_layer.", ".default", "modules_to_save."):
        name = name.replace(extra, "")
    for shared in SHARED:
        name = name[max(name.find(shared), 0):]
    return name


def model_of(config):
    s = SIZES
    torch.manual_seed(1)
    bert = BertForSequenceClassification(BertConfig(
        vocab_size=s["vocab"], hidden_size=s["d"], num_hidden_layers=s["layers"], num_attention_heads=s["heads"],
        intermediate_size=s["ffn"], max_position_embeddings=s["max_len"], type_vocab_size=s["types"],
        num_labels=s["classes"], hidden_dropout_prob=0, attention_probs_dropout_prob=0, attn_implementation="eager"))
    bert = bert.double()
    with torch.no_grad():  # unlike a fresh model: no bias is zero, no gamma one
        for p in bert.parameters():
            p.add_(0.1 * torch.randn_like(p))
    model = peft.get_peft_model(bert, config).double()
    for name, p in model.named_parameters():
        if "classifier" in name:
            p.requires_grad_(True)
        elif p.requires_grad:  # away from the start, so that no gradient is trivially zero
            with torch.no_grad():
                p.add_(0.1 * torch.randn_like(p))
    return model.train()


def batch():
    g = torch.Generator().manual_seed(2)
    lengths, longest = (7, 3, 5), 7
    mask = torch.tensor([[int(t < n) for t in range(longest)] for n in lengths])
    return dict(input_ids=torch.randint(1, SIZES["vocab"], mask.shape, generator=g) * mask, attention_mask=mask,
                token_type_ids=torch.tensor([[int(t > n // 2) for t in range(longest)] for n in lengths]) * mask,
                labels=torch.tensor([0, 1, 1]))


def put(f, group, name, tensor):
    f[f"{group}/{name}"] = tensor.detach().numpy() if isinstance(tensor, torch.Tensor) else np.asarray(tensor)


def write(folder, case):
    method, options, targets, config = CASES[case]
    model, data = model_of(config()), batch()
    trained = {plain(n): p for n, p in model.named_parameters() if p.requires_grad}
    optimizer = torch.optim.AdamW(trained.values(), lr=ADAM["lr"], betas=(ADAM["beta1"], ADAM["beta2"]),
                                  eps=ADAM["adam_eps"], weight_decay=ADAM["weight_decay"])
    path = f"{folder}/{case}.h5"
    with h5py.File(path, "w") as f:
        f.attrs.update({"schema": "peftlab-golden", "schema_version": "1", "method": method, "case": case,
                        "source": f"torch {torch.__version__}, peft {peft.__version__}, float64",
                        "layer_norm_eps": 1e-12, "steps": STEPS, "opt.targets": targets,
                        "trainable_without_head": sum(p.numel() for n, p in trained.items() if "classifier" not in n)})
        for key, value in {**SIZES, **ADAM, **{f"opt.{k}": v for k, v in options.items()}}.items():
            f.attrs[key] = value
        for key, value in data.items():
            put(f, "batch", key, value.to(torch.int32))
        for name, tensor in [*model.named_parameters(), *model.named_buffers()]:
            if tensor.is_floating_point() or "_indices_" in name:
                put(f, "init", plain(name), tensor)
        losses = []
        for step in range(STEPS):
            out = model(**data)
            optimizer.zero_grad()
            out.loss.backward()
            losses.append(out.loss.item())
            if step == 0:
                put(f, "expect", "logits", out.logits)
                for name, p in trained.items():
                    put(f, "expect/grad", name, p.grad)
            optimizer.step()
        put(f, "expect", "task_loss", losses)
        for name, p in trained.items():
            put(f, "expect/after", name, p)
        put(f, "expect", "logits_after", model(**data).logits)
        sites = {plain(n) for n, module in model.named_modules() if isinstance(module, BaseTunerLayer)}
        for name, module in model.merge_and_unload().named_modules():
            if name in sites:
                put(f, "expect/effective_weight", f"{name}.weight", module.weight)
    print(path)


if __name__ == "__main__":
    if len(sys.argv) < 3:
        print("cases:", " ".join(CASES))
    for wanted in sys.argv[2:]:
        if wanted not in CASES:
            sys.exit(f"golden: no case {wanted}; there are {' '.join(CASES)}")
        write(sys.argv[1], wanted)

"""OpenLM in plain PyTorch, from its released definition (mlfoundations/open_lm 9bb92ef: model.py, norms.py,
positional_embedding/, model_configs/open_lm_1b_old.json), with the interface of a transformers model.

Head-rotary positions are computed here as they were released, by the head's index, although they change nothing.
"""

import json
from pathlib import Path
from types import SimpleNamespace

import torch
import torch.nn.functional as F
from safetensors.torch import save_file
from torch import nn

EPSILON = 1e-5
# model_norm → has weight, has bias
NORMS = {
    "default_layer_norm": (True, True),
    "lp_layer_norm": (True, True),
    "gain_only_layer_norm": (True, False),
    "gain_only_lp_layer_norm": (True, False),
    "no_wb_layer_norm": (False, False),
}


def open_lm_config(**changes) -> dict:
    """open_lm_1b_old.json, small."""
    return dict(
        model_type="open_lm",
        hidden_dim=16,
        n_layers=2,
        n_heads=2,
        seq_len=64,
        vocab_size=43,
        post_embed_norm=False,
        weight_tying=False,
        qk_norm=False,
        ffn_type="swiglu",
        model_norm="default_layer_norm",
        positional_embedding_type="head_rotary",
    ) | changes


def norm(config: dict) -> nn.LayerNorm:
    weight, bias = NORMS[config["model_norm"]]
    return nn.LayerNorm(config["hidden_dim"], eps=EPSILON, elementwise_affine=weight, bias=bias)


def rotate(x: torch.Tensor, index: torch.Tensor) -> torch.Tensor:
    """x (B, T, H, D), rotated by halves by the angles of `index`, which broadcasts to (T, H)."""
    half = x.shape[-1] // 2
    frequency = 10000.0 ** (-torch.arange(half, dtype=x.dtype) / half)
    angle = index[..., None].to(x.dtype) * frequency
    cos, sin = torch.cat([angle.cos()] * 2, -1), torch.cat([angle.sin()] * 2, -1)
    return x * cos + torch.cat([-x[..., half:], x[..., :half]], -1) * sin


class Attention(nn.Module):
    def __init__(self, config: dict):
        super().__init__()
        width = config["hidden_dim"]
        self.heads, self.positions = config["n_heads"], config["positional_embedding_type"]
        self.in_proj = nn.Linear(width, 3 * width, bias=False)
        self.out_proj = nn.Linear(width, width, bias=False)
        self.q_norm = norm(config) if config["qk_norm"] else nn.Identity()
        self.k_norm = norm(config) if config["qk_norm"] else nn.Identity()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        q, k, v = self.in_proj(x).chunk(3, dim=-1)
        q, k, v = (part.unflatten(-1, (self.heads, -1)) for part in (self.q_norm(q), self.k_norm(k), v))
        if self.positions == "rotary":
            q, k = (rotate(part, torch.arange(x.shape[1])[:, None]) for part in (q, k))
        elif self.positions == "head_rotary":
            q, k = (rotate(part, torch.arange(self.heads)[None, :]) for part in (q, k))
        scores = torch.einsum("bihd,bjhd->bhij", q, k) * q.shape[-1] ** -0.5
        future = torch.ones(x.shape[1], x.shape[1], dtype=torch.bool).triu(1)
        mixed = torch.einsum("bhij,bjhd->bihd", scores.masked_fill(future, -torch.inf).softmax(-1), v)
        return self.out_proj(mixed.flatten(-2))


class FeedForward(nn.Module):
    def __init__(self, width: int):
        super().__init__()
        hidden = 256 * ((int(2 * 4 * width / 3) + 256 - 1) // 256)
        self.w12 = nn.Linear(width, 2 * hidden, bias=False)
        self.w3 = nn.Linear(hidden, width, bias=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        gate, up = self.w12(x).chunk(2, dim=-1)
        return self.w3(F.silu(gate) * up)


class Block(nn.Module):
    def __init__(self, config: dict):
        super().__init__()
        self.attention = Attention(config)
        self.feed_forward = FeedForward(config["hidden_dim"])
        self.attention_norm = norm(config)
        self.ffn_norm = norm(config)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = x + self.attention(self.attention_norm(x))
        return x + self.feed_forward(self.ffn_norm(x))


class OpenLm(nn.Module):
    def __init__(self, config: dict):
        super().__init__()
        self.config = config
        size = (config["vocab_size"], config["hidden_dim"])
        self.post_embed_norm = norm(config) if config["post_embed_norm"] else nn.Identity()
        self.tok_embeddings = nn.Embedding(*size)
        self.layers = nn.ModuleList(Block(config) for _ in range(config["n_layers"]))
        self.norm = norm(config)
        self.output = nn.Linear(size[1], size[0], bias=False)
        if config["weight_tying"]:
            self.output.weight = self.tok_embeddings.weight
        for matrix in (self.tok_embeddings.weight, self.output.weight):
            nn.init.trunc_normal_(matrix, std=size[1] ** -0.5)

    def forward(self, input_ids: torch.Tensor, labels: torch.Tensor) -> SimpleNamespace:
        x = self.post_embed_norm(self.tok_embeddings(input_ids))
        for layer in self.layers:
            x = layer(x)
        logits = self.output(self.norm(x))
        loss = F.cross_entropy(logits[:, :-1].flatten(0, 1), labels[:, 1:].flatten())
        return SimpleNamespace(logits=logits, loss=loss)

    def save_pretrained(self, folder: Path) -> None:
        (folder / "config.json").write_text(json.dumps(self.config, indent=2) + "\n")
        save_file({name: value.detach() for name, value in self.named_parameters()}, folder / "model.safetensors")

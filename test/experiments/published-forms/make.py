"""Makes the models beside this file: what AI2's own OLMo library computes, in plain PyTorch from its released definition
(allenai/OLMo 59a53e3: olmo/config.py, olmo/model.py), with weights and config as its hf_olmo wrapper saves them.

    pip install -r test/conformance/requirements.txt
    python test/experiments/published-forms/make.py

Each is also converted as scripts/convert_olmo_to_hf_new.py and convert_olmo2_to_hf.py do and held against transformers.
expected.safetensors: input_ids (B, T) i64, logits (B, T, V) f32.
"""

import json
from pathlib import Path

import torch
import torch.nn.functional as F
import transformers
from safetensors.torch import save_file

HERE = Path(__file__).parent

# What every model here has; the fields are those of ModelConfig, with its words.
COMMON = dict(
    model_type="hf_olmo",
    architectures=["OLMoForCausalLM"],
    activation_type="swiglu",
    alibi=False,
    attention_dropout=0.0,
    attention_layer_norm=False,
    attention_layer_norm_with_affine=True,
    bias_for_layer_norm=False,
    block_group_size=1,
    block_type="sequential",
    clip_qkv=None,
    d_model=24,
    embedding_dropout=0.0,
    embedding_layer_norm=False,
    embedding_size=44,
    eos_token_id=2,
    include_bias=False,
    layer_norm_eps=1e-5,
    layer_norm_type="low_precision",
    layer_norm_with_affine=False,
    max_sequence_length=64,
    mlp_hidden_size=None,
    mlp_ratio=3,
    multi_query_attention=None,
    n_heads=3,
    n_kv_heads=None,
    n_layers=2,
    norm_after=False,
    pad_token_id=1,
    precision="amp_bf16",
    residual_dropout=0.0,
    rope=True,
    rope_full_precision=True,
    rope_theta=10000,
    scale_logits=False,
    vocab_size=41,
    weight_tying=True,
    torch_dtype="float32",
)
MODELS = {
    # As OLMo-1B, clipped as its successors: tied, rows beyond the vocabulary.
    "olmo": COMMON | dict(clip_qkv=1.0, multi_query_attention=False),
    # One head of keys in the older word, no rows beyond; an older model_type, an exact size of the MLP.
    "olmo-older": COMMON
    | dict(model_type="olmo", multi_query_attention=True, embedding_size=None, mlp_hidden_size=46, weight_tying=False),
    # As DataDecide: RMS norms with weights, untied.
    "llama": COMMON
    | dict(layer_norm_type="rms", layer_norm_with_affine=True, layer_norm_eps=1e-6, weight_tying=False, n_kv_heads=1),
    # As OLMo-2 before its conversion: norms after, and of queries and keys.
    "olmo2": COMMON
    | dict(
        layer_norm_type="rms",
        layer_norm_with_affine=True,
        layer_norm_eps=1e-6,
        attention_layer_norm=True,
        norm_after=True,
        rope_theta=500000,
        weight_tying=False,
    ),
}


def key_heads(config: dict) -> int:
    if config["n_kv_heads"] is not None:
        return config["n_kv_heads"]
    return 1 if config["multi_query_attention"] else config["n_heads"]


def make_weights(config: dict) -> dict[str, torch.Tensor]:
    """OLMo.__init__: the modules and their sizes."""
    width, rows = config["d_model"], config["embedding_size"] or config["vocab_size"]
    hidden = config["mlp_hidden_size"] or config["mlp_ratio"] * width
    keys = width // config["n_heads"] * key_heads(config)
    shapes = {"wte": (rows, width)}
    if not config["weight_tying"]:
        shapes["ff_out"] = (rows, width)
    affine = config["layer_norm_with_affine"]
    if affine:
        shapes["ln_f"] = (width,)
    for layer in range(config["n_layers"]):
        block = {
            "att_proj": (width + 2 * keys, width),
            "attn_out": (width, width),
            "ff_proj": (hidden, width),
            "ff_out": (width, hidden // 2),
        }
        if affine:
            block |= {"attn_norm": (width,), "ff_norm": (width,)}
        if config["attention_layer_norm"]:
            block |= {"q_norm": (width,), "k_norm": (keys,)}
        shapes |= {f"blocks.{layer}.{name}": shape for name, shape in block.items()}

    def draw(shape):
        return torch.randn(shape) * 1.4 * shape[-1] ** -0.5 if len(shape) > 1 else 1 + 0.3 * torch.randn(shape)

    return {f"transformer.{name}.weight": draw(shape) for name, shape in shapes.items()}


def norm(config: dict, x: torch.Tensor, weight: torch.Tensor | None) -> torch.Tensor:
    """LayerNorm and RMSLayerNorm of olmo/model.py."""
    if config["layer_norm_type"] == "rms":
        x = x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + config["layer_norm_eps"])
        return weight * x
    return F.layer_norm(x, x.shape[-1:], weight=weight, eps=config["layer_norm_eps"])


def rotate(config: dict, x: torch.Tensor) -> torch.Tensor:
    """RotaryEmbedding; x (B, H, T, D)."""
    size = x.shape[-1]
    frequencies = 1.0 / (config["rope_theta"] ** (torch.arange(0, size, 2, dtype=torch.float) / size))
    angles = torch.outer(torch.arange(x.shape[-2], dtype=torch.float), frequencies)
    positions = torch.cat((angles, angles), dim=-1)
    first, second = x.view(*x.shape[:-1], 2, size // 2).unbind(dim=-2)
    return x * positions.cos() + torch.cat((-second, first), dim=-1) * positions.sin()


def block(config: dict, w: dict[str, torch.Tensor], x: torch.Tensor) -> torch.Tensor:
    """OLMoSequentialBlock.forward."""
    heads, keys, after = config["n_heads"], key_heads(config), config["norm_after"]
    width, size = config["d_model"], config["d_model"] // heads
    qkv = (x if after else norm(config, x, w.get("attn_norm"))) @ w["att_proj"].T
    if config["clip_qkv"] is not None:
        qkv = qkv.clamp(min=-config["clip_qkv"], max=config["clip_qkv"])
    q, k, v = qkv.split((width, keys * size, keys * size), dim=-1)
    if config["attention_layer_norm"]:
        q, k = norm(config, q, w["q_norm"]), norm(config, k, w["k_norm"])
    q, k, v = (part.unflatten(-1, (-1, size)).transpose(1, 2) for part in (q, k, v))
    q, k = rotate(config, q), rotate(config, k)
    k, v = (part.repeat_interleave(heads // keys, dim=1) for part in (k, v))
    scores = q @ k.transpose(-1, -2) * size**-0.5
    future = torch.ones(scores.shape[-2:], dtype=torch.bool).triu(1)
    mixed = (scores.masked_fill(future, -torch.inf).softmax(-1) @ v).transpose(1, 2).flatten(-2) @ w["attn_out"].T
    x = x + (norm(config, mixed, w["attn_norm"]) if after else mixed)
    # SwiGLU: `x, gate = x.chunk(2, dim=-1)`, then silu(gate) * x.
    up, gate = ((x if after else norm(config, x, w.get("ff_norm"))) @ w["ff_proj"].T).chunk(2, dim=-1)
    fed = (F.silu(gate) * up) @ w["ff_out"].T
    return x + (norm(config, fed, w["ff_norm"]) if after else fed)


def forward(config: dict, weights: dict[str, torch.Tensor], ids: torch.Tensor) -> torch.Tensor:
    w = {name.removeprefix("transformer.").removesuffix(".weight"): value for name, value in weights.items()}
    x = w["wte"][ids]
    for layer in range(config["n_layers"]):
        prefix = f"blocks.{layer}."
        x = block(config, {name.removeprefix(prefix): value for name, value in w.items() if name.startswith(prefix)}, x)
    x = norm(config, x, w.get("ln_f"))
    return x @ (w["wte"] if config["weight_tying"] else w["ff_out"]).T


def converted(config: dict, weights: dict[str, torch.Tensor], ids: torch.Tensor) -> torch.Tensor:
    """The same by transformers, by the mapping of the library's conversion scripts."""
    width, after, rms = config["d_model"], config["norm_after"], config["layer_norm_type"] == "rms"
    keys = width // config["n_heads"] * key_heads(config)
    fields = dict(
        vocab_size=config["embedding_size"] or config["vocab_size"],
        hidden_size=width,
        intermediate_size=(config["mlp_hidden_size"] or config["mlp_ratio"] * width) // 2,
        num_hidden_layers=config["n_layers"],
        num_attention_heads=config["n_heads"],
        num_key_value_heads=key_heads(config),
        max_position_embeddings=config["max_sequence_length"],
        rope_parameters=dict(rope_type="default", rope_theta=float(config["rope_theta"])),
        tie_word_embeddings=config["weight_tying"],
    )
    if not rms:
        model = transformers.OlmoForCausalLM(transformers.OlmoConfig(**fields, clip_qkv=config["clip_qkv"]))
    elif after:
        model = transformers.Olmo2ForCausalLM(transformers.Olmo2Config(**fields, rms_norm_eps=config["layer_norm_eps"]))
    else:
        model = transformers.LlamaForCausalLM(transformers.LlamaConfig(**fields, rms_norm_eps=config["layer_norm_eps"]))
    state = {"model.embed_tokens.weight": weights["transformer.wte.weight"]}
    state["lm_head.weight"] = weights.get("transformer.ff_out.weight", state["model.embed_tokens.weight"])
    if rms:
        state["model.norm.weight"] = weights["transformer.ln_f.weight"]
    for layer in range(config["n_layers"]):
        old, new = f"transformer.blocks.{layer}", f"model.layers.{layer}"
        q, k, v = weights[f"{old}.att_proj.weight"].split((width, keys, keys), dim=0)
        up, gate = weights[f"{old}.ff_proj.weight"].chunk(2, dim=0)
        state |= {f"{new}.self_attn.{name}_proj.weight": value for name, value in dict(q=q, k=k, v=v).items()}
        state |= {f"{new}.mlp.up_proj.weight": up, f"{new}.mlp.gate_proj.weight": gate}
        state[f"{new}.self_attn.o_proj.weight"] = weights[f"{old}.attn_out.weight"]
        state[f"{new}.mlp.down_proj.weight"] = weights[f"{old}.ff_out.weight"]
        if rms:
            names = ("post_attention", "post_feedforward") if after else ("input", "post_attention")
            for norm_name, name in zip(("attn_norm", "ff_norm"), names):
                state[f"{new}.{name}_layernorm.weight"] = weights[f"{old}.{norm_name}.weight"]
        if config["attention_layer_norm"]:
            for name in ("q_norm", "k_norm"):
                state[f"{new}.self_attn.{name}.weight"] = weights[f"{old}.{name}.weight"]
    model.load_state_dict(state)
    return model.eval()(input_ids=ids).logits


@torch.no_grad()
def main() -> None:
    for seed, (name, config) in enumerate(MODELS.items()):
        torch.manual_seed(seed)
        weights = make_weights(config)
        ids = torch.randint(0, config["vocab_size"], (2, 13))
        logits = forward(config, weights, ids)
        difference = (logits - converted(config, weights, ids)).abs().max().item()
        assert difference < 1e-5, difference
        folder = HERE / name
        folder.mkdir(exist_ok=True)
        (folder / "config.json").write_text(json.dumps(config, indent=2) + "\n")
        prefix = "" if name == "olmo-older" else "model."
        save_file({prefix + key: value for key, value in weights.items()}, folder / "model.safetensors", {"format": "pt"})
        save_file({"input_ids": ids, "logits": logits}, folder / "expected.safetensors")
        print(f"{folder}: {sum(value.numel() for value in weights.values())} weights, {difference:.1e} from transformers")


if __name__ == "__main__":
    main()

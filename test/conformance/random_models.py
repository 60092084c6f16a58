"""Random models for `make.py --random`: whatever the configs of the families can say, drawn by a seed.

A draw is a config as AutoConfig takes it, the training, and the form of the files: in which words of transformers 4 or
5 the config is saved, in which dtype and in how many files the weights.
"""

import json
import random
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

ACTIVATIONS = ["gelu", "gelu_new", "gelu_pytorch_tanh", "gelu_fast", "silu", "relu"]
PRIMES = [2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 61]


def rope(draw: random.Random, base: dict) -> dict:
    """The rope_parameters: plain in most, stretched in some."""
    parameters = base | dict(rope_theta=draw.choice([100.0, 1e4, 1e5, 5e5, 12345.6]))
    kind = draw.choice(["default", "default", "default", "linear", "llama3"])
    parameters["rope_type"] = kind
    if kind == "linear":
        parameters["factor"] = draw.choice([2.0, 4.0, 1.5])
    if kind == "llama3":
        parameters |= dict(
            factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0, original_max_position_embeddings=draw.choice([8, 16, 64])
        )
    return parameters


def shared(draw: random.Random, heads: int, head_size: int) -> dict:
    return dict(
        vocab_size=draw.choice([17, 33, 53, 97, 127, 130, 211, 500]),
        hidden_size=heads * head_size,
        num_attention_heads=heads,
        num_hidden_layers=draw.randint(1, 3),
        intermediate_size=draw.choice([5, 16, 31, 42, 64, 77]),
        tie_word_embeddings=draw.random() < 0.4,
        pad_token_id=draw.choice([None, 0, 1, 5]),
        max_position_embeddings=64,
    )


def gpt_neox(draw: random.Random) -> dict:
    heads = draw.randint(1, 5)
    head_size = draw.choice([4, 6, 8, 9, 12, 16, 20, 24, 33])
    fraction = draw.choice([0.0, 0.1, 0.25, 0.25, 0.3, 0.5, 0.75] + ([1.0] if head_size % 2 == 0 else []))
    return shared(draw, heads, head_size) | dict(
        model_type="gpt_neox",
        rope_parameters=rope(draw, dict(partial_rotary_factor=fraction)),
        use_parallel_residual=draw.random() < 0.5,
        attention_bias=draw.random() < 0.7,
        hidden_act=draw.choice(ACTIVATIONS),
        layer_norm_eps=draw.choice([1e-5, 1e-6, 1e-3]),
    )


def llama_kin(draw: random.Random, model_type: str) -> dict:
    key_heads = draw.randint(1, 3)
    heads = key_heads * draw.randint(1, 4)
    head_size = draw.choice([2, 6, 8, 10, 16, 20, 24, 32])
    config = shared(draw, heads, head_size) | dict(
        model_type=model_type,
        num_key_value_heads=key_heads,
        rope_parameters=rope(draw, {}),
        attention_bias=draw.random() < 0.3,
        hidden_act=draw.choice(["silu"] * 4 + ACTIVATIONS),
    )
    if model_type == "llama":
        config |= dict(mlp_bias=draw.random() < 0.3, rms_norm_eps=draw.choice([1e-5, 1e-6, 1e-3]))
        if draw.random() < 0.3:
            config["head_dim"] = draw.choice([4, 12, 18, 40])
    if model_type == "olmo":
        config["clip_qkv"] = draw.choice([None, 0.5, 1.0, 8.0])
    if model_type == "olmo2":
        config["rms_norm_eps"] = draw.choice([1e-5, 1e-6])
    return config


def open_lm(draw: random.Random, defaults: dict) -> dict:
    heads = draw.randint(1, 4)
    norms = ["default_layer_norm", "lp_layer_norm", "gain_only_layer_norm", "gain_only_lp_layer_norm", "no_wb_layer_norm"]
    return defaults | dict(
        hidden_dim=heads * draw.choice([4, 6, 8, 20, 24]),
        n_heads=heads,
        n_layers=draw.randint(1, 3),
        vocab_size=draw.choice([17, 53, 97, 130]),
        post_embed_norm=draw.random() < 0.5,
        weight_tying=draw.random() < 0.5,
        qk_norm=draw.random() < 0.5,
        model_norm=draw.choice(norms),
        positional_embedding_type=draw.choice(["head_rotary", "rotary"]),
    )


def random_model(seed: int, open_lm_defaults: dict) -> tuple[dict, dict, dict]:
    """Config, training and form of the model of this seed; families take turns."""
    draw = random.Random(seed)
    family = ["gpt_neox", "llama", "olmo", "olmo2", "gpt_neox", "llama", "olmo2", "open_lm"][seed % 8]
    if family == "gpt_neox":
        config = gpt_neox(draw)
    elif family == "open_lm":
        config = open_lm(draw, open_lm_defaults)
    else:
        config = llama_kin(draw, family)
    training = dict(
        batch=draw.randint(1, 5),
        time=draw.choice(PRIMES),
        steps=draw.choice([5, 30, 30, 40]),
        lr=draw.choice([1e-4, 1e-3, 2e-3]),
        betas=draw.choice([[0.9, 0.95], [0.9, 0.999], [0.0, 0.9], [0.95, 0.98]]),
        eps=draw.choice([1e-8, 1e-6]),
        weight_decay=draw.choice([0.0, 0.01, 0.1, 1.0]),
        max_grad_norm=draw.choice([None, 1.0, 0.1, 100.0]),
    )
    form = dict(
        words=draw.choice([4, 5, 5]), dtype=draw.choice(["float32"] * 3 + ["bfloat16", "float16"]), files=draw.choice([1, 1, 3])
    )
    return config, training, form if family != "open_lm" else dict(words=5, dtype="float32", files=1)


def in_older_words(folder: Path) -> None:
    """The config as transformers 4 saved it: rotary settings at the top level, `torch_dtype`."""
    path = folder / "config.json"
    config = json.loads(path.read_text())
    parameters = config.pop("rope_parameters")
    base, fraction = parameters.pop("rope_theta"), parameters.pop("partial_rotary_factor", None)
    if config["model_type"] == "gpt_neox":
        config |= dict(rotary_emb_base=base, rotary_pct=fraction)
    else:
        config |= dict(rope_theta=base)
    config["rope_scaling"] = None if parameters["rope_type"] == "default" else parameters
    config["torch_dtype"] = config.pop("dtype")
    path.write_text(json.dumps(config, indent=2) + "\n")


def in_files(folder: Path, form: dict) -> None:
    """The one file of weights in another dtype (which they must hold exactly), or cut into several with an index."""
    path = folder / "model.safetensors"
    weights = {name: value.to(getattr(torch, form["dtype"])) for name, value in load_file(path).items()}
    groups = [list(weights)[index :: form["files"]] for index in range(form["files"])]
    groups = [group for group in groups if group]
    if len(groups) == 1:
        return save_file(weights, path, {"format": "pt"})
    path.unlink()
    index = {"metadata": {"total_size": sum(value.nbytes for value in weights.values())}, "weight_map": {}}
    for place, group in enumerate(groups):
        name = f"model-{place + 1:05}-of-{len(groups):05}.safetensors"
        save_file({key: weights[key] for key in group}, folder / name, {"format": "pt"})
        index["weight_map"] |= dict.fromkeys(group, name)
    (folder / "model.safetensors.index.json").write_text(json.dumps(index, indent=2))

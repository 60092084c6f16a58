"""The peer: GPT-NeoX and AdamW in PyTorch, f32 with TF32 off, eager or compiled.

Speaks JSON lines on stdin and stdout: first {config, shape, optimizer, rate, parameters, weights, compile, device},
answered by {device, name}; then one {tokens, targets} for each update, answered by {loss, milliseconds, bytes}.
"""
import base64, json, sys, time

import torch
import torch.nn.functional as F

torch.backends.cuda.matmul.allow_tf32 = False
torch.backends.cudnn.allow_tf32 = False


def rotate(x, cos, sin):
    half = cos.shape[-1]
    a, b, rest = x[..., :half], x[..., half : 2 * half], x[..., 2 * half :]
    return torch.cat((a * cos - b * sin, b * cos + a * sin, rest), -1)


def loss(p, tokens, targets, cos, sin, config, shape):
    B, T, C, H = shape["batch"], shape["time"], config["width"], config["heads"]
    epsilon = config["layerNormEpsilon"]

    def norm(name, x):
        return F.layer_norm(x, (C,), p[name + ".weight"], p[name + ".bias"], epsilon)

    def linear(name, x):
        return F.linear(x, p[name + ".weight"], p.get(name + ".bias"))

    x = F.embedding(tokens, p["gpt_neox.embed_in.weight"])
    for i in range(config["layers"]):
        layer = f"gpt_neox.layers.{i}"
        fused = linear(layer + ".attention.query_key_value", norm(layer + ".input_layernorm", x))
        q, k, v = fused.view(B, T, H, 3 * C // H).transpose(1, 2).chunk(3, -1)
        mixed = F.scaled_dot_product_attention(rotate(q, cos, sin), rotate(k, cos, sin), v, is_causal=True)
        attended = linear(layer + ".attention.dense", mixed.transpose(1, 2).reshape(B, T, C))
        between = x if config["parallelResidual"] else x + attended
        wide = F.gelu(linear(layer + ".mlp.dense_h_to_4h", norm(layer + ".post_attention_layernorm", between)))
        fed = linear(layer + ".mlp.dense_4h_to_h", wide)
        x = x + attended + fed if config["parallelResidual"] else between + fed
    head = p["gpt_neox.embed_in.weight" if config["tied"] else "embed_out.weight"]
    logits = F.linear(norm("gpt_neox.final_layer_norm", x), head)
    return F.cross_entropy(logits.view(-1, config["vocabularySize"]), targets.view(-1), ignore_index=-100)


def pick_device():
    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"


def synchronize(device):
    if device == "cuda":
        torch.cuda.synchronize()
    elif device == "mps":
        torch.mps.synchronize()


def main():
    task = json.loads(sys.stdin.readline())
    config, shape, optimizer = task["config"], task["shape"], task["optimizer"]
    start = time.perf_counter()
    device = task["device"] or pick_device()
    flat = torch.frombuffer(bytearray(base64.b64decode(task["weights"])), dtype=torch.float32)
    parameters, groups, offset = {}, {True: [], False: []}, 0
    for spec in task["parameters"]:
        size = 1
        for length in spec["shape"]:
            size *= length
        value = flat[offset : offset + size].clone().view(spec["shape"]).to(device).requires_grad_()
        offset += size
        parameters[spec["name"]] = value
        groups[spec["decay"]].append(value)
    adamw = torch.optim.AdamW(
        [
            {"params": groups[True], "weight_decay": optimizer["weightDecay"]},
            {"params": groups[False], "weight_decay": 0.0},
        ],
        lr=task["rate"],
        betas=tuple(optimizer["betas"]),
        eps=optimizer["epsilon"],
        fused=device != "mps",
    )
    half = int(config["width"] // config["heads"] * config["rotaryFraction"]) // 2
    frequency = config["rotaryBase"] ** (-torch.arange(half, dtype=torch.float64) / half)
    angle = torch.arange(shape["time"], dtype=torch.float64)[:, None] * frequency
    cos, sin = angle.cos().float().to(device), angle.sin().float().to(device)
    compute = torch.compile(loss) if task["compile"] else loss
    name = torch.cuda.get_device_name() if device == "cuda" else f"{device}, {torch.get_num_threads()} threads"
    print(json.dumps({"device": device, "name": name, "version": torch.__version__}), flush=True)
    for line in sys.stdin:
        batch = json.loads(line)
        tokens, targets = (torch.tensor(batch[key]).view(shape["batch"], shape["time"]) for key in ("tokens", "targets"))
        synchronize(device)
        if start is None:
            start = time.perf_counter()
        value = compute(parameters, tokens.to(device), targets.to(device), cos, sin, config, shape)
        adamw.zero_grad(set_to_none=True)
        value.backward()
        adamw.step()
        result = value.item()
        synchronize(device)
        milliseconds = (time.perf_counter() - start) * 1000
        start = None
        size = torch.cuda.max_memory_allocated() if device == "cuda" else None
        print(json.dumps({"loss": result, "milliseconds": milliseconds, "bytes": size}), flush=True)


main()

"""Makes the conformance directories of `npm run parity`: small models of Hugging Face transformers, f32 on the CPU.

OpenLM is not in transformers: its reference is open_lm_reference.py, written from the released definition.

    pip install -r test/conformance/requirements.txt
    python test/conformance/make.py                  # all directories, beside this file
    python test/conformance/make.py pythia-tiny --out DIR --seed 7 --set vocab_size=97 --set batch=2
    python test/conformance/make.py --random 40 --out DIR --seed 100      # models drawn by random_models.py

Each directory holds config.json and model.safetensors as transformers saves them, golden.json (optimizer, steps,
tolerances) and golden.safetensors (input_ids, labels, logits, loss, grad.*, steps.*, final.*).

AdamW is `torch.optim.AdamW(model.parameters())`: one group, so that weight decay applies to every parameter, norms and
biases too. Everything is computed a second time in float64; `float64` in golden.json says how far float32 is from it,
and where that is more than a third of a default tolerance, golden.json raises it to three times the distance.

Some gradients are zero but for rounding: a bias added to every key moves all scores of a query alike, so softmax does
not see it where the key is not rotated. Adam divides such a gradient by its own size, and the weight walks at random.
Elements of vectors whose gradient is below 1e-6 of the vector's largest are therefore left out of `final`, here and in
`npm run parity`.
"""

import argparse
import copy
import json
from pathlib import Path

import torch
import transformers
from safetensors.torch import load_file, save_file

from models import MODELS
from open_lm_reference import OpenLm, open_lm_config
from random_models import in_files, in_older_words, random_model

HERE = Path(__file__).parent
DEFAULT_TOLERANCE = {"logits": 1e-5, "loss": 1e-5, "grad": 5e-5, "steps.loss": 1e-4, "final": 1e-4}

# How each is trained. `seed` is added to the model's place in the table.
TRAINING = dict(
    batch=3, time=17, steps=30, seed=0, lr=2e-3, betas=[0.9, 0.95], eps=1e-8, weight_decay=0.1, max_grad_norm=1.0
)


def build(config: dict, seed: int) -> torch.nn.Module:
    """A model in which every parameter matters: no bias is zero, no norm weight is one."""
    torch.manual_seed(seed)
    if config["model_type"] == "open_lm":
        model = OpenLm(config)
    else:
        model = transformers.AutoModelForCausalLM.from_config(
            transformers.AutoConfig.for_model(**(dict(max_position_embeddings=64) | config)), attn_implementation="eager"
        )
    with torch.no_grad():
        for _, parameter in sorted(model.named_parameters()):
            matrix = parameter.dim() > 1
            parameter.add_(torch.randn(parameter.shape) * (parameter.shape[-1] ** -0.5 if matrix else 0.1))
    return model.eval()


def batch(
    vocabulary: int, shape: tuple[int, ...], generator: torch.Generator, whole_rows: bool
) -> tuple[torch.Tensor, torch.Tensor]:
    """Random tokens; as labels the same, −100 for a prompt at the start, for one label in five, and for whole rows."""
    ids = torch.randint(0, vocabulary, shape, generator=generator)
    labels = ids.clone()
    prompt = torch.randint(0, shape[-1] // 2, (*shape[:-1], 1), generator=generator)
    labels[torch.arange(shape[-1]) < prompt] = -100
    labels[torch.rand(shape, generator=generator) < 0.2] = -100
    if whole_rows:
        labels[torch.rand((*shape[:-1], 1), generator=generator).expand(shape) < 0.3] = -100
        labels[..., 0, -1] = ids[..., 0, -1]  # of every batch at least one
    return ids, labels


def train(model: torch.nn.Module, data: dict, training: dict, names: dict) -> dict[str, torch.Tensor]:
    """Everything golden.safetensors says, in the model's own precision."""
    result = {}
    output = model(input_ids=data["input_ids"], labels=data["labels"])
    output.loss.backward()
    result["logits"] = output.logits.detach()
    result["loss"] = output.loss.detach()
    for name, parameter in model.named_parameters():
        result[f"grad.{names[name]}"] = parameter.grad.clone()
    optimizer = torch.optim.AdamW(
        model.parameters(),
        lr=training["lr"],
        betas=tuple(training["betas"]),
        eps=training["eps"],
        weight_decay=training["weight_decay"],
    )
    losses = []
    for ids, labels in zip(data["steps.input_ids"], data["steps.labels"]):
        optimizer.zero_grad()
        loss = model(input_ids=ids, labels=labels).loss
        loss.backward()
        if training["max_grad_norm"] is not None:
            torch.nn.utils.clip_grad_norm_(model.parameters(), training["max_grad_norm"])
        optimizer.step()
        losses.append(loss.detach())
    result["steps.loss"] = torch.stack(losses)
    for name, parameter in model.named_parameters():
        result[f"final.{names[name]}"] = parameter.detach().clone()
    return result


def saved_names(model: torch.nn.Module, folder: Path) -> dict[str, str]:
    """Parameter name in the module → name in the saved file: transformers renames some when it saves."""
    saved = load_file(folder / "model.safetensors")
    names = {}
    for name, parameter in model.named_parameters():
        same = [key for key, value in saved.items() if torch.equal(value, parameter.detach())]
        assert len(same) == 1, f"{name} was saved as {same}"
        names[name] = same[0]
    return names


def distances(single: dict[str, torch.Tensor], double: dict[str, torch.Tensor]) -> dict[str, float]:
    """How far float32 is from float64, by check, in the check's own measure."""
    worst = dict.fromkeys(DEFAULT_TOLERANCE, 0.0)
    # A gradient that is zero but for rounding is measured against what is not.
    floor = 1e-6 * max(value.norm() for name, value in double.items() if name.startswith("grad."))
    for name, exact in double.items():
        check = name if name in worst else name.split(".")[0]
        difference = (single[name].double() - exact).abs()
        if check == "final":
            gradient = double["grad" + name.removeprefix("final")].abs()
            difference[(gradient < 1e-6 * gradient.max()) & (gradient.dim() == 1)] = 0
        size = exact.norm().clamp(min=floor if check == "grad" else 0)
        error = (difference / exact.abs()).max() if check == "steps.loss" else difference.norm() / size
        worst[check] = max(worst[check], error.item())
    return worst


def make(folder: Path, seed: int, config: dict, training: dict, form: dict | None = None) -> None:
    model = build(config, seed)
    for parameter in model.parameters() if form else []:
        parameter.data = parameter.data.to(getattr(torch, form["dtype"])).float()  # what the file can hold
    folder.mkdir(parents=True, exist_ok=True)
    model.save_pretrained(folder)
    (folder / "generation_config.json").unlink(missing_ok=True)
    names = saved_names(model, folder)
    if form:
        in_files(folder, form)
        if form["words"] == 4:
            in_older_words(folder)

    generator = torch.Generator().manual_seed(seed + 1000)
    size, time, steps = (training.pop(key) for key in ("batch", "time", "steps"))
    shape, whole_rows = (size, time), form is not None
    data = {}
    data["input_ids"], data["labels"] = batch(config["vocab_size"], shape, generator, whole_rows)
    data["steps.input_ids"], data["steps.labels"] = batch(config["vocab_size"], (steps, *shape), generator, whole_rows)

    exact = train(copy.deepcopy(model).double(), data, training, names)
    golden = train(model, data, training, names)
    measured = distances(golden, exact)
    tolerance = {
        check: float(f"{3 * measured[check]:.1e}") for check, default in DEFAULT_TOLERANCE.items() if 3 * measured[check] > default
    }
    save_file({key: value.contiguous() for key, value in (data | golden).items()}, folder / "golden.safetensors")
    description = {
        "optimizer": training,
        "steps": steps,
        "peft": None,
        "tolerance": tolerance,
        "float64": {check: float(f"{value:.1e}") for check, value in measured.items()},
        "versions": {"torch": torch.__version__.split("+")[0], "transformers": transformers.__version__},
        "seed": seed,
    }
    (folder / "golden.json").write_text(json.dumps(description, indent=2) + "\n")
    print(f"{folder}: loss {golden['loss']:.4f}, after {steps} steps {golden['steps.loss'][-1]:.4f}; raised: {tolerance}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", help=f"of {', '.join(MODELS)}; all where none is given")
    parser.add_argument("--out", type=Path, default=HERE)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--random", type=int, default=0, metavar="COUNT", help="as many models of seeds from --seed on")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=JSON", help="a field of the config or of the training")
    options = parser.parse_args()
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    settings = {key: json.loads(value) for key, value in (item.split("=", 1) for item in options.set)}
    for seed in range(options.seed, options.seed + options.random):
        config, training, form = random_model(seed, open_lm_config())
        make(options.out / f"random-{seed}", seed, config, training, form)
    for place, name in enumerate(MODELS if not options.random else []):
        if name in (options.names or MODELS):
            training = {key: settings.get(key, value) for key, value in TRAINING.items()}
            config = MODELS[name] | {key: value for key, value in settings.items() if key not in TRAINING}
            make(options.out / name, options.seed + place + training.pop("seed"), config, training)


if __name__ == "__main__":
    main()

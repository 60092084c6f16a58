"""Reads exported models back: transformers must load every folder whole and give what the engine gave.

    python test/export-check/check.py FOLDER…       # as `npm run export-check` calls it

A folder holds model.zip (the app's export), sharded/ (the same with its weights in several files) and expected.json.
OpenLM is not in transformers: its weights go by name into test/conformance/open_lm_reference.py instead.
"""

import json
import sys
import tempfile
import zipfile
from pathlib import Path

import torch
import transformers
import yaml
from safetensors.torch import load_file

sys.path.insert(0, str(Path(__file__).parent.parent / "conformance"))
from open_lm_reference import OpenLm

# Of logits: relative L2, and the largest difference, in units of the largest logit where that is above 1. (Of a real model
# with logits up to 18, PyTorch's own float32 is 1.4e-5 from its float64.)
TOLERANCE = 1e-5
TYPES = {"F32": torch.float32, "BF16": torch.bfloat16, "F16": torch.float16}
# Written anew by an export, since they speak of the files and not of the model.
OF_THE_FILES = {"torch_dtype", "dtype", "auto_map", "_name_or_path"}


class Checks:
    """Prints a line for each check and counts."""

    def __init__(self):
        self.count = self.failed = 0

    def __call__(self, name: str, holds: bool, what: str) -> None:
        self.count += 1
        self.failed += not holds
        print(f"  {name:<28} {what}  {'ok' if holds else 'WRONG'}", flush=True)


def load(folder: Path, check: Checks) -> torch.nn.Module:
    config = json.loads((folder / "config.json").read_text())
    if config["model_type"] == "open_lm":
        model, stored = OpenLm(config), {}
        for file in sorted(folder.glob("*.safetensors")):
            stored |= load_file(file)
        found = model.load_state_dict(stored, strict=False)
        info = dict(missing=found.missing_keys, unexpected=found.unexpected_keys)
    else:
        model, info = transformers.AutoModelForCausalLM.from_pretrained(folder, dtype="auto", output_loading_info=True)
    wrong = {kind: names for kind, names in info.items() if names}
    check("keys", not wrong, f"{len(model.state_dict())} tensors, {wrong or 'none missing, none unexpected'}")
    return model.eval()


def check_logits(model: torch.nn.Module, expected: dict, check: Checks) -> None:
    dtype = next(model.parameters()).dtype
    check("dtype", dtype == TYPES[expected["dtype"]], f"{dtype}, stored as {expected['dtype']}")
    model.float()
    ids = torch.tensor(expected["tokens"]).view(expected["shape"])
    with torch.no_grad():
        logits = model(input_ids=ids, labels=ids).logits.double()
    given = torch.tensor(expected["logits"], dtype=torch.float64).view(logits.shape)
    absolute, relative = (logits - given).abs().max().item(), ((logits - given).norm() / logits.norm()).item()
    size = max(1, logits.abs().max().item())
    within = absolute <= TOLERANCE * size and relative <= TOLERANCE
    tolerances = f"tolerance {TOLERANCE * size:.1e} and {TOLERANCE:.1e}"
    check("logits", within, f"abs {absolute:.1e}  rel {relative:.1e}  {tolerances}")


def check_tokenizer(folder: Path, expected: dict, check: Checks) -> None:
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    texts = expected["texts"]
    wrong = [text for text in texts if tokenizer(text["text"], add_special_tokens=False)["input_ids"] != text["ids"]]
    ids = sum(len(text["ids"]) for text in texts)
    check("tokenizer ids", not wrong, f"{len(texts) - len(wrong)} of {len(texts)} texts equal ({ids} ids)")
    wrong = [text for text in texts if tokenizer.decode(text["ids"]) != text["decoded"]]
    check("tokenizer text", not wrong, f"{len(texts) - len(wrong)} of {len(texts)} texts equal")
    check("end of text", tokenizer.eos_token_id == expected["endOfText"], f"{tokenizer.eos_token!r}, {tokenizer.eos_token_id}")
    template = expected["files"].get("tokenizer_config.json", {}).get("chat_template")
    if template is not None:
        check("chat template", tokenizer.chat_template == template, "as it came")


def check_config(folder: Path, expected: dict, check: Checks) -> None:
    config = json.loads((folder / "config.json").read_text())
    published = expected["config"]
    changed = [key for key in published if key not in OF_THE_FILES and config.get(key) != published[key]]
    if published:
        check("config", not changed, f"{len(published)} fields as they came{f', but {changed}' if changed else ''}")
    generation = expected["files"].get("generation_config.json")
    if generation is not None:
        loaded = transformers.GenerationConfig.from_pretrained(folder).to_dict()
        changed = [key for key in generation if loaded.get(key) != generation[key]]
        check("generation config", not changed, f"{len(generation)} fields as they came")


def check_card(folder: Path, check: Checks) -> None:
    _, matter, text = (folder / "README.md").read_text().split("---\n", 2)
    fields = yaml.safe_load(matter)
    known = fields["pipeline_tag"] == "text-generation" and fields["tags"] == ["amuro"]
    check("model card", known and text.lstrip().startswith("# "), f"front matter {', '.join(fields)}; {len(text)} characters")


def check_folder(folder: Path, expected: dict, check: Checks) -> None:
    shards = list(folder.glob("*.safetensors"))
    check("files", len(shards) >= 1, f"{len(shards)} of weights, {sum(shard.stat().st_size for shard in shards)} bytes")
    check_logits(load(folder, check), expected, check)
    check_config(folder, expected, check)
    check_tokenizer(folder, expected, check)
    check_card(folder, check)


def main(folders: list[str]) -> int:
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    torch.set_num_threads(1)
    check = Checks()
    for folder in map(Path, folders):
        expected = json.loads((folder / "expected.json").read_text())
        with tempfile.TemporaryDirectory() as unpacked:
            zipfile.ZipFile(folder / "model.zip").extractall(unpacked)
            for form, path in (("model.zip", Path(unpacked)), ("sharded", folder / "sharded")):
                print(f"{folder.name}, {form}", flush=True)
                try:
                    check_folder(path, expected, check)
                except Exception as error:  # a model that does not load at all
                    check("loads", False, f"{type(error).__name__}: {error}".split("\n")[0])
    outcome = "all well" if check.failed == 0 else f"{check.failed} WRONG"
    print(f"export-check: transformers {transformers.__version__}: {check.count} checks of {len(folders)} models, {outcome}")
    return min(check.failed, 1)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

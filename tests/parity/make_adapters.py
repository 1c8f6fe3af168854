"""Adapters made by PEFT on one of the fixtures' checkpoints, and what PEFT makes of them.

    pip install torch==2.13.0 transformers==5.23.0 peft==0.21.2
    python tests/parity/make_adapters.py            # rewrites tests/parity/adapters

Every folder under adapters/ is what `PeftModel.save_pretrained` writes for random tensors, drawn from a seed, with two
files beside it:

- `expected.json`: `base` (the fixture), `ids`, `prompt_tokens`, and the last logits under the adapter
- `gradient.safetensors`: the gradient of the answer's log-likelihood with respect to each tensor, by autograd
"""

import json
import shutil
from pathlib import Path

import torch
import transformers
from peft import IA3Config, LoraConfig, get_peft_model, get_peft_model_state_dict
from safetensors.torch import save_file

HERE = Path(__file__).parent
BASE = "llama-bias"  # its biases matter to IA3
ALL = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
COMMON = {"task_type": "CAUSAL_LM"}
CASES = {
    "lora-all": LoraConfig(r=2, lora_alpha=5, lora_dropout=0.05, target_modules=ALL, **COMMON),
    "lora-query-value": LoraConfig(r=3, lora_alpha=6, target_modules=["model.layers.1.self_attn.q_proj", "model.layers.1.self_attn.v_proj"], **COMMON),
    "dora-all": LoraConfig(r=2, lora_alpha=5, use_dora=True, target_modules=ALL, **COMMON),
    "ia3-all": IA3Config(target_modules=["k_proj", "v_proj", "down_proj"], feedforward_modules=["down_proj"], **COMMON),
    "ia3-query-value": IA3Config(target_modules=["q_proj", "v_proj"], feedforward_modules=[], **COMMON),
}


def main():
    out = HERE / "adapters"
    shutil.rmtree(out, ignore_errors=True)
    fixture = HERE / "fixtures" / BASE
    source = json.loads((fixture / "expected.json").read_text())
    ids, prompt = source["ids"], source["prompt_tokens"]
    for seed, (name, config) in enumerate(CASES.items()):
        generator = torch.Generator().manual_seed(seed)
        base = transformers.AutoModelForCausalLM.from_pretrained(fixture, dtype=torch.float32)
        model = get_peft_model(base, config).eval()
        trained = {key: value for key, value in model.named_parameters() if value.requires_grad}
        with torch.no_grad():
            for key, value in trained.items():
                noise = torch.randn(value.shape, generator=generator)
                value.copy_(value + 0.3 * noise if "magnitude" in key else 1 + 0.4 * noise if "ia3" in key else 0.3 * noise)
        logits = model(torch.tensor([ids])).logits[0]
        log_probs = torch.log_softmax(logits, -1)
        likelihood = sum(log_probs[place - 1, ids[place]] for place in range(prompt, len(ids)))
        likelihood.backward()
        folder = out / name
        model.peft_config["default"].base_model_name_or_path = BASE
        model.save_pretrained(folder)
        (folder / "README.md").unlink(missing_ok=True)
        by_name = {key: value.grad.contiguous() for key, value in trained.items()}
        saved = get_peft_model_state_dict(model, state_dict=by_name)
        save_file({key: value.contiguous() for key, value in saved.items()}, folder / "gradient.safetensors")
        last = [float(f"{value:.9g}") for value in logits[-1].detach().double().tolist()]
        expected = {"base": BASE, "ids": ids, "prompt_tokens": prompt, "log_likelihood": float(f"{likelihood.item():.9g}"), "last_logits": last}
        (folder / "expected.json").write_text(json.dumps(expected))


main()

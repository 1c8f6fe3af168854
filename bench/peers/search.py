"""
One generation of a search over α as the published code goes about it, in PyTorch: candidate after candidate, its weights
formed anew (W' = U (σ ⊙ z) Vᵀ for every matrix) and put into the model, then transformers' greedy `generate` on the
examples as one batch, or on one example after the other. `end`: the token that ends an answer, null where all have `tokens`.

MODEL_FOLDER; a generation for each line {"prompts": [[ids]], "tokens": n, "candidates": [{matrix: [z]}], "way": "batched" | "single", "end": id | null}.
"""
import json
import sys
import time

import torch
from transformers import AutoModelForCausalLM

from padding import padded

model = AutoModelForCausalLM.from_pretrained(sys.argv[1], dtype=torch.float32).eval().requires_grad_(False)
parameters = dict(model.named_parameters())
svd = {n: torch.linalg.svd(p.detach(), full_matrices=False) for n, p in model.named_parameters() if n.endswith("_proj.weight")}


def answer(prompts, tokens, end):
    ids, mask = padded(prompts)
    model.generation_config.eos_token_id = end
    least = tokens if end is None else 1
    out = model.generate(ids, attention_mask=mask, do_sample=False, max_new_tokens=tokens, min_new_tokens=least, pad_token_id=0)
    return out[:, ids.shape[1] :].tolist()


for line in sys.stdin:
    request = json.loads(line)
    candidates = [{n: torch.tensor(z) for n, z in candidate.items()} for candidate in request["candidates"]]
    groups = [request["prompts"]] if request["way"] == "batched" else [[p] for p in request["prompts"]]
    began = time.perf_counter()
    answers = []
    with torch.no_grad():
        for candidate in candidates:
            for n, (u, s, vt) in svd.items():
                parameters[n].copy_((u * (s * candidate[n])) @ vt)
            for group in groups:
                answers += answer(group, request["tokens"], request["end"])
    print(json.dumps({"seconds": time.perf_counter() - began, "answers": answers}), flush=True)

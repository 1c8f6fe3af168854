"""
The training step as one would write it in PyTorch: transformers' `generate`, then one forward and backward pass through
weights that are formed from z, one Adam step. MODEL_FOLDER; a step for each line {"prompts": [[ids]], "tokens": n, "wanted": text}.
"""
import json
import sys
import time

import torch
from torch.func import functional_call
from transformers import AutoModelForCausalLM

folder = sys.argv[1]
model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval().requires_grad_(False)
with open(f"{folder}/tokenizer.json") as file:
    pieces = {id: text for text, id in json.load(file)["model"]["vocab"].items()}
matrices = {n: p.detach().clone() for n, p in model.named_parameters() if n.endswith("_proj.weight")}
svd = {n: torch.linalg.svd(w, full_matrices=False) for n, w in matrices.items()}
z = {n: torch.ones_like(s, requires_grad=True) for n, (_, s, _) in svd.items()}
adam = torch.optim.Adam(z.values(), lr=2e-2)
parameters = dict(model.named_parameters())


def merged():
    return {n: (u * (s * z[n])) @ vt for n, (u, s, vt) in svd.items()}


def step(prompts, tokens, wanted):
    longest = max(map(len, prompts))
    ids = torch.tensor([[0] * (longest - len(p)) + p for p in prompts])
    mask = torch.tensor([[0] * (longest - len(p)) + [1] * len(p) for p in prompts])
    with torch.no_grad():
        for n, w in merged().items():
            parameters[n].copy_(w)
        ids = model.generate(ids, attention_mask=mask, do_sample=True, temperature=1.0, top_k=0, top_p=1.0, max_new_tokens=tokens, min_new_tokens=tokens, pad_token_id=0)
    texts = ["".join(pieces.get(int(i), "") for i in row[longest:]).replace("▁", " ") for row in ids]
    rewards = torch.tensor([1.0 if wanted in text else -1.0 for text in texts])
    advantages = (rewards - rewards.mean()) / (rewards.std(correction=0) + 1e-6)
    mask = torch.cat([mask, torch.ones(len(ids), tokens, dtype=mask.dtype)], 1)
    positions = (mask.cumsum(-1) - 1).clamp(min=0)
    inputs = {"input_ids": ids, "attention_mask": mask, "position_ids": positions, "use_cache": False}
    here = slice(longest - 1, longest + tokens - 1)
    with torch.no_grad():
        base = functional_call(model, matrices, (), inputs).logits[:, here].log_softmax(-1)
    policy = functional_call(model, merged(), (), inputs).logits[:, here].log_softmax(-1)
    log_probs = policy.gather(-1, ids[:, longest:, None])[..., 0]
    kl = (policy.exp() * (policy - base)).sum(-1)
    loss = -(advantages[:, None] * log_probs - 0.02 * kl).sum() / len(ids)
    adam.zero_grad()
    loss.backward()
    adam.step()


for line in sys.stdin:
    request = json.loads(line)
    began = time.perf_counter()
    step(request["prompts"], request["tokens"], request["wanted"])
    print(json.dumps({"seconds": time.perf_counter() - began}), flush=True)

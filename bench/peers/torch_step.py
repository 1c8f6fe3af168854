"""
The training step as one would write it in PyTorch: transformers' `generate`, then one forward and backward pass through
weights that are formed from z, one Adam step. Two ways of working:

    batched   all prompts at once: one generation, one backward pass
    single    one prompt after the other: generate one, score one (policy and base), one backward pass, gradients
              accumulated; one step at the end. The published reference loop works so.

MODEL_FOLDER; a step for each line {"prompts": [[ids]], "lengths": [answer tokens of each], "wanted": text, "way": …}.
Answers have exactly their lengths: no token ends one. The batched way makes all of them as long as the longest, which
is what a batch costs there, and masks the rest.
"""
import json
import sys
import time

import torch
from torch.func import functional_call
from transformers import AutoModelForCausalLM

from padding import padded

folder = sys.argv[1]
model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval().requires_grad_(False)
model.generation_config.eos_token_id = None
with open(f"{folder}/tokenizer.json") as file:
    pieces = {id: text for text, id in json.load(file)["model"]["vocab"].items()}
matrices = {n: p.detach().clone() for n, p in model.named_parameters() if n.endswith("_proj.weight")}
svd = {n: torch.linalg.svd(w, full_matrices=False) for n, w in matrices.items()}
z = {n: torch.ones_like(s, requires_grad=True) for n, (_, s, _) in svd.items()}
adam = torch.optim.Adam(z.values(), lr=2e-2)
parameters = dict(model.named_parameters())


def merged():
    return {n: (u * (s * z[n])) @ vt for n, (u, s, vt) in svd.items()}


def load_policy():
    with torch.no_grad():
        for n, w in merged().items():
            parameters[n].copy_(w)


def sample(ids, mask, tokens):
    with torch.no_grad():
        return model.generate(ids, attention_mask=mask, do_sample=True, temperature=1.0, top_k=0, top_p=1.0, max_new_tokens=tokens, min_new_tokens=tokens, pad_token_id=0)


def reward(row, prompt_length, length, wanted):
    text = "".join(pieces.get(int(i), "") for i in row[prompt_length : prompt_length + length]).replace("▁", " ")
    return 1.0 if wanted in text else -1.0


def loss_of(ids, mask, prompt_length, tokens, advantages, counted):
    """The loss's share of these rows: −Σ (advantage · log π − 0.02 · KL(policy ‖ base))."""
    mask = torch.cat([mask, torch.ones(len(ids), tokens, dtype=mask.dtype)], 1)
    positions = (mask.cumsum(-1) - 1).clamp(min=0)
    inputs = {"input_ids": ids, "attention_mask": mask, "position_ids": positions, "use_cache": False}
    here = slice(prompt_length - 1, prompt_length + tokens - 1)
    with torch.no_grad():
        base = functional_call(model, matrices, (), inputs).logits[:, here].log_softmax(-1)
    policy = functional_call(model, merged(), (), inputs).logits[:, here].log_softmax(-1)
    log_probs = policy.gather(-1, ids[:, prompt_length:, None])[..., 0]
    kl = (policy.exp() * (policy - base)).sum(-1)
    return -((advantages[:, None] * log_probs - 0.02 * kl) * counted).sum()


def standardised(rewards):
    rewards = torch.tensor(rewards)
    return (rewards - rewards.mean()) / (rewards.std(correction=0) + 1e-6)


def batched(prompts, lengths, wanted):
    load_policy()
    ids, mask = padded(prompts)
    prompt_length, tokens = ids.shape[1], max(lengths)
    ids = sample(ids, mask, tokens)
    advantages = standardised([reward(row, prompt_length, n, wanted) for row, n in zip(ids, lengths)])
    counted = (torch.arange(tokens)[None] < torch.tensor(lengths)[:, None]).float()
    adam.zero_grad()
    (loss_of(ids, mask, prompt_length, tokens, advantages, counted) / len(ids)).backward()
    adam.step()


def single(prompts, lengths, wanted):
    load_policy()
    answers = []
    for prompt, length in zip(prompts, lengths):
        ids, mask = padded([prompt])
        answers.append((sample(ids, mask, length), mask))
    advantages = standardised([reward(ids[0], len(p), n, wanted) for (ids, _), p, n in zip(answers, prompts, lengths)])
    adam.zero_grad()
    for i, (ids, mask) in enumerate(answers):
        tokens = lengths[i]
        (loss_of(ids, mask, len(prompts[i]), tokens, advantages[i : i + 1], torch.ones(1, tokens)) / len(prompts)).backward()
    adam.step()


for line in sys.stdin:
    request = json.loads(line)
    began = time.perf_counter()
    {"batched": batched, "single": single}[request["way"]](request["prompts"], request["lengths"], request["wanted"])
    print(json.dumps({"seconds": time.perf_counter() - began}), flush=True)

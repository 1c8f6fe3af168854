"""
An independent SVF REINFORCE step in NumPy, the yardstick of the training benchmark: batched sampling with a cache of
keys and values, a forward pass, a backward pass written out by hand, the KL term, and Adam on z (arXiv 2501.06252).

    python3 yardstick.py MODEL_FOLDER                     a step for each line {"prompts": [[ids]], "tokens": n, "wanted": text}
    python3 yardstick.py MODEL_FOLDER svf_expected.json   compares objective and gradient with the float64 reference
"""
import json
import struct
import sys
import time

import numpy as np

PROJECTIONS = [f"self_attn.{n}_proj" for n in "qkvo"] + [f"mlp.{n}_proj" for n in ("gate", "up", "down")]


def read_safetensors(path, dtype):
    with open(path, "rb") as file:
        header = json.loads(file.read(struct.unpack("<Q", file.read(8))[0]))
        body = file.read()
    header.pop("__metadata__", None)
    tensors = {}
    for name, entry in header.items():
        if entry["dtype"] != "F32":
            raise SystemExit(f"{path}: {name} is {entry['dtype']}; the yardstick reads F32")
        begin, end = entry["data_offsets"]
        tensors[name] = np.frombuffer(body[begin:end], np.float32).reshape(entry["shape"]).astype(dtype)
    return tensors


def log_softmax(x):
    x = x - x.max(-1, keepdims=True)
    return x - np.log(np.exp(x).sum(-1, keepdims=True))


class Model:
    def __init__(self, folder, dtype):
        with open(f"{folder}/config.json") as file:
            c = json.load(file)
        self.layers, self.heads, self.kv = c["num_hidden_layers"], c["num_attention_heads"], c["num_key_value_heads"]
        self.width, self.eps = c["hidden_size"], c["rms_norm_eps"]
        self.head_dim = c.get("head_dim") or self.width // self.heads
        self.group = self.heads // self.kv
        self.base = read_safetensors(f"{folder}/model.safetensors", dtype)
        self.embed = self.base["model.embed_tokens.weight"]
        self.head = self.embed if c.get("tie_word_embeddings") else self.base["lm_head.weight"]
        angles = np.outer(np.arange(c["max_position_embeddings"]), c["rope_theta"] ** (-np.arange(0, self.head_dim, 2) / self.head_dim))
        self.cos, self.sin = np.cos(angles).astype(dtype), np.sin(angles).astype(dtype)
        self.names = [f"model.layers.{i}.{p}.weight" for i in range(self.layers) for p in PROJECTIONS]
        self.svd = {name: np.linalg.svd(self.base[name], full_matrices=False) for name in self.names}

    def merged(self, z):
        return {name: (u * (s * z[name])) @ vt for name, (u, s, vt) in self.svd.items()}

    def norm(self, x, name):
        r = 1 / np.sqrt((x * x).mean(-1, keepdims=True) + self.eps)
        return x * r * self.base[name], r

    def norm_back(self, d, x, r, name):
        d = d * self.base[name]
        return r * d - x * (r ** 3 * (d * x).mean(-1, keepdims=True))

    def rotate(self, x, at, sign=1):
        """x [rows, heads, tokens, headDim] at positions `at` (a slice)"""
        a, b = np.split(x, 2, -1)
        c, s = self.cos[at], sign * self.sin[at]
        return np.concatenate([a * c - b * s, b * c + a * s], -1)

    def split(self, x, count):
        return x.reshape(x.shape[0], x.shape[1], count, self.head_dim).transpose(0, 2, 1, 3)

    def join(self, x):
        return x.transpose(0, 2, 1, 3).reshape(x.shape[0], x.shape[2], -1)

    def stack(self, x):
        """[rows, heads, tokens, d] → [rows, kv, group · tokens, d]: queries that share a key head"""
        return x.reshape(x.shape[0], self.kv, self.group * x.shape[2], x.shape[3])

    def forward(self, weights, ids, cache=None, at=0, kept=None):
        """ids [rows, tokens] from position `at` → normalised hidden states; `kept` collects what the way back needs"""
        rows, tokens = ids.shape
        total = at + tokens
        here = slice(at, total)
        mask = np.triu(np.full((tokens, total), -1e9, self.embed.dtype), at + 1) if tokens > 1 else 0
        x = self.embed[ids]
        for i in range(self.layers):
            p = f"model.layers.{i}."
            w = [weights[p + n + ".weight"] for n in PROJECTIONS]
            h1, r1 = self.norm(x, p + "input_layernorm.weight")
            q = self.rotate(self.split(h1 @ w[0].T, self.heads), here) / np.sqrt(self.head_dim)
            k = self.rotate(self.split(h1 @ w[1].T, self.kv), here)
            v = self.split(h1 @ w[2].T, self.kv)
            if cache is not None:
                cache[i][0][:, :, here], cache[i][1][:, :, here] = k, v
                k, v = cache[i][0][:, :, :total], cache[i][1][:, :, :total]
            q = self.stack(q.astype(x.dtype))
            scores = (q @ k.swapaxes(2, 3)).reshape(rows, self.heads, tokens, total) + mask
            scores = np.exp(scores - scores.max(-1, keepdims=True))
            probs = self.stack(scores / scores.sum(-1, keepdims=True))
            attended = self.join((probs @ v).reshape(rows, self.heads, tokens, self.head_dim))
            y = x + attended @ w[3].T
            h2, r2 = self.norm(y, p + "post_attention_layernorm.weight")
            gate, up = h2 @ w[4].T, h2 @ w[5].T
            sigmoid = 1 / (1 + np.exp(-gate))
            inner = gate * sigmoid * up
            if kept is not None:
                kept.append((x, r1, h1, q, k, v, probs, attended, y, r2, h2, gate, up, sigmoid, inner))
            x = y + inner @ w[6].T
        hidden, r = self.norm(x, "model.norm.weight")
        if kept is not None:
            kept.append((x, r))
        return hidden

    def backward(self, weights, d, kept):
        """d J / d hidden → d J / d W of every matrix"""
        grads = {}
        x, r = kept[-1]
        d = self.norm_back(d, x, r, "model.norm.weight")
        rows, tokens = d.shape[:2]
        flat = lambda a: a.reshape(rows * tokens, -1)
        for i in reversed(range(self.layers)):
            p = f"model.layers.{i}."
            names = [p + n + ".weight" for n in PROJECTIONS]
            w = [weights[n] for n in names]
            x, r1, h1, q, k, v, probs, attended, y, r2, h2, gate, up, sigmoid, inner = kept[i]

            def through(dy, which, source):
                grads[names[which]] = flat(dy).T @ flat(source)
                return dy @ w[which]

            d_inner = through(d, 6, inner)
            d_up = d_inner * gate * sigmoid
            d_gate = d_inner * up * sigmoid * (1 + gate * (1 - sigmoid))
            d_h2 = through(d_gate, 4, h2) + through(d_up, 5, h2)
            d = d + self.norm_back(d_h2, y, r2, p + "post_attention_layernorm.weight")
            d_attended = self.stack(self.split(through(d, 3, attended), self.heads))
            d_probs = d_attended @ v.swapaxes(2, 3)
            d_v = probs.swapaxes(2, 3) @ d_attended
            d_scores = probs * (d_probs - (d_probs * probs).sum(-1, keepdims=True))
            d_q = (d_scores @ k).reshape(rows, self.heads, tokens, self.head_dim) / np.sqrt(self.head_dim).astype(d.dtype)
            d_k = d_scores.swapaxes(2, 3) @ q
            here = slice(0, tokens)
            d_h1 = through(self.join(self.rotate(d_q, here, -1)), 0, h1) + through(self.join(self.rotate(d_k, here, -1)), 1, h1) + through(self.join(d_v), 2, h1)
            d = d + self.norm_back(d_h1, x, r1, p + "input_layernorm.weight")
        return grads

    def objective(self, z, ids, places, targets, weight, kl_weight):
        """J = Σ w log π(y) − k KL(π ‖ base) over answer tokens at flat `places`; → log π, KL and dJ/dz"""
        weights, kept = self.merged(z), []
        hidden = self.forward(weights, ids, kept=kept).reshape(-1, self.width)
        policy = log_softmax(hidden[places] @ self.head.T)
        base = log_softmax(self.forward(self.base, ids).reshape(-1, self.width)[places] @ self.head.T)
        p, row = np.exp(policy), np.arange(len(places))
        kl = (p * (policy - base)).sum(-1)
        d_logits = -p * (weight[:, None] + kl_weight[:, None] * (policy - base - kl[:, None]))
        d_logits[row, targets] += weight
        d_hidden = np.zeros_like(hidden)
        d_hidden[places] = d_logits @ self.head
        grads = self.backward(weights, d_hidden.reshape(*ids.shape, -1), kept)
        d_z = {n: s * ((u.T @ grads[n]) * vt).sum(-1) for n, (u, s, vt) in self.svd.items()}
        return policy[row, targets], kl, d_z

    def sample(self, weights, prompts, tokens, random):
        """Answers of exactly `tokens` tokens at temperature 1. Rows are fed together from their shortest prompt on."""
        rows, lengths = len(prompts), np.array([len(p) for p in prompts])
        total = lengths.max() + tokens
        ids = np.zeros((rows, total), np.int64)
        for row, prompt in enumerate(prompts):
            ids[row, : len(prompt)] = prompt
        shape = (rows, self.kv, total, self.head_dim)
        cache = [(np.zeros(shape, self.embed.dtype), np.zeros(shape, self.embed.dtype)) for _ in range(self.layers)]
        at, until = 0, lengths.min()
        while until < total:
            hidden = self.forward(weights, ids[:, at:until], cache, at)[:, -1]
            cumulative = np.exp(log_softmax(hidden @ self.head.T)).cumsum(-1)
            drawn = (cumulative > random.random((rows, 1)) * cumulative[:, -1:]).argmax(-1)
            free = until >= lengths
            ids[free, until] = drawn[free]
            at, until = until, until + 1
        return ids, lengths


def check(model, path):
    """The worst difference from the float64 reference, relative to the largest number of its kind."""
    with open(path) as file:
        expected = json.load(file)
    for case in expected["cases"]:
        amp, freq, phase = case["amp"], case["freq"], case["phase"]
        z = {n: 1 + amp * np.sin(phase * (j + 1) + freq * np.arange(len(model.svd[n][1]))) for j, n in enumerate(expected["matrix_order"])}
        z = {n: v.astype(model.embed.dtype) for n, v in z.items()}
        ids, first = np.array([case["ids"]]), case["prompt_tokens"]
        places = np.arange(first - 1, ids.shape[1] - 1)
        ones = np.ones(len(places), model.embed.dtype)
        log_probs, kl, d_z = model.objective(z, ids, places, ids[0, first:], case["reward"] * ones, case["kl_coefficient"] * ones)
        j = case["reward"] * log_probs.sum() - case["kl_coefficient"] * kl.sum()
        entries = case["gradient_of_J"]
        largest = max(abs(e["dJ_dz"]) for e in entries)
        worst = max(abs(d_z[e["matrix"]][e["index"]] - e["dJ_dz"]) for e in entries) / largest
        print(json.dumps({"z": case["z_formula"].split(";")[0], "J": float(j), "expected": case["objective"]["J"], "gradientError": float(worst)}), flush=True)
        if abs(j - case["objective"]["J"]) > 1e-3 * max(1, abs(j)) or worst > 2e-3:
            raise SystemExit("the yardstick does not agree with the reference")


def train(model, folder):
    with open(f"{folder}/tokenizer.json") as file:
        pieces = {id: text for text, id in json.load(file)["model"]["vocab"].items()}
    z = {n: np.ones_like(s) for n, (_, s, _) in model.svd.items()}
    first = {n: np.zeros_like(v) for n, v in z.items()}
    second = {n: np.zeros_like(v) for n, v in z.items()}
    random, step = np.random.default_rng(0), 0
    for line in sys.stdin:
        request = json.loads(line)
        began = time.perf_counter()
        ids, lengths = model.sample(model.merged(z), request["prompts"], request["tokens"], random)
        answers = [row[n : n + request["tokens"]] for row, n in zip(ids, lengths)]
        texts = ["".join(pieces.get(int(i), "") for i in answer).replace("▁", " ") for answer in answers]
        rewards = np.array([1.0 if request["wanted"] in text else -1.0 for text in texts])
        advantages = (rewards - rewards.mean()) / (rewards.std() + 1e-6) / len(rewards)
        total = ids.shape[1]
        places = np.concatenate([row * total + n - 1 + np.arange(request["tokens"]) for row, n in enumerate(lengths)])
        weight = np.repeat(advantages, request["tokens"]).astype(model.embed.dtype)
        _, kl, grads = model.objective(z, ids, places, np.concatenate(answers), weight, np.full_like(weight, 0.02 / len(rewards)))
        step += 1
        for n, g in grads.items():
            first[n] = 0.9 * first[n] + 0.1 * g
            second[n] = 0.999 * second[n] + 0.001 * g * g
            z[n] = z[n] + 2e-2 * (first[n] / (1 - 0.9 ** step)) / (np.sqrt(second[n] / (1 - 0.999 ** step)) + 1e-8)
        print(json.dumps({"seconds": time.perf_counter() - began, "score": float((rewards > 0).mean()), "kl": float(kl.mean())}), flush=True)


if __name__ == "__main__":
    folder = sys.argv[1]
    if len(sys.argv) > 2:
        check(Model(folder, np.float64), sys.argv[2])
        check(Model(folder, np.float32), sys.argv[2])
    else:
        train(Model(folder, np.float32), folder)

"""Logits of a checkpoint folder by transformers: `merged_logits.py FOLDER 1,403,407` prints JSON of the last row."""

import json
import sys

import torch
import transformers

folder, ids = sys.argv[1], [int(number) for number in sys.argv[2].split(",")]
model, report = transformers.AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, output_loading_info=True)
tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
with torch.no_grad():
    logits = model.eval()(torch.tensor([ids])).logits[0, -1]
print(json.dumps({"logits": logits.tolist(), "missing": sorted(report["missing_keys"]), "unexpected": sorted(report["unexpected_keys"]), "text": tokenizer.decode(ids, skip_special_tokens=True)}))

"""Logits of a checkpoint under a PEFT adapter: `adapter_logits.py MODEL ADAPTER 1,403,407` prints JSON of the last row."""

import json
import sys

import peft
import torch
import transformers

folder, adapter, ids = sys.argv[1], sys.argv[2], [int(number) for number in sys.argv[3].split(",")]
base = transformers.AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
model = peft.PeftModel.from_pretrained(base, adapter).eval()
trained = sum(value.numel() for name, value in model.named_parameters() if "lora" in name or "ia3" in name)
with torch.no_grad():
    logits = model(torch.tensor([ids])).logits[0, -1]
print(json.dumps({"logits": logits.tolist(), "trained": trained}))

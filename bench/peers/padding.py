"""Prompts of different lengths as one batch."""

import torch


def padded(prompts):
    """ids and mask, [rows, longest], filled up at the left."""
    longest = max(map(len, prompts))
    ids = torch.tensor([[0] * (longest - len(p)) + p for p in prompts])
    mask = torch.tensor([[0] * (longest - len(p)) + [1] * len(p) for p in prompts])
    return ids, mask

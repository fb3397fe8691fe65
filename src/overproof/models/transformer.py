"""A small transformer that reads texts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar

import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn.functional import gelu, scaled_dot_product_attention

from overproof.errors import ModelError
from overproof.models.architecture import Kind, Reference
from overproof.models.words import Words, words

#: Standard deviation of initial embeddings and weights (Devlin et al., 2019).
_SPREAD = 0.02


@dataclass(frozen=True, kw_only=True)
class Transformer(Reference):
    """Learnt positions, ``depth`` blocks of attention and of a layer 4 · ``width`` wide, and the mean of all tokens.

    Blocks normalise first (Xiong et al., 2020). Padding is never attended to and left out of the mean, so that it does
    not matter how far a row is padded. Attention itself has no dropout.

    Example:
        >>> reader = Transformer(vocabulary=100, padding=0, width=8, depth=2, heads=2)
        >>> block = (2 * 8) + (8 * 24 + 24) + (8 * 8 + 8) + (2 * 8) + (8 * 32 + 32) + (32 * 8 + 8)
        >>> wanted = 100 * 8 + 16 * 8 + 2 * block + 2 * 8 + (8 + 1) * 10
        >>> sum(p.numel() for p in reader.build((16,), 10).parameters()) == wanted
        True
    """

    takes: ClassVar[tuple[Kind, ...]] = ("texts",)
    paper: ClassVar[str | None] = "https://arxiv.org/abs/1706.03762"

    width: Annotated[int, Field(ge=1)] = 64
    """Numbers that stand for a token."""
    depth: Annotated[int, Field(ge=1)] = 2
    """Blocks."""
    heads: Annotated[int, Field(ge=1)] = 4
    """Of attention, in each block; they divide the width."""
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.1
    """Probability that a number is dropped in training, of the embeddings and of what a block adds."""
    vocabulary: Annotated[int, Field(ge=1)] | None = None
    """Token numbers are below this; by default the data's."""
    padding: Annotated[int, Field(ge=0)] | None = None
    """The token that means nothing; by default the data's."""

    def build(self, shape: Sequence[int], classes: int) -> nn.Module:
        """Fresh weights for texts of ``shape`` [length].

        Raises:
            ModelError: for rows that are no texts, or heads that do not divide the width.
        """
        known = words("transformer", shape, self.vocabulary, self.padding)
        if self.width % self.heads:
            raise ModelError(
                f"transformer has width = {self.width} and heads = {self.heads}; the heads must divide the width"
            )
        return _Encoder(known, self, shape[0], classes)


class _Encoder(nn.Module):
    """From token numbers [batch, length] to logits [batch, classes]."""

    def __init__(self, known: Words, settings: Transformer, length: int, classes: int) -> None:
        super().__init__()
        self.words = known
        self.embedding = nn.Embedding(known.vocabulary, settings.width)
        self.positions = nn.Parameter(torch.empty(length, settings.width))
        self.dropout = nn.Dropout(settings.dropout)
        self.blocks = nn.ModuleList(
            _Block(settings.width, settings.heads, settings.dropout) for _ in range(settings.depth)
        )
        self.norm = nn.LayerNorm(settings.width)
        self.head = nn.Linear(settings.width, classes)
        for part in self.modules():
            if isinstance(part, nn.Linear | nn.Embedding):
                nn.init.normal_(part.weight, std=_SPREAD)
            if isinstance(part, nn.Linear):
                nn.init.zeros_(part.bias)
        nn.init.normal_(self.positions, std=_SPREAD)

    def forward(self, tokens: Tensor) -> Tensor:
        """Logits of a batch; rows may be shorter than those it was built for, never longer."""
        real = self.words.real(tokens)
        # a row without a token attends to its padding: attention to nothing at all would not be a number
        seen = real | ~real.any(-1, keepdim=True)
        states = self.dropout(self.embedding(tokens) + self.positions[: tokens.shape[-1]])
        for block in self.blocks:
            states = block(states, seen)
        logits: Tensor = self.head(self.words.mean(self.norm(states), real))
        return logits


class _Block(nn.Module):
    """Attention, then two layers, each added to what came in."""

    def __init__(self, width: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.heads = heads
        self.first, self.second = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attention, self.mixed = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.wide, self.narrow = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)
        self.dropout = nn.Dropout(dropout)

    def forward(self, states: Tensor, seen: Tensor) -> Tensor:
        """States [batch, length, width] for states of that shape and what may be attended to, [batch, length]."""
        batch, length, width = states.shape
        parts = self.attention(self.first(states)).reshape(batch, length, 3, self.heads, width // self.heads)
        query, key, value = parts.permute(2, 0, 3, 1, 4).unbind()
        found = scaled_dot_product_attention(query, key, value, attn_mask=seen[:, None, None, :])
        states = states + self.dropout(self.mixed(found.transpose(1, 2).reshape(batch, length, width)))
        added: Tensor = states + self.dropout(self.narrow(gelu(self.wide(self.second(states)))))
        return added

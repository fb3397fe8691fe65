"""What models of text have in common: token numbers, and padding that means nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from torch import Tensor

from overproof.errors import ModelError


class Words(NamedTuple):
    """What token numbers mean."""

    vocabulary: int
    """Token numbers are below this."""
    padding: int
    """The token that fills a row up to its length."""

    def real(self, tokens: Tensor) -> Tensor:
        """Which tokens are no padding, for token numbers of any shape.

        Raises:
            ModelError: for numbers that are not whole.
        """
        if tokens.is_floating_point():
            raise ModelError(f"a model of text reads token numbers, which are whole, and was given {tokens.dtype}")
        return tokens != self.padding

    @staticmethod
    def mean(states: Tensor, real: Tensor) -> Tensor:
        """Means over the real tokens, [batch, width] of [batch, length, width]; 0 where a row has none.

        Example:
            >>> import torch
            >>> Words.mean(torch.tensor([[[2.0], [4.0], [9.0]]]), torch.tensor([[True, True, False]]))
            tensor([[3.]])
        """
        weight = real.unsqueeze(-2).to(states.dtype)
        return (weight @ states).squeeze(-2) / weight.sum(-1).clamp(min=1)


def words(model: str, shape: Sequence[int], vocabulary: int | None, padding: int | None) -> Words:
    """What a model of text has to know, when it is built.

    Args:
        model: its name, for the message.
        shape: of one row.
        vocabulary: token numbers are below this; None where rows are no texts.
        padding: the token that means nothing; None for 0.

    Raises:
        ModelError: where rows are no texts.
    """
    if vocabulary is None or len(shape) != 1:
        raise ModelError(
            f"{model} needs texts (token numbers [length]), the data's rows have shape {tuple(shape)} and are no "
            f"texts; use {'cnn or mlp' if len(shape) == 3 else 'mlp'}"
        )
    if (padding or 0) >= vocabulary:
        raise ModelError(f"{model} has padding = {padding}, which must be less than vocabulary = {vocabulary}")
    return Words(vocabulary, padding or 0)

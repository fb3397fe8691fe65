"""The mean of a text's word embeddings, and one layer or two."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar

from pydantic import Field
from torch import Tensor, nn

from overproof.models.architecture import Kind, Reference
from overproof.models.words import Words, words


@dataclass(frozen=True, kw_only=True)
class EmbeddingBag(Reference):
    """The mean of a text's token embeddings, then a linear layer, or two with ReLU between where ``hidden`` is set.

    The order of tokens does not matter, and neither does padding, which is left out of the mean. Joulin et al., 2016;
    the embeddings are as many as there are token numbers.

    Example:
        >>> bag = EmbeddingBag(vocabulary=100, padding=0, width=8, hidden=4)
        >>> sum(p.numel() for p in bag.build((16,), 10).parameters()) == 100 * 8 + (8 + 1) * 4 + (4 + 1) * 10
        True
    """

    takes: ClassVar[tuple[Kind, ...]] = ("texts",)
    paper: ClassVar[str | None] = "https://arxiv.org/abs/1607.01759"

    width: Annotated[int, Field(ge=1)] = 64
    """Numbers in an embedding."""
    hidden: Annotated[int, Field(ge=0)] = 0
    """Units of a hidden layer; 0 for none."""
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """Probability that a number of the mean, or a hidden unit, is dropped in training."""
    vocabulary: Annotated[int, Field(ge=1)] | None = None
    """Token numbers are below this; by default the data's."""
    padding: Annotated[int, Field(ge=0)] | None = None
    """The token that means nothing; by default the data's."""

    def build(self, shape: Sequence[int], classes: int) -> nn.Module:
        """Fresh weights for texts of ``shape`` [length].

        Raises:
            ModelError: for rows that are no texts.
        """
        return _Bag(words("embedding-bag", shape, self.vocabulary, self.padding), self, classes)


class _Bag(nn.Module):
    """From token numbers [batch, length] to logits [batch, classes]."""

    def __init__(self, known: Words, settings: EmbeddingBag, classes: int) -> None:
        super().__init__()
        self.words = known
        self.embedding = nn.Embedding(known.vocabulary, settings.width)
        wide = settings.hidden or settings.width
        hidden = [nn.Linear(settings.width, wide), nn.ReLU(), nn.Dropout(settings.dropout)] if settings.hidden else []
        self.head = nn.Sequential(nn.Dropout(settings.dropout), *hidden, nn.Linear(wide, classes))

    def forward(self, tokens: Tensor) -> Tensor:
        """Logits of a batch; of a text without a token, those of the zero vector."""
        real = self.words.real(tokens)
        logits: Tensor = self.head(self.words.mean(self.embedding(tokens), real))
        return logits

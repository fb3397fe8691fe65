"""Models of text: padding means nothing, and members can be stacked."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from overproof.errors import ModelError
from overproof.models.architecture import Architecture, Reference, check_fresh, check_outputs
from overproof.models.cost import macs
from overproof.models.embedding_bag import EmbeddingBag
from overproof.models.networks import Stacked
from overproof.models.stacking import why_not
from overproof.models.transformer import Transformer

LENGTH, OUTPUTS, PADDING = 12, 5, 3

REFERENCES = [
    EmbeddingBag(vocabulary=50, padding=PADDING, width=8),
    EmbeddingBag(vocabulary=50, padding=PADDING, width=8, hidden=6, dropout=0.3),
    Transformer(vocabulary=50, padding=PADDING, width=8, depth=2, heads=2, dropout=0.3),
]
every = pytest.mark.parametrize("reference", REFERENCES, ids=["bag", "bag with a hidden layer", "transformer"])


def fresh(reference: Reference, number: int = 0) -> nn.Module:
    return Architecture.of("it", reference).fresh((LENGTH,), OUTPUTS, number)


def tokens() -> Tensor:
    """Rows with 12, 4, 1 and no tokens before their padding."""
    rows = torch.randint(4, 50, (4, LENGTH), dtype=torch.int32, generator=torch.Generator().manual_seed(1))
    for row, length in enumerate((12, 4, 1, 0)):
        rows[row, length:] = PADDING
    return rows


@every
def test_outputs_do_not_depend_on_how_far_a_row_is_padded(reference: Reference) -> None:
    module, rows = fresh(reference).eval(), tokens()
    wanted = module(rows)
    assert wanted.shape == (4, OUTPUTS)
    for row, length in enumerate((12, 4, 1, 0)):
        for padded in range(max(1, length), LENGTH + 1):
            alone = module(rows[row : row + 1, :padded])
            torch.testing.assert_close(alone, wanted[row : row + 1], rtol=1e-5, atol=1e-6)


@every
def test_a_row_of_padding_gives_finite_outputs_and_gradients(reference: Reference) -> None:
    module, rows = fresh(reference), torch.full((3, LENGTH), PADDING, dtype=torch.int32)
    logits = module(rows)
    assert logits.isfinite().all()
    logits.sum().backward()
    assert all(part.grad is None or part.grad.isfinite().all() for part in module.parameters())


@every
def test_what_padding_stands_for_is_never_learnt(reference: Reference) -> None:
    module = fresh(reference).train()
    module(tokens()[:3]).square().sum().backward()
    embedding = next(part for part in module.modules() if isinstance(part, nn.Embedding))
    assert embedding.weight.grad is not None
    assert not embedding.weight.grad[PADDING].any()
    assert embedding.weight.grad.any()


@every
def test_members_can_be_stacked(reference: Reference) -> None:
    modules = [fresh(reference, number) for number in range(3)]
    assert why_not(modules, tokens()) is None
    stacked = Stacked(modules)
    stacked.train(False)
    found = stacked(torch.stack([tokens()] * 3))
    for module, own in zip(modules, found, strict=True):
        torch.testing.assert_close(own, module.eval()(tokens()), rtol=1e-5, atol=1e-6)


@every
def test_they_fit_and_are_fresh(reference: Reference) -> None:
    check_outputs(fresh(reference), tokens()[:2], OUTPUTS, "student")
    check_fresh(Architecture.of("it", reference), (LENGTH,), OUTPUTS, "student")


@every
@pytest.mark.parametrize("shape", [(1, 8, 8), (16, 6)])
def test_rows_that_are_no_texts_are_refused(reference: Reference, shape: tuple[int, ...]) -> None:
    with pytest.raises(ModelError, match=r"needs texts \(token numbers \[length\]\), the data's rows have shape "):
        reference.build(shape, 3)


def test_tables_are_no_texts() -> None:
    for model, reference in (("embedding-bag", EmbeddingBag()), ("transformer", Transformer())):
        with pytest.raises(ModelError) as caught:
            reference.build((30,), 3)
        assert str(caught.value) == (
            f"{model} needs texts (token numbers [length]), the data's rows have shape (30,) and are no texts; use mlp"
        )
    numbers = Architecture.of("it", EmbeddingBag(vocabulary=50)).fresh((4,), 3)
    with pytest.raises(
        ModelError, match=r"^student cannot take rows of shape \(4,\): a model of text reads token numb"
    ):
        check_outputs(numbers, torch.zeros(2, 4), 3, "student")


def test_a_bag_by_hand() -> None:
    module: Any = EmbeddingBag(vocabulary=6, padding=0, width=2).build((4,), 3)
    embedding, head = module.embedding.weight, module.head[-1]
    mean = (embedding[5] + embedding[2] + embedding[2]) / 3
    row = torch.tensor([[5, 2, 0, 2]], dtype=torch.int32)
    torch.testing.assert_close(module(row)[0], head.weight @ mean + head.bias)
    for other in itertools.permutations([5, 2, 0, 2]):
        torch.testing.assert_close(module(torch.tensor([other])), module(row))
    assert macs(module, row) == 4 * 2 + 2 * 3  # the sum of four embeddings of two numbers, and the head


def test_a_transformer_is_pytorch_s_own_encoder() -> None:
    # the same weights in PyTorch's layers, which are made of other code
    module: Any = fresh(REFERENCES[2]).eval()
    layers: list[Any] = []
    for block in module.blocks:
        layer: Any = nn.TransformerEncoderLayer(8, 2, 32, activation="gelu", batch_first=True, norm_first=True).eval()
        layer.self_attn.in_proj_weight, layer.self_attn.in_proj_bias = block.attention.weight, block.attention.bias
        layer.self_attn.out_proj, layer.linear1, layer.linear2 = block.mixed, block.wide, block.narrow
        layer.norm1, layer.norm2 = block.first, block.second
        layers.append(layer)
    rows = tokens()[:3]
    states = module.embedding(rows) + module.positions
    for layer in layers:
        states = layer(states, src_key_padding_mask=rows == PADDING)
    states = module.norm(states)
    means = [states[row, :length].mean(0) for row, length in enumerate((12, 4, 1))]
    wanted = module.head(torch.stack(means))
    torch.testing.assert_close(module(rows), wanted, rtol=1e-4, atol=1e-6)


def test_the_order_of_words_matters_to_a_transformer() -> None:
    module = fresh(REFERENCES[2]).eval()
    rows = torch.tensor([[7, 8, 9], [9, 8, 7]], dtype=torch.int32)
    assert not torch.allclose(module(rows[:1]), module(rows[1:]))


def test_operations_of_a_transformer_by_hand() -> None:
    width, length = 8, LENGTH
    layers = length * (width * 3 * width + width * width + 2 * width * 4 * width)
    attention = 2 * length * length * width
    wanted = 2 * (layers + attention) + length * width + width * OUTPUTS
    assert macs(fresh(REFERENCES[2]), tokens()[:1]) == wanted


def test_heads_that_do_not_divide_the_width_are_refused() -> None:
    with pytest.raises(ModelError) as caught:
        Transformer(vocabulary=9, width=10, heads=4).build((4,), 2)
    assert str(caught.value) == "transformer has width = 10 and heads = 4; the heads must divide the width"


def test_padding_is_a_token() -> None:
    with pytest.raises(ModelError, match=r"^embedding-bag has padding = 9, which must be less than vocabulary = 9$"):
        EmbeddingBag(vocabulary=9, padding=9).build((4,), 2)

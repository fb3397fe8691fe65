"""From a ``[teacher]`` or ``[student]`` table to an architecture."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from overproof.errors import StudyError, nearest
from overproof.models import imported
from overproof.models.architecture import Architecture, Reference
from overproof.models.cnn import CNN
from overproof.models.mlp import MLP
from overproof.study import Student, Teacher
from overproof.validation import build

#: The reference models, by the name a study gives them.
REFERENCES: Mapping[str, type[Reference]] = MappingProxyType({"cnn": CNN, "mlp": MLP})


def architecture(table: Teacher | Student, where: str, trust: bool = False) -> Architecture:
    """The architecture that a table describes.

    Args:
        table: ``[teacher]`` or ``[student]``.
        where: ``teacher`` or ``student``, for messages.
        trust: whether ``module:function`` may be imported.

    Raises:
        StudyError: for an unknown model or setting, or a value out of range.
        UnsafeError: for ``module:function`` without trust.
    """
    if imported.is_reference(table.model):
        function = imported.load(table.model, f"{where}.model", trust)
        return imported.architecture(table.model, function, table.settings)
    reference = REFERENCES.get(table.model)
    if reference is None:
        known = [*REFERENCES, "module:function"]
        raise StudyError(f"{where}.model = {table.model!r} is not a model; {nearest(table.model, known)}")
    return Architecture.of(table.model, build(reference, table.settings, where, beside=type(table).model_fields))

"""Five folds with torchdistill: its distillation box for the student, its training box for simple."""

from __future__ import annotations

import json
import logging
import time
from typing import Any

import numpy as np
import torch
from fashion import ALPHA, BATCH, FOLDS, LEARNING_RATE, TEMPERATURE, given, student
from numpy.typing import NDArray
from plain import accuracy
from sklearn.model_selection import StratifiedKFold
from torch import nn
from torch.utils.data import DataLoader, RandomSampler, Subset, TensorDataset

# torchvision's wheels are linked against CUDA; beside a CPU build of torch these two operators must exist to import it
_OPERATORS = torch.library.Library("torchvision", "FRAGMENT")  # type: ignore[no-untyped-call]
for _schema in (
    "nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
):
    if torch.version.cuda is None:
        _OPERATORS.define(_schema)  # type: ignore[no-untyped-call]

from torchdistill.common.constant import def_logger  # noqa: E402
from torchdistill.core.distillation import DistillationBox  # noqa: E402
from torchdistill.core.training import TrainingBox  # noqa: E402

CPU = torch.device("cpu")
FORWARD = {"forward_proc": "forward_batch_only"}


def settings(epochs: int, term: dict[str, Any]) -> dict[str, Any]:
    """What torchdistill's YAML would say."""
    return {
        "num_epochs": epochs,
        "train_data_loader": {
            "dataset_id": "train",
            "sampler": {"class_or_func": RandomSampler, "kwargs": {}},
            "kwargs": {"batch_size": BATCH},
        },
        "model": FORWARD,
        "teacher": {**FORWARD, "requires_grad": False},
        "student": FORWARD,
        "optimizer": {"key": "AdamW", "kwargs": {"lr": LEARNING_RATE}},
        "criterion": {
            "key": "WeightedSumLoss",
            "kwargs": {"sub_terms": {"loss": {**term, "weight": 1.0}}},
            "func2extract_model_loss": "extract_model_loss_dict",
        },
    }


# torchdistill's alpha weighs the hard loss
KD = {
    "criterion": {
        "key": "KDLoss",
        "kwargs": {
            **{"student_module_path": ".", "student_module_io": "output"},
            **{"teacher_module_path": ".", "teacher_module_io": "output"},
            **{"temperature": TEMPERATURE, "alpha": 1 - ALPHA},
        },
    }
}
HARD = {
    "criterion": {"key": "CrossEntropyLoss", "kwargs": {}},
    "criterion_wrapper": {
        "key": "SimpleLossWrapper",
        "kwargs": {
            "input": {"is_from_teacher": False, "module_path": ".", "io": "output"},
            "target": {"uses_label": True},
        },
    },
}


def train(box: Any) -> None:
    for epoch in range(box.num_epochs):
        box.pre_epoch_process(epoch=epoch)
        for inputs, labels, supplement in box.train_data_loader:
            box.pre_forward_process()
            loss = box.forward_process(inputs, targets=labels, supp_dict=supplement)
            box.post_forward_process(loss=loss)
        box.post_epoch_process()


def fold(teacher: nn.Module, dataset: TensorDataset, own: NDArray[np.int64], epochs: int, seed: int) -> list[nn.Module]:
    """Simple and student, trained."""
    datasets = {"train": Subset(dataset, own.tolist())}
    torch.manual_seed(seed)
    simple_model = student()
    train(TrainingBox(simple_model, datasets, settings(epochs, HARD), CPU, None, False, 1))
    torch.manual_seed(seed)
    student_model = student()
    teacher.eval()
    box = DistillationBox(teacher, student_model, datasets, settings(epochs, KD), CPU, None, False, 1)
    train(box)
    box.clean_modules()
    return [simple_model, student_model]


def main() -> None:
    def_logger.setLevel(logging.ERROR)
    teacher, rows, labels, epochs = given()
    start = time.perf_counter()
    dataset = TensorDataset(torch.from_numpy(rows), torch.from_numpy(labels))
    scores: dict[str, list[float]] = {"teacher": [], "simple": [], "student": []}
    for seed, (own, held_out) in enumerate(StratifiedKFold(FOLDS, shuffle=True, random_state=0).split(rows, labels)):
        simple_model, student_model = fold(teacher, dataset, own, epochs, seed)
        test_loader = DataLoader(Subset(dataset, held_out.tolist()), batch_size=BATCH)
        for arm, model in (("teacher", teacher), ("simple", simple_model), ("student", student_model)):
            scores[arm].append(accuracy(model, test_loader))
    print(json.dumps({"work": time.perf_counter() - start, "scores": scores}))


if __name__ == "__main__":
    main()

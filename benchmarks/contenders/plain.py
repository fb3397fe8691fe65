"""Five folds as one writes them after the PyTorch distillation tutorial: data loaders, the teacher at every step."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable

import torch
from fashion import ALPHA, BATCH, FOLDS, LEARNING_RATE, TEMPERATURE, given, student
from sklearn.model_selection import StratifiedKFold
from torch import Tensor, nn, optim
from torch.nn.functional import log_softmax, softmax
from torch.utils.data import DataLoader, Subset, TensorDataset

Loader = Iterable[tuple[Tensor, Tensor]]


def train(model: nn.Module, loader: Loader, epochs: int) -> None:
    criterion = nn.CrossEntropyLoss()
    optimizer = optim.AdamW(model.parameters(), lr=LEARNING_RATE)
    model.train()
    for _ in range(epochs):
        running_loss = 0.0
        for inputs, labels in loader:
            optimizer.zero_grad()
            loss = criterion(model(inputs), labels)
            loss.backward()
            optimizer.step()
            running_loss += loss.item()


def train_with_teacher(teacher: nn.Module, model: nn.Module, loader: Loader, epochs: int) -> None:
    criterion = nn.CrossEntropyLoss()
    optimizer = optim.AdamW(model.parameters(), lr=LEARNING_RATE)
    teacher.eval()
    model.train()
    for _ in range(epochs):
        running_loss = 0.0
        for inputs, labels in loader:
            optimizer.zero_grad()
            with torch.no_grad():
                teacher_logits = teacher(inputs)
            logits = model(inputs)
            told = softmax(teacher_logits / TEMPERATURE, dim=-1)
            said = log_softmax(logits / TEMPERATURE, dim=-1)
            soft_loss = torch.sum(told * (told.log() - said)) / said.size(0) * TEMPERATURE**2
            loss = ALPHA * soft_loss + (1 - ALPHA) * criterion(logits, labels)
            loss.backward()
            optimizer.step()
            running_loss += loss.item()


def accuracy(model: nn.Module, loader: Loader) -> float:
    model.eval()
    correct = total = 0
    with torch.no_grad():
        for inputs, labels in loader:
            correct += int((model(inputs).argmax(dim=1) == labels).sum())
            total += len(labels)
    return correct / total


def main() -> None:
    teacher, rows, labels, epochs = given()
    start = time.perf_counter()
    dataset = TensorDataset(torch.from_numpy(rows), torch.from_numpy(labels))
    scores: dict[str, list[float]] = {"teacher": [], "simple": [], "student": []}
    for fold, (own, held_out) in enumerate(StratifiedKFold(FOLDS, shuffle=True, random_state=0).split(rows, labels)):
        train_loader = DataLoader(Subset(dataset, own.tolist()), batch_size=BATCH, shuffle=True)
        test_loader = DataLoader(Subset(dataset, held_out.tolist()), batch_size=BATCH)
        torch.manual_seed(fold)
        simple_model = student()
        train(simple_model, train_loader, epochs)
        torch.manual_seed(fold)
        student_model = student()
        train_with_teacher(teacher, student_model, train_loader, epochs)
        scores["teacher"].append(accuracy(teacher, test_loader))
        scores["simple"].append(accuracy(simple_model, test_loader))
        scores["student"].append(accuracy(student_model, test_loader))
    print(json.dumps({"work": time.perf_counter() - start, "scores": scores}))


if __name__ == "__main__":
    main()

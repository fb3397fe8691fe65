"""Makes what some examples start from, out of the published files: a JSONL file, images, probabilities, an ONNX file.

    python examples/prepare.py DATA PREPARED [NAME …] [--quick]

DATA holds the folders adult, clinc150 and fashion-mnist. NAME is one of clinc150, fashion, adult and onnx; all of them
by default. With --quick there are fewer rows, and weaker teachers: to see that everything works, not to compare.
"""

from __future__ import annotations

import argparse
import gzip
import json
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import nn

from overproof import study_file
from overproof.data.dataset import Dataset
from overproof.sources import catalogue as sources
from overproof.study import Data, Study

HERE = Path(__file__).parent
SEED = 0


def clinc150(data: Path, prepared: Path, quick: bool) -> None:
    """One JSONL file of the three labelled splits; what is out of scope has no intent and is left out."""
    with gzip.open(data / "clinc150" / "data_full.json.gz", "rt", encoding="utf-8") as file:
        splits = json.load(file)
    pairs = [pair for split in ("train", "val", "test") for pair in splits[split]]
    order = np.random.default_rng(SEED).permutation(len(pairs))[: 3000 if quick else None]
    lines = [json.dumps({"text": pairs[at][0], "intent": pairs[at][1]}, ensure_ascii=False) for at in order]
    (prepared / "clinc150.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")


def fashion(data: Path, prepared: Path, quick: bool) -> None:
    """A folder of PNG files for every class."""
    images = sources.load(Data(source=str(data / "fashion-mnist"), limit=400 if quick else 6000), SEED)
    for row, (pixels, label) in enumerate(zip(images.inputs, images.labels, strict=True)):
        folder = prepared / "fashion" / images.classes[label]
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.rint(pixels[0] * 255).astype(np.uint8)).save(folder / f"{row:05d}.png")


def adult(data: Path, prepared: Path, quick: bool) -> None:
    """Out-of-fold probabilities of a forest for every row, keyed by the row's place in the file."""
    import pandas as pd  # noqa: PLC0415 (not every example needs it)
    from sklearn.ensemble import RandomForestClassifier  # noqa: PLC0415
    from sklearn.model_selection import cross_val_predict  # noqa: PLC0415

    study = Study.model_validate(study_file.read(HERE / "predictions.toml"))
    source = str(data / "adult" / "adult-train.csv.gz")
    table = sources.load(study.data.model_copy(update={"source": source}), SEED)
    forest = RandomForestClassifier(5 if quick else 200, min_samples_leaf=3, random_state=SEED, n_jobs=-1)
    said = cross_val_predict(forest, np.nan_to_num(table.inputs, nan=-1.0), table.labels, method="predict_proba")
    frame = pd.DataFrame(said, columns=list(table.classes))
    frame.insert(0, "id", np.arange(len(table)))
    frame.to_parquet(prepared / "adult-probabilities.parquet", index=False)


def onnx(data: Path, prepared: Path, quick: bool) -> None:
    """A CNN, trained on the official test images, as an ONNX file that says what its classes are called."""
    from overproof.models.cnn import CNN  # noqa: PLC0415

    images = sources.load(
        Data(
            source=str(data / "fashion-mnist" / "t10k-images-idx3-ubyte.gz"),
            target=str(data / "fashion-mnist" / "t10k-labels-idx1-ubyte.gz"),
        ),
        SEED,
    )
    torch.manual_seed(SEED)
    model = CNN(width=16, dropout=0.2).build(images.shape, len(images.classes))
    _fit(model, images, epochs=1 if quick else 6)
    program = torch.onnx.export(
        model.eval(),
        (torch.from_numpy(images.inputs[:2]),),
        input_names=["images"],
        output_names=["logits"],
        dynamic_shapes=({0: "rows"},),
        verbose=False,
    )
    assert program is not None
    program.model.metadata_props["classes"] = json.dumps(images.classes)
    program.save(prepared / "fashion.onnx", external_data=False)


def _fit(model: nn.Module, data: Dataset, epochs: int) -> None:
    """Train with cross-entropy."""
    optimiser, batches = torch.optim.AdamW(model.parameters(), 3e-3), len(data) // 64
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 3e-3, epochs * batches)
    rng = np.random.default_rng(SEED)
    for _ in range(epochs):
        for rows in np.array_split(rng.permutation(len(data)), batches):
            loss = nn.functional.cross_entropy(
                model(torch.from_numpy(data.inputs[rows])), torch.from_numpy(data.labels[rows])
            )
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()


MADE = {make.__name__: make for make in (clinc150, fashion, adult, onnx)}


def main() -> None:
    """Make what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("prepared", type=Path)
    parser.add_argument("names", nargs="*", metavar="NAME", choices=[[], *MADE], default=[])
    parser.add_argument("--quick", action="store_true")
    given = parser.parse_args()
    given.prepared.mkdir(parents=True, exist_ok=True)
    for name in given.names or MADE:
        MADE[name](given.data, given.prepared, given.quick)
        print(f"{name}: done")


if __name__ == "__main__":
    main()

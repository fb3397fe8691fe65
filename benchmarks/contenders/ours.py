"""Five folds with overproof, called as a user would; the soft-target store is empty."""

from __future__ import annotations

import json
import tempfile
import time

import fashion

import overproof as op


def main() -> None:
    teacher, rows, labels, epochs = fashion.given()
    recipe = {
        "epochs": epochs,
        "batch_size": fashion.BATCH,
        "learning_rate": fashion.LEARNING_RATE,
        "schedule": "constant",
    }
    compare = op.compare  # the public names are loaded on first use: part of the imports
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        found = compare(
            data=(rows, labels),
            teacher=teacher,
            student={"model": fashion.student, "training": recipe},
            method={"name": "kd", "alpha": fashion.ALPHA, "temperature": fashion.TEMPERATURE},
            protocol={"folds": fashion.FOLDS, "validation": 0},
            out=f"{folder}/run",
        )
        work = time.perf_counter() - start
    scores = {arm.name: arm.scores["accuracy"].values for arm in found.result.arms}
    print(json.dumps({"work": work, "scores": scores, "seconds": found.measured.seconds}))


if __name__ == "__main__":
    main()

"""Shuffled labels: trained on labels dealt out at random, simple must be at chance, or test rows have leaked."""

from __future__ import annotations

from collections.abc import Iterator

from overproof.doctor.answers import ask
from overproof.doctor.association import association, seen
from overproof.doctor.evidence import ALPHA, matches_by_chance
from overproof.doctor.finding import Finding, percent
from overproof.doctor.trial import Trial

REMEDY = "See that the student keeps nothing from one training to the next, and trains on no test row."


def shuffled_labels(trial: Trial) -> Iterator[Finding]:
    """Train simple in the first split of the same rows with their labels shuffled, test rows included, and test it.

    Its answers cannot know the labels of test rows, whatever the rows look like.
    """
    shuffled = trial.shuffled
    said = ask(shuffled.plan, shuffled.simple, shuffled.plan.splits[0].test)
    if not trial.whole.task.classifies:
        z = association(said.logits, said.labels).diagonal()
        if z.max() > seen(len(z), ALPHA):
            yield Finding(
                "shuffled labels",
                "error",
                f"Trained on shuffled labels, simple's answers to {len(said.labels)} test rows go with their labels, "
                f"more than chance would give (largest z = {z.max():.1f}).",
                REMEDY,
            )
        return
    p = matches_by_chance(said.said, said.labels)
    if p < ALPHA:
        yield Finding(
            "shuffled labels",
            "error",
            f"Trained on shuffled labels, simple is right on {percent(said.right.mean())} of {len(said.labels)} test "
            f"rows, more than chance would give (p = {p:.1g}).",
            REMEDY,
        )

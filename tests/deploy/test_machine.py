"""The machine is described without naming it."""

from __future__ import annotations

import getpass
import platform

import torch

from overproof.deploy.machine import cores, machine, versions


def test_versions_and_machine_name_no_host_and_no_user() -> None:
    words = [*machine().values(), *versions().values()]
    assert versions()["torch"] == torch.__version__
    assert int(machine()["cores"]) == cores() >= 1
    assert all(isinstance(word, str) for word in words)
    assert platform.node() not in words
    assert getpass.getuser() not in words

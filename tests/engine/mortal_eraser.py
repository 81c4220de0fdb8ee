"""A process that erases lead crm/L1 and is killed (-9) at one step: python mortal_eraser.py WORKSPACE STEP."""

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from engine.erasure import erase
from engine.privacy.erasure_list import ErasureList
from engine.privacy.keys import KeyFile
from engine.store.writing import Writing
from engine.workspace import Workspace

# step → what is patched, and whether death comes before or after it.
STEPS: dict[str, tuple[type, str, bool]] = {
    "begun": (KeyFile, "begin_erasing", False),
    "appended, not committed": (Writing, "append", False),
    "committed": (ErasureList, "add", True),
    "on the list": (ErasureList, "add", False),
    "key destroyed": (KeyFile, "_destroy", False),
    "overwritten": (KeyFile, "_overwrite", False),
}


def dying(original: Callable[..., Any], *, before: bool) -> Callable[..., Any]:
    def patched(*told: Any, **named: Any) -> Any:
        if not before:
            original(*told, **named)
        os.kill(os.getpid(), signal.SIGKILL)

    return patched


if __name__ == "__main__":
    of, name, before = STEPS[sys.argv[2]]
    workspace = Workspace.find(Path(sys.argv[1]))
    workspace.log.head()
    setattr(of, name, dying(getattr(of, name), before=before))
    erase(workspace, "crm/L1", "DSR-1")

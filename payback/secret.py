"""A secret by reference: the configuration names where it is, never what it is."""

import os
import re
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field, model_validator

from payback.errors import SettingsError
from payback.section import Section


def _environment_name(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", text):
        raise ValueError("write the name of an environment variable: letters, digits and _")
    return text


class Secret(Section):
    """Where a secret is: an environment variable or a file."""

    env: Annotated[str, AfterValidator(_environment_name)] | None = None
    file: Annotated[Path, Field(strict=False)] | None = None

    @model_validator(mode="after")
    def _one_place(self) -> "Secret":
        if (self.env is None) == (self.file is None):
            raise ValueError('write { env = "NAME" } or { file = "PATH" }, one of the two')
        return self

    def read(self, key: str) -> str:
        """The secret itself, never an empty one. *key* is what messages call it. Raises SettingsError."""
        if self.env is not None:
            place, text = f"the environment variable {self.env}", os.environ.get(self.env, "")
        else:
            file = Path(self.file or "").expanduser()
            place, text = f"the file {file}", _text_of(file, key)
        secret = text.strip()
        if not secret:
            raise SettingsError(f"{key}: {place} is empty or not there; set it, or take {key} out")
        if not (secret.isascii() and secret.isprintable()):
            raise SettingsError(f"{key}: {place} is not one line of ASCII; leave only the secret there")
        return secret


def _text_of(file: Path, key: str) -> str:
    try:
        return file.read_text("utf-8")
    except OSError as error:
        why = error.strerror
    except UnicodeDecodeError:
        why = "it is not text"
    raise SettingsError(f"{key}: cannot read the file {file}: {why}; mend that, or take {key} out")

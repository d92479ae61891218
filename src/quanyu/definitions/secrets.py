"""Reads secrets from where the settings say they stand; their text never appears in a problem."""

from collections.abc import Mapping
from pathlib import Path

from quanyu.config import Secret
from quanyu.errors import Problem, Where

_LONGEST = 65_536


def read_secret(
    secret: Secret, root: Path, environment: Mapping[str, str], where: Where
) -> tuple[str | None, Problem | None]:
    """Return the secret's text without surrounding blanks, or the problem: variable not set, file missing or empty.

    A relative file is looked up from the workspace's root; `where` is the place that names the secret.
    """
    if secret.env is not None:
        text = environment.get(secret.env, "").strip()
        if text:
            return text, None
        message = f"Environment variable {secret.env} is not set."
        return None, Problem("config.secret_missing", message, "Set it before starting quanyu.", where)
    path = root / (secret.file or "")
    try:
        text = path.read_bytes()[:_LONGEST].decode("utf-8").strip() if path.is_file() else ""
    except (OSError, UnicodeDecodeError):
        text = ""
    if text:
        return text, None
    message = f"The file {secret.file} is missing, empty or unreadable."
    return None, Problem("config.secret_missing", message, "Write the secret into it, readable by you only.", where)

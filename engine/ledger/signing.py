"""The workspace's signing key: made once, its public half for the world."""

import os
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key

from engine.errors import FolderUnwritable
from engine.ledger.errors import BadPublicKey, BadSigningKey, SigningKeyThere
from engine.ledger.note import BadNote, PublicKey, signed
from engine.workspace import SIGNING, Workspace

PUBLIC = ".pub"


@dataclass(frozen=True, slots=True)
class Signer:
    """Signs for one log."""

    name: str
    key: Ed25519PrivateKey

    @property
    def public(self) -> PublicKey:
        """What others check with."""
        return PublicKey(self.name, self.key.public_key().public_bytes_raw())

    def sign(self, text: str) -> str:
        """The signed note of that text."""
        return signed(text, self.name, self.key)


def name_of(log_id: str) -> str:
    """The name under which a log signs; also the first line of its checkpoints."""
    return f"leadlog/{log_id}"


def make(workspace: Workspace) -> Signer:
    """A new key, and its public half beside it. Raises SigningKeyThere, FolderUnwritable."""
    file = workspace.folder / SIGNING
    signer = Signer(name_of(workspace.keys.log_id), Ed25519PrivateKey.generate())
    pem = signer.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    try:
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as opened:
            opened.write(pem)
        file.with_suffix(PUBLIC).write_text(f"{signer.public}\n", encoding="utf-8")
    except FileExistsError:
        raise SigningKeyThere(file=file) from None
    except OSError as error:
        raise FolderUnwritable(folder=workspace.folder, cause=error.strerror or error) from None
    return signer


def signer_of(workspace: Workspace) -> Signer:
    """The workspace's key; a new one where there is none. Raises BadSigningKey."""
    file = workspace.folder / SIGNING
    if not file.exists():
        return make(workspace)
    try:
        key = load_pem_private_key(file.read_bytes(), None)
    except (OSError, ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise BadSigningKey(file=file, cause=error) from None
    if not isinstance(key, Ed25519PrivateKey):
        raise BadSigningKey(file=file, cause="it is of another kind")
    return Signer(name_of(workspace.keys.log_id), key)


def public_key(told: Path | str) -> PublicKey:
    """The public key of a file, or told as a line. Raises BadPublicKey."""
    try:
        text = Path(told).read_text(encoding="utf-8") if Path(told).is_file() else str(told)
        return PublicKey.read(text)
    except (OSError, UnicodeDecodeError, BadNote):
        raise BadPublicKey(key=told) from None

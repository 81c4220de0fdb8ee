"""What goes wrong with checkpoints and receipts; each sentence says the cure."""

from engine.errors import Trouble


class SigningKeyThere(Trouble):
    """{file} is there already and was left as it is: checkpoints and receipts that are out in the world are checked with it."""


class BadSigningKey(Trouble):
    """{file} is no signing key of Ed25519 ({cause}). Bring it back from its backup, or remove it and let `leadlog checkpoint` make a new
    one: then give out the new public key.
    """


class BadPublicKey(Trouble):
    """{key} is no public key: a line NAME+HASH+KEY, as it stands in the file signing.pub of the workspace that signed."""


class BadCheckpoint(Trouble):
    """{file} is no checkpoint that can be trusted: {fault}."""


class BadReceipt(Trouble):
    """{file} proves nothing: {fault}."""


class NoSuchHandoff(Trouble):
    """No handoff {handoff} is known. `leadlog handoffs` lists them."""


class SeveralHandoffs(Trouble):
    """{handoff} is the id of handoffs of several leads; name one by --lead: {leads}."""

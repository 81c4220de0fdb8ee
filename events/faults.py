"""Why something that came in cannot be taken: one class, whose text is the reason in quarantine."""

LONGEST = 400  # characters of a reason


class Fault(ValueError):
    """Bad content, named by field and by one word of the contract.

    field: the field, attribute or column as it was written by the sender.
    word: one of the contract's words (`json`, `time`, `zone`, `range`, …), by which quarantine counts.
    detail: a sentence that says what was found and what would be taken.
    """

    def __init__(self, field: str, word: str, detail: str) -> None:
        field, detail = _shortened(field), _shortened(detail)
        self.field, self.word, self.detail = field, word, detail
        told = word if word == field else f"{field}: {word}" if field else word
        super().__init__(f"{told}: {detail}")


def _shortened(text: str) -> str:
    """What is told of a megabyte in a wrong place."""
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 40]}…{text[-39:]}"

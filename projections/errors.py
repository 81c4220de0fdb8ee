"""Why a view does not answer: what was asked, and what can be asked instead, in one sentence."""


class QuestionError(ValueError):
    """An option, a dimension, a period or a view that is none."""


class DefinitionError(QuestionError):
    """A definition with a slip: the file, the key, what would be right."""


class UnreadableEvent(QuestionError):
    """What the log holds is not what an event is: the file was changed, or is damaged."""

    def __init__(self, cause: BaseException) -> None:
        told = str(cause).splitlines()[0] if str(cause) else type(cause).__name__
        super().__init__(
            f"an event of the log cannot be read ({told}). `leadlog verify` names it; bring the log back from a backup"
        )

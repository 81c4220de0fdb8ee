"""Why a view does not answer: what was asked, and what can be asked instead, in one sentence."""


class QuestionError(ValueError):
    """An option, a dimension, a period or a view that is none."""


class DefinitionError(QuestionError):
    """A definition with a slip: the file, the key, what would be right."""

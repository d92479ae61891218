"""Which models the build could compute, as table `readiness` has it."""

from dataclasses import dataclass

from quanyu.config import Language
from quanyu.report.reading import Reader


@dataclass(frozen=True, slots=True)
class Need:
    """One need of one model (`readiness`)."""

    model: str
    need_no: int
    reference: str
    model_zh: str
    model_en: str
    need_zh: str
    need_en: str
    connect_zh: str
    connect_en: str
    tables: str
    is_required: bool
    rows: int
    is_met: bool

    def model_name(self, language: Language) -> str:
        """Return the name of the model in the language."""
        return self.model_zh if language is Language.ZH else self.model_en

    def says(self, language: Language) -> str:
        """Return what must be known, in the language."""
        return self.need_zh if language is Language.ZH else self.need_en

    def connect(self, language: Language) -> str:
        """Return what to connect, in the language."""
        return self.connect_zh if language is Language.ZH else self.connect_en


@dataclass(frozen=True, slots=True)
class Readiness:
    """All needs of all models; a build without the table knows none, and nothing is then held back."""

    needs: tuple[Need, ...] = ()

    def of(self, model: str) -> tuple[Need, ...]:
        """Return the needs of a model in their order."""
        return tuple(need for need in self.needs if need.model == model)

    def lacking(self, model: str) -> tuple[Need, ...]:
        """Return the required needs of a model that are not met."""
        return tuple(need for need in self.of(model) if need.is_required and not need.is_met)


def read_readiness(read: Reader) -> Readiness:
    """Return the needs of every model."""
    return Readiness(read.rows(Need, "readiness"))

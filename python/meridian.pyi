"""Evaluate, score and explain XGBoost models as Meridian's pipeline does."""

from array import array
from collections.abc import Iterable, Sequence
from os import PathLike
from typing import Any, Literal, Protocol, final

__version__: str

_Path = str | PathLike[str]
# A column, or several.
_Names = str | Sequence[str]
# The tag of SageMaker's XGBoost image that serves.
_Image = Literal["1.7-1", "3.0-5"]

class _Array(Protocol):
    """A numpy array, or another that lists its values."""

    def tolist(self) -> Any: ...

class _Frame(Protocol):
    """A data frame: where its columns have names, these must be the model's features in their order."""

    @property
    def columns(self) -> Iterable[Any]: ...
    def to_numpy(self) -> Any: ...

# Records x features in the model's order, or the path of a CSV or Parquet file.
_Records = _Path | _Array | _Frame | Iterable[Iterable[float | None]]

@final
class Evaluation:
    """What came of one evaluation."""

    @property
    def approved(self) -> bool:
        """True of a pass: only such a model may be approved."""

    @property
    def verdict(self) -> Literal["pass", "fail", "inconclusive"]: ...
    @property
    def json(self) -> dict[str, Any]:
        """evaluation.json: equal to what `meridian evaluate --format json` prints."""

    @property
    def html(self) -> str:
        """evaluation.html: the report, one page without scripts."""

    @property
    def markdown(self) -> str:
        """The report for a pull request."""

    def _repr_html_(self) -> str: ...

@final
class Scores:
    """A model's scores of some records, in their order: f32 each."""

    @property
    def margins(self) -> array[float]:
        """Log-odds: the bits that XGBoost computes."""

    @property
    def probabilities(self) -> array[float]:
        """Their sigmoids."""

    def __len__(self) -> int: ...

def evaluate(
    challenger: _Path,
    champion: _Path | None = None,
    *,
    holdout: _Path,
    label: str,
    region_column: str | None = None,
    ignore: _Names | None = None,
    slice: _Names | None = None,
    reference: _Path | None = None,
    policy: _Path | None = None,
    threshold: float | None = None,
    champion_threshold: float | None = None,
    cost_miss: float | None = None,
    cost_false_alarm: float | None = None,
    training_rows: _Path | None = None,
    features: _Path | None = None,
    image: _Image = "3.0-5",
    champion_image: _Image | None = None,
    threads: int | None = None,
) -> Evaluation:
    """Judge a model on held-out records. Raises OSError and ValueError."""

def score(
    model: _Path,
    records: _Records,
    *,
    ignore: _Names | None = None,
    features: _Path | None = None,
    image: _Image = "3.0-5",
    threads: int | None = None,
) -> Scores:
    """Score records. Raises OSError, ValueError and, of what is no table, TypeError."""

def explain(
    model: _Path,
    records: _Records,
    *,
    top: int = 3,
    ignore: _Names | None = None,
    features: _Path | None = None,
    image: _Image = "3.0-5",
    threads: int | None = None,
) -> list[list[tuple[str, float]]]:
    """For each record the features that moved its margin most, and what they added. Raises what `score` raises."""

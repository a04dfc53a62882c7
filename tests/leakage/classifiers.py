"""How well a classifier tells harvesting accounts from innocent ones by one field, on seeds it was not fitted on."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import QuantileTransformer
from threadpoolctl import threadpool_limits

from tests.leakage.columns import Columns
from tests.leakage.features import Matrix, groups, vocabulary

#: The most that a field may tell: area under the ROC curve.
BAR: Final = 0.80
VOLUME_BAR: Final = 0.85
TOGETHER_BAR: Final = 0.92
TOGETHER: Final = "all together"


class Leak(NamedTuple):
    """What one field tells; the areas are those on unseen seeds, 0.5 for nothing, below it when the sign flips."""

    field: str
    features: int
    boosted_auc: float
    logistic_auc: float

    @property
    def auc(self) -> float:
        """The larger of the two areas; an area below one half leaks as much as its mirror image."""
        return max(max(area, 1 - area) for area in (self.boosted_auc, self.logistic_auc))

    @property
    def bar(self) -> float:
        """The most that this field may tell."""
        return {"volume": VOLUME_BAR, TOGETHER: TOGETHER_BAR}.get(self.field, BAR)


def leaks(training: Sequence[Columns], testing: Sequence[Columns]) -> list[Leak]:
    """Fit both classifiers on each field and on all together; the field that tells most comes first."""
    words = vocabulary(training)
    fitted = _stacked([groups(columns, words) for columns in training])
    unseen = _stacked([groups(columns, words) for columns in testing])
    fitted_classes = np.concatenate([columns.harvesting for columns in training])
    unseen_classes = np.concatenate([columns.harvesting for columns in testing])
    fitted[TOGETHER] = np.concatenate(list(fitted.values()), axis=1)
    unseen[TOGETHER] = np.concatenate(list(unseen.values()), axis=1)
    found = [_leak(field, fitted[field], fitted_classes, unseen[field], unseen_classes) for field in fitted]
    return sorted(found, key=lambda leak: (leak.field != TOGETHER, -leak.auc))


def _stacked(matrices: Sequence[Mapping[str, Matrix]]) -> dict[str, Matrix]:
    return {field: np.concatenate([matrix[field] for matrix in matrices]) for field in matrices[0]}


def _leak(
    field: str,
    fitted: Matrix,
    fitted_classes: npt.NDArray[np.bool_],
    unseen: Matrix,
    unseen_classes: npt.NDArray[np.bool_],
) -> Leak:
    boosted = HistGradientBoostingClassifier(
        max_iter=120, learning_rate=0.08, max_leaf_nodes=8, l2_regularization=1.0, random_state=0
    )
    logistic = make_pipeline(
        SimpleImputer(strategy="median", add_indicator=True, keep_empty_features=True),
        QuantileTransformer(n_quantiles=100, output_distribution="uniform", random_state=0),
        LogisticRegression(max_iter=300),
    )
    known = ~np.isnan(fitted).all(axis=0)
    areas = []
    for classifier in (boosted, logistic):
        # Threads cost more than they save on a few thousand rows.
        with warnings.catch_warnings(), threadpool_limits(1):
            warnings.simplefilter("ignore", ConvergenceWarning)
            classifier.fit(fitted[:, known], fitted_classes)
            scores = classifier.predict_proba(unseen[:, known])[:, 1]
        areas.append(float(roc_auc_score(unseen_classes, scores)))
    return Leak(field, fitted.shape[1], *areas)

"""Prints the numbers in LogisticRegressionTests.swift: scikit-learn's logistic regression on samples by formula."""

import numpy as np
from sklearn.linear_model import LogisticRegression

import formula

COUNT, FEATURES, PENALTY = 60, 4, 0.05


def fit(classes):
    x = formula.uniform("logistic/features", (COUNT, FEATURES), 2.0).astype(np.float64)
    labels = formula.integers("logistic/labels", COUNT, classes)
    weights = formula.uniform("logistic/weights", (COUNT,), 0.5, 1.0).astype(np.float64)
    model = LogisticRegression(C=1 / (PENALTY * COUNT), tol=1e-12, max_iter=10_000)
    model.fit(x, labels, sample_weight=weights)
    bias = model.intercept_ - (model.intercept_.mean() if classes > 2 else 0)
    print(classes, "kernel", [float(f"{v:.8g}") for v in model.coef_.T.ravel()], "bias", [float(f"{v:.8g}") for v in bias])


fit(2)
fit(3)

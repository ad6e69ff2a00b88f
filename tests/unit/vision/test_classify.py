"""Real photographs get the names a person would give them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import skimage.data

from imagewell.vision.classify import Classifier, seen

CATS = {"Tabby", "Tiger Cat", "Egyptian Cat"}


@pytest.fixture(scope="module")
def classifier(models_dir: Path) -> Classifier:
    return Classifier(models_dir, 1)


def test_a_cat_is_a_cat(classifier: Classifier) -> None:
    """The three best classes are the three of house cats, and hold most of the shares."""
    best = classifier.classify(skimage.data.chelsea())
    assert {label for label, _ in best[:3]} == CATS
    assert sum(share for _, share in best[:3]) > 0.85


def test_coffee_is_espresso(classifier: Classifier) -> None:
    """As the authors' own scaling of the input makes it; ImageNet's usual one leaves less than 0.85."""
    label, share = classifier.classify(skimage.data.coffee())[0]
    assert (label, share > 0.9) == ("Espresso", True)


def test_a_rocket_flies(classifier: Classifier) -> None:
    assert classifier.classify(skimage.data.rocket())[0][0] in {"Missile", "Projectile"}


@pytest.mark.parametrize("shape", [(1, 1), (1, 5000), (5000, 1), (224, 224)])
def test_five_falling_shares_whatever_the_shape(classifier: Classifier, shape: tuple[int, int]) -> None:
    """Five labels in title case, whose shares fall and are no more than 1 together."""
    best = classifier.classify(np.full((*shape, 3), 128, np.uint8))
    shares = [share for _, share in best]
    assert len(best) == 5
    assert shares == sorted(shares, reverse=True)
    assert 0 < sum(shares) <= 1.0001
    assert all(label[0].isupper() for label, _ in best)


def test_only_the_middle_square_is_looked_at() -> None:
    """Seven eighths of the shorter side, in the middle; what is outside changes nothing."""
    picture = np.zeros((800, 1600, 3), np.uint8)
    picture[:, :400] = picture[:, 1200:] = 255
    picture[60:740, 460:1140] = 127
    assert np.abs(seen(picture)[0, :, 8:-8, 8:-8]).max() < 0.02

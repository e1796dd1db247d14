"""Shared by the tests of the service: the key that stamps the world's chain."""

import pytest

from app.factory import Platform, settings_of
from traceability.checkpoints import keys
from traceability.checkpoints.keys import Signer
from traceability.checkpoints.witness import Witness


@pytest.fixture
def signer(app: Platform) -> Signer:
    """The sequencer's key, known to the site."""
    made = keys.new_signer("demo-test/chain")
    keys.make_known(Witness(settings_of(app).witness_file).keys_path, [made.verifier])
    return made

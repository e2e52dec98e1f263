"""Audits of worlds whose levels are graphs."""

from __future__ import annotations

from procgen_tools.audit.exact import TABLES, ExactAudit
from tests.audits import AGENT, small_audit


def test_it_is_an_audit_with_levels() -> None:
    found = small_audit()
    assert isinstance(found, ExactAudit)
    assert set(found.tables) == set(TABLES)
    assert found.about == found.asked.about
    assert repr(found) == f"ExactAudit({AGENT}, world two_objects, 5 levels)"

"""An audit of an agent: what does it want, how sure is that, and where in the network is it?

`audit` measures one agent, `write` makes its page, and `compare` puts several audits on one page.
Each answer has an interval and a null beside it: an untrained network and random actions, or random
channels.
"""

from __future__ import annotations

from procgen_tools.audit.agents import Audited, read_agent
from procgen_tools.audit.answers import Answer, Finding
from procgen_tools.audit.base import Amount, Audit
from procgen_tools.audit.compare import compare
from procgen_tools.audit.run import audit, read_audit, write

__all__ = [
    "Amount",
    "Answer",
    "Audit",
    "Audited",
    "Finding",
    "audit",
    "compare",
    "read_agent",
    "read_audit",
    "write",
]

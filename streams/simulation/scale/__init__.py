"""The reported campaign at its real size: millions of distinct prompts, streamed in constant memory.

Evidence of scale, not of quality: prompts are recombined fragments, and fields do not hide who harvests.
"""

from streams.simulation.scale.batches import EventBatch, batches
from streams.simulation.scale.event import event
from streams.simulation.scale.labels import CAMPAIGN, Tally, account_ids
from streams.simulation.scale.output import holds_scale, read_scale, write, write_scale
from streams.simulation.scale.settings import Scale
from streams.simulation.scale.traffic import Traffic

__all__ = [
    "CAMPAIGN",
    "EventBatch",
    "Scale",
    "Tally",
    "Traffic",
    "account_ids",
    "batches",
    "event",
    "holds_scale",
    "read_scale",
    "write",
    "write_scale",
]

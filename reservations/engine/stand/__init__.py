"""What a host wants to know of a running night: states, alerts, where a party could sit, pacing.

Pure: values in, values out. The floor is what the ledger claims plus who really sits where, so an
answer is never better than the truth: a party that stays beyond its claim still keeps its table.
"""

from reservations.engine.stand.alerts import alerts_of
from reservations.engine.stand.floor import Floor, floor_of, state_of
from reservations.engine.stand.pacing import pacing, with_limits
from reservations.engine.stand.places import (
    block_verdict,
    legal_cells,
    legal_ends,
    quote,
    seats_of,
    suggestions,
    swap_verdicts,
    turn_now,
    verdict,
    verdict_now,
)
from reservations.engine.stand.servers import Pressure, next_up, pressure_of
from reservations.engine.stand.types import (
    AT_THE_DOOR,
    LATE_AFTER,
    SECOND_TABLE_WITHIN,
    SHORTEST_STAY,
    SITS,
    SOON_WITHIN,
    VIP_WITHIN,
    Alert,
    AlertKind,
    Cell15,
    Guest,
    Owner,
    Quote,
    ServerLoad,
    Suggestion,
    TableState,
    Use,
    Verdict,
    Why,
)

__all__ = [
    "AT_THE_DOOR",
    "LATE_AFTER",
    "SECOND_TABLE_WITHIN",
    "SHORTEST_STAY",
    "SITS",
    "SOON_WITHIN",
    "VIP_WITHIN",
    "Alert",
    "AlertKind",
    "Cell15",
    "Floor",
    "Guest",
    "Owner",
    "Pressure",
    "Quote",
    "ServerLoad",
    "Suggestion",
    "TableState",
    "Use",
    "Verdict",
    "Why",
    "alerts_of",
    "block_verdict",
    "floor_of",
    "legal_cells",
    "legal_ends",
    "next_up",
    "pacing",
    "pressure_of",
    "quote",
    "seats_of",
    "state_of",
    "suggestions",
    "swap_verdicts",
    "turn_now",
    "verdict",
    "verdict_now",
    "with_limits",
]

"""The actions of the host stand: one tap each, safe against other screens, undone in ten seconds.

Every action on a party takes ``expected``, the ``version`` its row on the screen showed, and raises
StaleParty when somebody changed the party since: nothing is overwritten unseen. All run under the
day's lock, write the audit trail with the service date, and return an :class:`Undo`. ``key`` names
the tap: the same key again does nothing again and returns the same Undo. Identifiers are public
ids; instants are aware. Who comes, sits down, waits at the door or leaves does so tonight: on the
list of another date these raise NotChangeable.

Besides what each says itself they raise ReservationNotFound, StaleParty, NotChangeable (not a step
of the lifecycle), PlaceTaken (with who has the table), LimitReached (ask a manager: ``overbook``),
ServerBusy (ask the host: ``insist``), Forbidden (no manager), Busy.
"""

from reservations.services.stand.brakes import (
    cap_next_hour,
    lift_cap,
    pause_online,
    resume_online,
    write_note,
)
from reservations.services.stand.courses import leave, next_state, set_state
from reservations.services.stand.door import arrive, no_show, partly_arrived, table_ready
from reservations.services.stand.moving import merge, move, split, swap
from reservations.services.stand.queueing import (
    call_party,
    change_queued,
    coming,
    join_queue,
    leave_queue,
    no_answer,
    seat_queued,
)
from reservations.services.stand.retiming import change_size, change_time, extend
from reservations.services.stand.seating import seat, walk_in
from reservations.services.stand.servers import (
    assign_server,
    cut,
    give_section,
    put_on_shift,
    relieve,
)
from reservations.services.stand.tables import block, cleared, unblock
from reservations.services.stand.tagging import tag
from reservations.services.stand.undo_token import Undo
from reservations.services.stand.undoing import undo

__all__ = [
    "Undo",
    "arrive",
    "assign_server",
    "block",
    "call_party",
    "cap_next_hour",
    "change_queued",
    "change_size",
    "change_time",
    "cleared",
    "coming",
    "cut",
    "extend",
    "give_section",
    "join_queue",
    "leave",
    "leave_queue",
    "lift_cap",
    "merge",
    "move",
    "next_state",
    "no_answer",
    "no_show",
    "partly_arrived",
    "pause_online",
    "put_on_shift",
    "relieve",
    "resume_online",
    "seat",
    "seat_queued",
    "set_state",
    "split",
    "swap",
    "table_ready",
    "tag",
    "unblock",
    "undo",
    "walk_in",
    "write_note",
]

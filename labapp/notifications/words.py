"""Words for what is kept as codes."""

from flask_babel import LazyString

from labapp.i18n import lazy_gettext as _l
from labapp.notifications.models import Frequency

FREQUENCIES: dict[Frequency, LazyString] = {
    Frequency.AT_ONCE: _l("Meteen"),
    Frequency.DAILY: _l("Elke dag"),
    Frequency.WEEKLY: _l("Elke week"),
    Frequency.NEVER: _l("Nooit"),
}

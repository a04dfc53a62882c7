"""Whether each configured notifier's receiver is there and knows us, without paging anybody."""

from __future__ import annotations

import asyncio
from typing import NamedTuple

from streams.notify.configured import NOTIFIERS, configured
from streams.notify.notifier import MisconfiguredError, Notifier, RefusedError, UnavailableError
from streams.notify.serve import clock_ms
from streams.settings import Settings


class Checked(NamedTuple):
    """One notifier: what was found and, for a fault, what to do about it."""

    notifier: str
    found: str
    mend: str = ""


def check_notifiers(settings: Settings) -> list[Checked]:
    """Ask every receiver once; raises ``SettingsError`` if a package is missing. Cost: ten seconds at most."""
    return asyncio.run(_check(settings))


async def _check(settings: Settings) -> list[Checked]:
    return list(await asyncio.gather(*(_ask(notifier) for notifier in configured(settings, clock_ms))))


async def _ask(notifier: Notifier) -> Checked:
    setting = f"STILLWATCH_{NOTIFIERS[notifier.name].upper()}"
    try:
        return Checked(notifier.name, await notifier.check())
    except MisconfiguredError as error:
        return Checked(notifier.name, str(error), f"set {setting} and its credentials to what the receiver knows")
    except UnavailableError as error:
        return Checked(notifier.name, str(error), f"start the receiver, or correct {setting}")
    except RefusedError as error:
        found, _, mend = str(error).partition("; ")
        return Checked(notifier.name, found, mend or f"correct {setting}")
    finally:
        await notifier.close()

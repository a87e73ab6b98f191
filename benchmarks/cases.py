"""The workbench at volume: what its pages take the server, with a million transactions behind them.

One data set for all figures, made once: 1,000,000 transactions, 100,000 alerts, 20,000 cases.
WORKBENCH_TRANSACTIONS makes a smaller one in proportion; each figure says how many there were. A
page is asked for by a signed-in supervisor, who sees most of all, through the whole of Django, each
time another one, session and templates included; the figure is the 95th of a hundred, the median of
the rounds. Claiming is timed as the service that the button calls, its commit included.

`cpu_p95_ms` is the CPU time of this process and of its database process together: what the page
costs, and what it takes where nobody else wants the cores. Only the others' cold caches disturb it.
"""

import contextlib
import os
import random
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from importlib import import_module
from pathlib import Path
from statistics import median
from time import perf_counter, process_time
from typing import Any

FIGURES = (
    "queue_page_p95_ms",
    "case_page_p95_ms",
    "case_linked_p95_ms",
    "case_tab_p95_ms",
    "home_page_p95_ms",
    "claim_next_ms",
    "case_graph_p95_ms",
    "customer_page_p95_ms",
    "workbench_rows_per_s",
)
NEEDS_SERVERS = True

TRANSACTIONS = 1_000_000
ROUNDS = 5
REQUESTS = 100  # a round
WARM_UP = 15
CHANCE = random.Random(11)  # noqa: S311  (the same pages in every run; guards nothing)
FILTERS = (
    "",
    "?page=2",
    "?page=9",
    "?whose=unclaimed",
    "?whose=mine",
    "?status=closed",
    "?status=closed&page=5",
    "?status=waiting",
    "?level=critical",
    "?level=medium&page=3",
    "?overdue=1",
    "?amount_from=1000&level=high&level=critical",
    "?older=24&typology=account_takeover",
    "?q=synthetic-customer-0000123",
    "?q=synthetic12@example.com",
    "?q=102.89.0.3",
)


def run(wanted: set[str]) -> Iterable[dict[str, Any]]:
    import django

    django.setup()
    volume, rate = _prepare()
    import_module("fraudshield.wsgi")  # sets the garbage collector as the server has it
    notes = {
        "transactions": volume.transactions,
        "alerts": volume.alerts,
        "cases": volume.cases,
    }
    if "workbench_rows_per_s" in wanted:
        yield {"figure": "workbench_rows_per_s", "value": rate, "unit": "transactions/s", **notes}
    client = _signed_in()
    pages = {
        "queue_page_p95_ms": _queues,
        "case_page_p95_ms": lambda: _cases("change"),
        "case_linked_p95_ms": lambda: _cases("linked"),
        "case_tab_p95_ms": _tabs,
        "home_page_p95_ms": _home,
        "case_graph_p95_ms": lambda: _cases("graph"),
        "customer_page_p95_ms": _customers,
    }
    for figure, addresses in pages.items():
        if figure in wanted:
            yield _page_figure(figure, client, addresses(), notes)
    if "claim_next_ms" in wanted:
        yield _claims(notes)


def _prepare() -> tuple[Any, float]:
    """The volume, and how many transactions a second it was made with."""
    from django.core.management import call_command
    from django.db import connection
    from django.utils import timezone

    from cases.volume.generating import generate_workbench
    from cases.volume.plan import Volume

    with contextlib.redirect_stdout(sys.stderr):
        for command in ("migrate", "load_rules", "import_rates"):
            call_command(command, verbosity=0)
    number = int(os.environ.get("WORKBENCH_TRANSACTIONS", TRANSACTIONS))
    volume = Volume(number, number // 10, number // 50, timezone.now())
    begun = perf_counter()
    generate_workbench(volume, told=_Progress(number))
    rate = round(number / (perf_counter() - begun), 1)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM")  # as the database does by itself after a while
    return volume, rate


class _Progress:
    """A line now and then on standard error."""

    def __init__(self, number: int) -> None:
        self.number, self.done, self.told = number, 0, 0

    def __call__(self, more: int) -> None:
        self.done += more
        if self.done - self.told >= self.number // 10:
            self.told = self.done
            print(f"{self.done:,} transactions written", file=sys.stderr, flush=True)


def _signed_in() -> Any:
    """A supervisor of the institution, with a few cases claimed."""
    from django.test import Client

    from cases.models import Case
    from foundation.models import User
    from foundation.roles import SUPERVISOR, assign_roles

    user = User.objects.get(username="synthetic-analyst-01")
    assign_roles(user=user, roles=[SUPERVISOR], by="benchmark")
    mine = Case.objects.exclude(status="closed").order_by("-rank").values_list("pk", flat=True)[:12]
    Case.objects.filter(pk__in=list(mine)).update(assignee=user, status="in_progress")
    client = Client(SERVER_NAME="localhost")
    client.force_login(user)
    return client


def _queues() -> list[str]:
    from django.urls import reverse

    address = reverse("admin:cases_case_changelist")
    return [address + FILTERS[number % len(FILTERS)] for number in range(REQUESTS * ROUNDS)]


def _cases(page: str) -> list[str]:
    """Open cases, those of customers with shared things among them, and closed ones."""
    from django.urls import reverse

    from cases.models import Case

    keys = list(Case.objects.order_by("pk").values_list("pk", flat=True))
    chosen = CHANCE.choices(keys, k=REQUESTS * ROUNDS)
    return [reverse(f"admin:cases_case_{page}", args=[key]) for key in chosen]


def _tabs() -> list[str]:
    """Each in turn, of another case."""
    from django.urls import reverse

    from cases.models import Case
    from cases.page.tabs import TABS

    keys = list(Case.objects.order_by("pk").values_list("pk", flat=True))
    chosen, names = CHANCE.choices(keys, k=REQUESTS * ROUNDS), list(TABS)
    return [
        reverse("admin:cases_case_tab", args=[key, names[number % len(names)]])
        for number, key in enumerate(chosen)
    ]


def _home() -> list[str]:
    from django.urls import reverse

    return [reverse("admin:index")] * (REQUESTS * ROUNDS)


def _customers() -> list[str]:
    """Any of them; one in ten is the busiest, with a tenth of all transactions."""
    from django.urls import reverse

    from cases.models import Case
    from cases.volume.generating import SLUG
    from transactions.models import Customer

    busy = Customer.objects.filter(institution__slug=SLUG).order_by("-pk").first()
    assert busy is not None  # noqa: S101
    some = list(Case.objects.order_by("pk").values_list("customer", flat=True))
    chosen = CHANCE.choices(some, k=REQUESTS * ROUNDS)
    return [
        reverse("admin:transactions_customer_change", args=[key if n % 10 else busy.pk])
        for n, key in enumerate(chosen)
    ]


def _page_figure(
    figure: str, client: Any, addresses: Sequence[str], notes: dict[str, Any]
) -> dict[str, Any]:
    for address in addresses[:WARM_UP]:
        _seconds(client, address)
    rounds, middles, spent, kinds = [], [], [], defaultdict(list)
    for number in range(ROUNDS):
        some = addresses[number * REQUESTS : (number + 1) * REQUESTS]
        taken = [_seconds(client, address) for address in some]
        for address, (seconds, _) in zip(some, taken, strict=True):
            kinds[_kind(address)].append(seconds)
        times = sorted(seconds for seconds, _ in taken)
        spent += [cpu for _, cpu in taken]
        rounds.append(round(times[int(len(times) * 0.95)] * 1e3, 1))
        middles.append(times[len(times) // 2] * 1e3)
    return {
        "figure": figure,
        "value": median(rounds),
        "unit": "ms",
        "rounds": rounds,
        "p50_ms": round(median(middles), 1),
        **_spent(spent),
        **_slowest(kinds),
        **notes,
    }


def _kind(address: str) -> str:
    """What asks for the same in other words: the filters of a queue, the name of a tab."""
    page, _, query = address.partition("?")
    return query or page.rstrip("/").rpartition("/")[2]


def _slowest(kinds: dict[str, list[float]]) -> dict[str, Any]:
    """Where there are several kinds of addresses, the slowest with its 95th of a hundred."""
    tails = {
        kind: sorted(times)[int(len(times) * 0.95)]
        for kind, times in kinds.items()
        if len(times) >= REQUESTS // 5
    }
    if len(tails) < 2:
        return {}
    kind = max(tails, key=lambda one: tails[one])
    return {"slowest": kind, "slowest_p95_ms": round(tails[kind] * 1e3, 1)}


def _spent(seconds: Iterable[float]) -> dict[str, Any]:
    known = sorted(seconds)
    if not known or not known[-1]:
        return {}
    return {"cpu_p95_ms": round(known[int(len(known) * 0.95)] * 1e3, 1)}


def _seconds(client: Any, address: str) -> tuple[float, float]:
    """Of the clock, and of the CPU."""
    return _timed(lambda: _get(client, address))


def _get(client: Any, address: str) -> None:
    answer = client.get(address)
    if answer.status_code != 200:
        sys.exit(f"{address} answered {answer.status_code}.")


def _claims(notes: dict[str, Any]) -> dict[str, Any]:
    """Each claims another case."""
    claim = _claimer()
    each = min(REQUESTS, notes["cases"] // (8 * ROUNDS))  # a third of the cases can be claimed
    for _ in range(min(WARM_UP, each)):
        claim()
    rounds, tails, spent = [], [], []
    for _ in range(ROUNDS):
        taken = [_timed(claim) for _ in range(each)]
        times = sorted(seconds for seconds, _ in taken)
        spent += [cpu for _, cpu in taken]
        rounds.append(round(median(times) * 1e3, 2))
        tails.append(times[int(len(times) * 0.95)] * 1e3)
    return {
        "figure": "claim_next_ms",
        "value": median(rounds),
        "unit": "ms",
        "rounds": rounds,
        "p95_ms": round(median(tails), 2),
        **_spent(spent),
        **notes,
    }


def _claimer() -> Callable[[], None]:
    from cases.queues.filters import Filter
    from cases.services.working import claim_next
    from cases.volume.generating import SLUG
    from clients.models import Institution
    from foundation.models import User

    user = User.objects.get(username="synthetic-analyst-02")
    user.has_perm("cases.work_case")  # asked once by a request, too
    institution = Institution.objects.get(slug=SLUG)

    def claim() -> None:
        if claim_next(by=user, which=Filter(institutions=[institution.pk])) is None:
            sys.exit("No case is left to claim.")

    return claim


def _timed(call: Callable[[], None]) -> tuple[float, float]:
    """Seconds of the clock, and of the CPU: zero where that is not known."""
    begun, cpu = perf_counter(), _cpu()
    call()
    return perf_counter() - begun, _cpu() - cpu


def _cpu() -> float:
    """CPU seconds so far of this process and of the database's that works for it."""
    from django.db import connection

    connection.ensure_connection()
    try:
        path = Path(f"/proc/{connection.connection.get_backend_pid()}/schedstat")
        return process_time() + int(path.read_text().split()[0]) / 1e9
    except OSError:
        return 0.0

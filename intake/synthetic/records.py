"""One builder for every row: what a client of the vertical sends from the channel used.

Which fields a row has depends on vertical, channel and kind of transaction, on what the customer
once gave, and on chance; never on who acts. Gaps (a provider that did not answer, a telephone
without position) are drawn from a stream that knows nothing of fraud.
"""

from collections.abc import Callable
from math import ceil
from random import Random
from typing import Any, Final

from intake.synthetic import money, network
from intake.synthetic.acts import Act, Session, Strain
from intake.synthetic.clock import local_text, utc_text
from intake.synthetic.network import Internet
from intake.synthetic.oddities import live
from intake.synthetic.people import Customer, elsewhere
from intake.synthetic.randomness import bounded, chance, lognormal
from intake.synthetic.sessions import own_session, own_strain
from intake.synthetic.settings import DAY, HOUR, Settings
from intake.synthetic.trade import TRADES
from intake.synthetic.verticals import REMOTE

Fields = dict[str, Any]

_ACCOUNTS: Final = frozenset(
    {"banking", "fintech", "crypto", "mobile_money", "remittance", "lending"}
)
_SIM_KNOWN: Final = frozenset({"banking", "fintech", "mobile_money"})
_MONEY_LAUNDERING: Final = frozenset({"banking", "crypto", "remittance"})
_DISPUTED: Final = frozenset({"ecommerce", "marketplace", "payments", "gaming"})
_SHOPS: Final = frozenset({"ecommerce", "marketplace"})
_HOUSE_CODES: Final = {"betting": "7995", "gaming": "5816"}


class Clerk:
    """Writes acts down, in the order of time: customers' state moves on with them."""

    def __init__(self, settings: Settings, internet: Internet, gaps: Random) -> None:
        self._settings, self._internet, self._gaps = settings, internet, gaps

    def row(self, act: Act, number: int) -> Fields:
        """The row's fields, without those of the label side."""
        customer = act.customer
        live(customer, act.at, self._settings.end)
        session = act.session or own_session(self._internet, act)
        strain = own_strain(customer, act.at) if act.strain is None else act.strain
        if customer.vertical.name == "mobile_money":
            self._afford(act, customer.rng)
        fields = self._base(act, number, session)
        if act.channel in REMOTE:
            self._network(fields, act, session)
            self._device(fields, act, session)
            self._log_in(fields, act, strain)
            (self._in_app if act.channel == "app" else self._on_page)(fields, act, session)
        for part in _PARTS:
            part(self, fields, act)
        return fields

    def _base(self, act: Act, number: int, session: Session) -> Fields:
        customer = act.customer
        fields: Fields = {
            "transaction_id": f"{self._settings.id_prefix}-{number:08d}",
            "user_id": customer.id,
            "amount": act.amount,
            "currency": customer.country.currency,
            "transaction_type": act.activity.type,
            "industry": customer.vertical.name,
            "occurred_at": local_text(act.at, session.city.zone),
            "transaction_channel": act.channel,
            "account_created_at": utc_text(customer.opened),
            "home_country": customer.country.code,
            "is_business_account": customer.business,
        }
        if customer.email is not None:
            fields["email"] = customer.email
            fields["email_confirmed"] = customer.email_confirmed
        if customer.phone is not None:
            fields["phone"] = customer.phone
            fields["phone_verified"] = customer.phone_verified
        return fields

    # --- Where from ---------------------------------------------------------------------------
    def _network(self, fields: Fields, act: Act, session: Session) -> None:
        address = session.address
        fields["ip_address"] = address.ip
        fields["country"] = session.city.country
        if chance(self._gaps, 0.012):
            return  # the provider of such facts did not answer
        fields["ip_country"] = address.country
        fields["isp_name"] = address.provider
        fields["ip_reputation_score"] = address.regard
        fields["ip_is_vpn"] = address.is_vpn
        fields["ip_is_proxy"] = address.is_proxy
        fields["ip_is_tor"] = address.is_tor
        fields["ip_is_datacenter"] = address.is_host
        fields["ip_is_carrier"] = address.kind == network.MOBILE

    # --- On what ------------------------------------------------------------------------------
    def _device(self, fields: Fields, act: Act, session: Session) -> None:
        device = session.device
        day = int((act.at - self._settings.start) // DAY)
        fields["device_id"] = device.id
        fields["user_agent"] = device.agent(day)
        fields["os_type"] = device.model.os
        fields["device_type"] = device.model.kind
        fields["screen_resolution"] = device.model.screen
        fields["device_language"] = device.language
        if not chance(self._gaps, 0.02):
            fields["gpu_info"] = device.model.gpu

    def _log_in(self, fields: Fields, act: Act, strain: Strain) -> None:
        changes = act.customer.changes
        fields["failed_login_attempts"] = strain.failed_logins
        fields["password_changed_at"] = utc_text(changes.password)
        if act.customer.vertical.name in _ACCOUNTS:
            fields["email_changed_at"] = utc_text(changes.email)
            fields["phone_changed_at"] = utc_text(changes.phone)
            fields["remote_access_detected"] = strain.remote_control
        if act.channel == "app" and act.customer.vertical.name in _SIM_KNOWN:
            fields["call_in_progress"] = strain.on_the_phone

    def _in_app(self, fields: Fields, act: Act, session: Session) -> None:
        fields["is_emulator"] = session.device.emulated
        found = not chance(self._gaps, 0.025)  # indoors a telephone may not know where it is
        if found and act.customer.shares_position:
            fields["latitude"] = session.latitude
            fields["longitude"] = session.longitude

    def _on_page(self, fields: Fields, act: Act, session: Session) -> None:
        """How a form was filled in. Scripts are quick and even; so are some people."""
        fields["canvas_fingerprint"] = session.device.canvas
        if chance(self._gaps, 0.1):
            return  # the page's own script was blocked
        rng, human = self._gaps, session.human
        hands = bounded(rng, 0.25 + 0.45 * human, 0.12, 0.02, 0.99)
        fields["mouse_movement_entropy"] = round(hands, 3)
        fields["keystroke_entropy"] = round(bounded(rng, 0.2 + 0.45 * human, 0.12, 0.02, 0.99), 3)
        seconds = lognormal(rng, 5 + 33 * human, 0.55)
        fields["form_fill_time_seconds"] = round(max(0.4, seconds), 1)
        pasted = rng.random() ** 6 * (9 - 3 * human)
        fields["form_copypaste_count"] = int(pasted + 1.5 * (1 - human))

    # --- With what ----------------------------------------------------------------------------
    def _card(self, fields: Fields, act: Act) -> None:
        card = act.card
        if card is None:
            return
        fields["card_token"] = card.token
        fields["card_bin"] = card.bin
        fields["card_last_four"] = card.last_four
        fields["card_type"] = card.kind
        fields["card_country"] = card.country
        fields["card_issuer_bank"] = card.issuer
        fields["card_expiry"] = card.expiry
        remote = act.channel in REMOTE
        fields["card_present"] = not remote
        fields["entry_mode"] = "online" if remote else self._gaps.choice(("chip", "contactless"))
        if remote:
            fields["card_added_at"] = utc_text(min(card.added, act.at))

    def _merchant(self, fields: Fields, act: Act) -> None:
        if act.merchant is not None:
            fields["merchant_id"] = act.merchant.id
            fields["merchant_category_code"] = TRADES[act.merchant.category].code
            fields["merchant_country"] = act.merchant.country
            if act.channel == "pos":  # the shop is where the customer stands
                fields["merchant_country"] = act.customer.city_at(act.at).country
                fields["terminal_id"] = act.merchant.terminal
        elif act.seller is not None:
            fields["seller_id"] = act.seller.id
            fields["seller_age_days"] = float(max(0, int((act.at - act.seller.opened) // DAY)))
            fields["merchant_category_code"] = TRADES[act.seller.category].code
            fields["merchant_country"] = act.seller.country
        elif act.customer.vertical.name in _HOUSE_CODES:
            fields["merchant_category_code"] = _HOUSE_CODES[act.customer.vertical.name]

    def _payee(self, fields: Fields, act: Act) -> None:
        if act.agent_id is not None:
            fields["agent_id"] = act.agent_id
        if act.payee is None:
            return
        fields["beneficiary_id"] = act.payee.account.id
        added = act.customer.added.setdefault(act.payee.account.id, act.payee.added)
        fields["beneficiary_added_at"] = utc_text(min(added, act.at - 5))
        if not chance(self._gaps, 0.3):  # the account is with somebody who does not tell
            days = max(0.0, (act.at - act.payee.account.opened) // DAY)
            fields["beneficiary_account_age_days"] = days

    # --- What the client knows of the customer ------------------------------------------------
    def _account(self, fields: Fields, act: Act) -> None:
        customer, line = act.customer, act.customer.vertical.name
        if line in _ACCOUNTS:
            fields["id_verified"] = customer.identified
            if customer.country.code == "NG":
                fields["bvn"] = customer.bvn
        if (
            line in _SIM_KNOWN
            and act.channel not in {"pos", "batch"}
            and not chance(self._gaps, 0.05)
        ):
            fields["sim_changed_at"] = utc_text(customer.changes.sim)
        if line in _MONEY_LAUNDERING:
            fields["aml_risk_score"] = customer.aml_score

    def _standing(self, fields: Fields, act: Act) -> None:
        customer, line = act.customer, act.customer.vertical.name
        if line in _DISPUTED:
            fields["chargebacks_last_year"] = customer.chargebacks
        if line in _SHOPS:
            customer.purchases += act.activity.type == "purchase"
            customer.returns += act.activity.type == "refund"
            fields["return_rate"] = round(
                customer.returns / max(customer.purchases, customer.returns, 1), 3
            )
            fields["registered_address"] = customer.address
            fields["transaction_address"] = act.ship_to or self._ship_to(customer)
        if act.refund_of is not None:
            fields["original_purchase_hours_ago"] = round((act.at - act.refund_of) / HOUR, 2)
        if line == "lending" or (line == "banking" and act.channel in REMOTE):
            fields["credit_score"] = customer.credit_score
        if line == "lending" or (act.activity.type == "withdrawal" and act.channel in REMOTE):
            fields["bank_account_id"] = act.bank_account or customer.bank_account
        if line == "banking" and act.card is not None:
            limit = 1.3 * customer.income * customer.country.per_usd
            customer.credit_used = min(1.0, customer.credit_used * 0.95 + act.amount / limit)
            fields["credit_used_ratio"] = round(customer.credit_used, 2)

    def _ship_to(self, customer: Customer) -> str:
        """Home; at times to work, to the parents, or as a gift."""
        if chance(customer.rng, 0.07):
            return elsewhere(customer.rng, customer.address)
        return customer.address

    def _balances(self, fields: Fields, act: Act) -> None:
        customer = act.customer
        if customer.vertical.name != "mobile_money":
            return
        fields["sender_balance_before"] = round(customer.balance, 2)
        if act.activity.type == "cash_in":
            customer.balance += act.amount
        else:
            customer.balance = max(0.0, customer.balance - act.amount)
        fields["sender_balance_after"] = round(customer.balance, 2)

    def _afford(self, act: Act, rng: Random) -> None:
        """Money came from outside when there is not enough; now and then all of it is spent."""
        customer = act.customer
        if act.activity.type == "cash_in":
            return
        if customer.balance < act.holds:
            _fill(customer, act.holds * rng.uniform(1.02, 1.6))
        if act.empties is not None and customer.balance > 0:
            share = customer.balance * act.empties / customer.country.per_usd
            act.amount = min(money.write(rng, customer.country, share, "round"), customer.balance)
        elif chance(rng, 0.03) and customer.balance >= act.amount:
            act.amount = float(int(customer.balance)) or act.amount
        if customer.balance < act.amount:
            _fill(customer, act.amount * rng.uniform(1.02, 3.5))


def _fill(customer: Customer, upto: float) -> None:
    """Whole units come in, so that the cents stay what they were."""
    customer.balance += max(0, ceil(upto - customer.balance))


_PARTS: Final[tuple[Callable[[Clerk, Fields, Act], None], ...]] = (
    Clerk._card,
    Clerk._merchant,
    Clerk._payee,
    Clerk._account,
    Clerk._standing,
    Clerk._balances,
)

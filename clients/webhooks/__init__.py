"""Webhooks: what institutions are told without asking.

    emitting.emit       events of rooms above  ->  deliveries, in the transaction of the event
    delivering          claims what is due, sends it on threads, records what came of it
    services            endpoints, secrets, replay: permission and audit
    sending, targets    HTTP to addresses of strangers: bounded in time and size, public ones only

**At least once.** A delivery is claimed for half a minute and settled after the answer. Whoever
dies between the two leaves it to the next, under the same event id.

**Order.** Of deliveries about one subject to one endpoint, none is tried for the first time before
those emitted earlier were. Repeats come when they come and hold nobody up.

docs/webhooks.md tells receivers how to verify; docs/decisions/ why the signatures are as they are.
"""

"""Change sets: several edits together, proposed with evidence, approved, published, rolled back.

    wishes.py      what people ask for: RuleEdit, NewRule, StateMove, Retire, VerticalEdit
    editing.py     drafts: put_edit, drop_edit; writing.py what a wish makes of an edit
    freshness.py   when others were faster; merging.py field by field
    snapshots.py   the ruleset in force with these edits; preflight.py what is wrong with that
    proposing.py   propose, withdraw, what approvers see
    publishing.py  applies the edits to the rule book and publishes, in one transaction
    scheduling.py  at a time; emergencies.py without an approval; undoing.py back again

`services.py` is what pages, API and commands call.
"""

"""Rules may name the lists that there are, whoever keeps them."""

import pytest
from django.core.management import call_command

from intelligence.lists import forget_names
from intelligence.lists.builtin import BUILTIN
from intelligence.models import List
from rules import language
from rules.catalogue import built_in_rules
from rules.checking import check_definition
from rules.errors import Invalid
from rules.models import Rule, Ruleset
from rules.registry import registry
from rules.tests.cast import make_definition


@pytest.fixture(autouse=True)
def fresh_names():
    forget_names()
    yield
    forget_names()


def naming(list_name):
    condition = f'listed(email, "{list_name}")'
    return make_definition(condition=condition, parameters=(), reason="On a list")


def test_built_in_rules_name_built_in_lists_alone_and_need_no_database():
    checked = [check_definition(rule.definition) for rule in built_in_rules()]
    named = {name for c in checked for _, name in language.dependencies(c.condition).lists}
    assert named <= {spec.name for spec in BUILTIN}
    assert all(spec.default_effect for spec in BUILTIN if spec.name not in named)


@pytest.mark.django_db
def test_a_rule_may_name_a_list_that_somebody_made():
    List.objects.create(name="vip_customers", title="VIP", kinds=["email"])
    assert check_definition(naming("vip_customers"))


@pytest.mark.django_db
def test_a_list_that_nobody_keeps_is_refused_with_the_one_probably_meant():
    with pytest.raises(Invalid, match="did you mean `blocked_emails`"):
        check_definition(naming("blocked_email"))


@pytest.mark.django_db
@pytest.mark.parametrize("order", [("load_rules", "load_lists"), ("load_lists", "load_rules")])
def test_lists_and_rules_load_in_either_order(order):
    registry.forget()
    for command in order:
        call_command(command, verbosity=0)
    assert Rule.objects.count() == len(built_in_rules())
    assert Ruleset.objects.count() == 1
    registry.forget()

"""Amounts in templates, as everywhere else: {% load money %} {{ row.amount|money:row.currency }}"""

from django import template

from foundation.money import format_money

register = template.Library()
register.filter("money", format_money)

"""A decision's parts in templates, as in lists: {% load decisions %} {{ decision|decided }}"""

from django import template

from foundation.admin_display import short_text
from scoring.cells import decided_cell, rule_link, two_lines

register = template.Library()
register.filter("decided", decided_cell)
register.filter("rule_link", rule_link)
register.filter("short", short_text)
register.filter("two_lines", two_lines)

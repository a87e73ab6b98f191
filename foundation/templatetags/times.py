"""Times in templates, as everywhere else: {% load times %} {{ row.decided_at|ago }}"""

from django import template

from foundation.admin_display import exact_time, relative_time

register = template.Library()
register.filter("ago", relative_time)
register.filter("exact", exact_time)

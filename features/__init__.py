"""Every feature, declared once with its pure computation. Imports no Django, Celery or Redis."""

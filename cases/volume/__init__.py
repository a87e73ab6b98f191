"""A workbench full of synthetic data, for measuring: `manage.py generate_workbench`."""

"""What changes cases, each permission-checked, audited and told: called by pages, API and tasks."""

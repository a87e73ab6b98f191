"""The models in use: which version decides, which are scored beside it, and what they say.

`models.py` holds versions and the revision that scoring reads with every transaction;
`registry.py` what this process has loaded; `hearing.py` asks the models about one transaction;
`services.py` changes who decides. docs/models.md tells it to operators.
"""

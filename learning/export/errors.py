"""Why a model cannot be exported."""


class NotExportable(Exception):
    """The model has something that the export does not know, or its copy answers otherwise."""

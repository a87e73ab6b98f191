"""How dates look where Django writes them; settings.FORMAT_MODULE_PATH points here."""

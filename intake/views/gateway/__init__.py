"""The addresses of the `gateway` format, each a translation of a native one."""

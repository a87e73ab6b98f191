"""The rule book as a list: what each rule did of late, from figures that are kept ready."""

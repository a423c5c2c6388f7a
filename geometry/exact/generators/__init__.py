"""The kinds of generators a differential field can open, one family a file."""

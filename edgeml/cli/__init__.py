"""The command line: one file per subcommand in `commands/`; the only place that prints."""

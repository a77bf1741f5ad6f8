"""One file per subcommand; its `command` function is the command, its docstring the help."""

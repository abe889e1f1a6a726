# Nothing but a comment, without code.

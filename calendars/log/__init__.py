"""The debug log of a connection (C10): what is asked of its server and what comes of it, never what it carries."""

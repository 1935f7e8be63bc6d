"""A tiny kind of work for the kill proof: each job has one effect outside and one in the database."""

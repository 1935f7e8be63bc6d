"""The process that reads feeds: its limits first, then everything else.

Started by `apart` as a script, with nothing imported yet: what strangers wrote meets Python code only under
these limits. Arguments: seconds of processor, bytes of address space, the parent's id, then the import path.
"""

import resource
import sys


def _limit(seconds: int, memory: int) -> None:
    # The second number is the kill that follows when the first signal is not the end.
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


def main(seconds: int, memory: int, parent: int, path: list[str]) -> None:
    """Serve requests on standard input until it ends."""
    _limit(seconds, memory)
    sys.path[:] = path
    from bookingsite.lib.processes import die_with_parent

    die_with_parent(parent)
    from calendars.providers.ics.serving import serve

    serve(sys.stdin.buffer, sys.stdout.buffer)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4:])

"""Guests who press "Book" at the same moment. No Django here: each guest is a process of its own."""

from __future__ import annotations

import random
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from multiprocessing import get_context
from threading import Barrier, Thread
from typing import Any
from urllib.parse import urlencode

PATIENCE = 120.0  # seconds for one slot, waiting for the others included
REPEATED = 0.05


@dataclass(frozen=True, slots=True)
class Request:
    """A form to be sent."""

    path: str
    data: Mapping[str, str]
    cookies: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; status 0 where nothing did. `slot` is its number, `again` marks a repetition."""

    status: int
    location: str
    seconds: float
    client: int = 0
    slot: int = 0
    again: bool = False


def send(port: int, request: Request, **marks: Any) -> Answer:
    """Send one form over a connection of its own."""
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    if request.cookies:
        headers["Cookie"] = request.cookies
    began = time.monotonic()
    connection = HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    try:
        connection.request("POST", request.path, urlencode(request.data), headers)
        response = connection.getresponse()
        response.read()
        status, location = response.status, response.headers.get("Location", "")
    except (OSError, HTTPException):
        status, location = 0, ""
    finally:
        connection.close()
    return Answer(status, location, time.monotonic() - began, **marks)


def burst(port: int, requests: Sequence[Sequence[Request]]) -> tuple[list[Answer], float]:
    """One process for each client, all at the same slot at the same moment; all answers and the seconds.

    `requests[client][slot]`. One request in twenty is repeated as it was, right after its answer.
    """
    context = get_context("spawn")
    start_line = context.Barrier(len(requests) + 1)
    results = context.Queue()
    guests = [
        context.Process(target=_guest, args=(port, number, own, start_line, results), daemon=True)
        for number, own in enumerate(requests)
    ]
    for guest in guests:
        guest.start()
    start_line.wait(PATIENCE)
    began = time.monotonic()
    for _slot in requests[0]:
        start_line.wait(PATIENCE)
    answers = [answer for _guest in guests for answer in results.get(timeout=PATIENCE)]
    seconds = time.monotonic() - began
    for guest in guests:
        guest.join(PATIENCE)
    return answers, seconds


def _guest(port: int, client: int, requests: Sequence[Request], start_line: Any, results: Any) -> None:
    draw, answers = random.Random(client), []
    start_line.wait(PATIENCE)  # all are up
    for slot, request in enumerate(requests):
        start_line.wait(PATIENCE)
        answers.append(send(port, request, client=client, slot=slot))
        if draw.random() < REPEATED:
            answers.append(send(port, request, client=client, slot=slot, again=True))
    results.put(answers)


def at_once(port: int, requests: Sequence[Request]) -> list[Answer]:
    """A handful of requests at the same moment, each from a thread; the answers in the order of the requests."""
    start_line, answers = Barrier(len(requests)), dict[int, Answer]()

    def go(number: int, request: Request) -> None:
        start_line.wait(PATIENCE)
        answers[number] = send(port, request, client=number)

    threads = [Thread(target=go, args=each) for each in enumerate(requests)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    return [answers[number] for number in range(len(requests))]

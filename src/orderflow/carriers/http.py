"""A carrier that sells labels over HTTP: a small JSON interface with error handling.

It is a template: a real carrier's adapter has the same structure, and other paths and fields.

====== ===================== ==========================================================
POST   ``/labels``           buys; header ``Idempotency-Key``; answers 200 or 201 with a label
GET    ``/labels/KEY``       the label that was bought with a key, or 404
DELETE ``/labels/NUMBER``    voids it; 404 and 410 where it is void already
POST   ``/manifests``        announces a parcel; header ``Idempotency-Key``
====== ===================== ==========================================================
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from http import HTTPStatus
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError
from urllib.parse import quote, urlsplit
from urllib.request import Request, urlopen

from pydantic import BaseModel, ConfigDict

from orderflow.errors import InvalidInput, NeedsPerson, PortFailed, Problem
from orderflow.model.bounds import Code
from orderflow.model.reading import read_json
from orderflow.ports import Label, LabelRequest
from orderflow.text import legible, without_passwords

__all__ = ["HttpCarrier"]

_AGAIN = frozenset(
    {
        HTTPStatus.REQUEST_TIMEOUT,
        HTTPStatus.CONFLICT,  # the first attempt is still in progress
        HTTPStatus.TOO_EARLY,
        HTTPStatus.TOO_MANY_REQUESTS,
    }
)
_GONE = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.GONE})
_READ = 1_000_000
"""Bytes of an answer that are read; a longer one cannot be parsed."""
_TOLD = 300
"""Characters of the carrier's reason that are kept."""


class _Sold(BaseModel):
    """A carrier's answer; further fields are ignored."""

    model_config = ConfigDict(extra="ignore", defer_build=True)

    tracking_number: Code


class HttpCarrier:
    """The carrier port over HTTP.

    It raises PortFailed for a timeout, an unreadable answer or a server's error; the worker calls
    :meth:`find` before it retries. It raises NeedsPerson where the carrier refuses (another 4xx).

    Args:
        url: The address of the interface: ``https://…``.
        code: The carrier's name in journals.
        token: Sent as a bearer token, if there is one.
        timeout: The longest time of one answer, in seconds.
    """

    def __init__(self, url: str, *, code: str, token: str = "", timeout: float = 10) -> None:
        if not _is_address(url):
            expected = "an address as https://HOST (or http://HOST) is right, with no user in it"
            raise InvalidInput("carrier", [Problem("url", without_passwords(url), expected)])
        self._url, self.code, self._timeout = url.rstrip("/"), code, timeout
        self._headers = {"Accept": "application/json", "Content-Type": "application/json"}
        if token:
            self._headers["Authorization"] = f"Bearer {token}"

    def buy_label(self, request: LabelRequest) -> Label:
        """Buy a label; the same key gives the same label. Raises PortFailed, NeedsPerson."""
        to = request.ship_to.model_dump(mode="json") if request.ship_to else None
        body = {"reference": request.parcel, "to": to, "weight_g": request.weight_g}
        if cash := request.collect:
            body["collect"] = {"amount": str(cash.amount), "currency": cash.currency}
        answer = self._ask("POST", "/labels", {**body, "orders": request.orders}, request.key)
        return self._label(answer)

    def find(self, key: str) -> Label | None:
        """The label bought with this key. Raises PortFailed."""
        answer = self._ask("GET", f"/labels/{quote(key, safe='')}", missing=True)
        return None if answer is None else self._label(answer)

    def void_label(self, key: str, label: Label) -> None:
        """Void a label; does nothing where it is void already. Raises PortFailed, NeedsPerson."""
        del key  # the effect's key; the carrier identifies the label by its number
        self._ask("DELETE", f"/labels/{quote(label.tracking_number, safe='')}", missing=True)

    def hand_over(self, key: str, label: Label) -> None:
        """Announce the parcel, once per key. Raises PortFailed, NeedsPerson."""
        self._ask("POST", "/manifests", {"tracking_numbers": [label.tracking_number]}, key)

    def _ask(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        key: str = "",
        *,
        missing: bool = False,
    ) -> bytes | None:
        """The answer's body; None for a *missing* one, where that is allowed."""
        headers = {**self._headers, **({"Idempotency-Key": key} if key else {})}
        data = None if body is None else json.dumps(body).encode()
        request = Request(self._url + path, data, headers, method=method)
        what = f"{self.code}: {method} {path}"
        try:
            with urlopen(request, timeout=self._timeout) as answer:
                return bytes(answer.read(_READ))
        except HTTPError as error:
            if missing and error.code in _GONE:
                return None
            told = f"{what} answers {error.code} {_reason(error)}"
            if error.code < HTTPStatus.INTERNAL_SERVER_ERROR and error.code not in _AGAIN:
                raise NeedsPerson(told) from error
            raise PortFailed(told) from error
        except (OSError, HTTPException) as error:  # no connection, a timeout, or a partial answer
            raise PortFailed(f"{what}: {error}; the outcome is unknown") from error

    def _label(self, answer: bytes | None) -> Label:
        try:
            sold = read_json(_Sold, answer or b"", "label")
        except InvalidInput as error:
            raise PortFailed(f"{self.code}: {error}") from error
        return Label(self.code, sold.tracking_number)


def _is_address(url: str) -> bool:
    try:
        found = urlsplit(url)
        _ = found.port  # raises for an invalid port
    except ValueError:
        return False
    return found.scheme in ("http", "https") and bool(found.hostname) and "@" not in found.netloc


def _reason(error: HTTPError) -> str:
    """The carrier's reason, as far as it is readable."""
    try:
        return legible(error.read(_TOLD).decode(errors="replace"))
    except (OSError, HTTPException):
        return ""

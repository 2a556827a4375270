"""Formats of carriers' tracking numbers: patterns, check digits, tracking pages.

The patterns, checks and addresses are derived from tracking_number_data
(https://github.com/jkeen/tracking_number_data), Copyright (c) 2017 Jeff Keen, MIT License:
permission is granted to use, copy, modify and distribute them, without warranty, with this notice.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import partial
from itertools import cycle

import attrs

__all__ = ["RULES", "Rule"]

Check = Callable[[str, str], bool]
"""Whether a check character is right: ``check(body, character)``."""


@attrs.frozen
class Rule:
    """A format of a carrier's tracking numbers.

    Group ``s`` of the pattern is the checked part, ``c`` the check character; *check* is None where
    there is none. *url* has ``{}`` for the number; it is empty where none is known.
    """

    carrier: str
    name: str
    pattern: re.Pattern[str]
    check: Check | None = None
    url: str = ""

    def fits(self, number: str) -> bool:
        """Whether a number (capitals, no spaces) has this format and a right check character."""
        found = self.pattern.fullmatch(number)
        return found is not None and (self.check is None or self.check(found["s"], found["c"]))


def _mod10(body: str, character: str, evens: int, odds: int, *, back: bool = False) -> bool:
    """Weighted sum of digits; a letter counts as its code less 3, modulo 10."""
    values = [int(c) if c.isdigit() else (ord(c) - 3) % 10 for c in (body[::-1] if back else body)]
    total = sum(v * w for v, w in zip(values, cycle((evens, odds)), strict=False))
    return -total % 10 == int(character)


def _mod7(body: str, character: str) -> bool:
    return int(body) % 7 == int(character)


def _weighted(body: str, character: str, weights: Sequence[int]) -> bool:
    total = sum(int(c) * w for c, w in zip(body, weights, strict=True))
    return total % 11 % 10 == int(character)


def _s10(body: str, character: str) -> bool:
    """The check digit of the Universal Postal Union."""
    total = sum(int(c) * w for c, w in zip(body, (8, 6, 4, 2, 3, 5, 9, 7), strict=True))
    return {0: 5, 1: 0}.get(total % 11, 11 - total % 11) == int(character)


def _luhn(body: str, character: str) -> bool:
    doubled = (int(c) * w for c, w in zip(reversed(body), cycle((2, 1)), strict=False))
    return -sum(sum(divmod(value, 10)) for value in doubled) % 10 == int(character)


def _mod_37_36(body: str, character: str) -> bool:
    """ISO 7064, modulo 37, 36."""
    check = 36
    for c in body:
        check = (check + int(c, 36)) % 36 or 36
        check = check * 2 % 37
    return (37 - check) % 36 == int(character, 36)


_UPS = partial(_mod10, evens=1, odds=2)
_USPS = partial(_mod10, evens=3, odds=1)
_FEDEX_12 = partial(_weighted, weights=(3, 1, 7, 3, 1, 7, 3, 1, 7, 3, 1))
_FEDEX_14 = partial(_weighted, weights=(1, 7, 3, 1, 7, 3, 1, 7, 3, 1, 7, 3, 1))
_GROUND = partial(_mod10, evens=1, odds=3)


def _ontrac(body: str, character: str, first: str) -> bool:
    """The service's digit counts, even where it is omitted."""
    return _UPS(body if body.startswith(first) else first + body, character)


def _usps_legacy(body: str, character: str) -> bool:
    return _USPS(body if body.startswith("91") else f"91{body}", character)


_FEDEX = "https://www.fedex.com/apps/fedextrack/?tracknumbers={}"
_USPS_URL = "https://tools.usps.com/go/TrackConfirmAction?tLabels={}"
_UPS_URL = "https://wwwapps.ups.com/WebTracking/track?track=yes&trackNums={}"
_DHL = "https://www.dhl.com/en/express/tracking.html?brand=DHL&AWB={}"
_DPD = "https://www.dpdgroup.com/nl/mydpd/my-parcels/track?lang=en&parcelNumber={}"
_ODFL = "https://www.odfl.com/us/en/tools/trace-track-ltl-freight/trace.html?proNumbers={}"
_PUROLATOR = "https://www.purolator.com/en/shipping/tracker?searchValue={}"
_POSTS = (
    "AE AF AG AL AM AO AR AT AU AZ BA BB BD BE BF BG BH BI BJ BN BO BR BS BT BW BY BZ CA CD CF "
    "CG CH CI CL CM CN CO CR CU CV CY CZ DE DJ DK DM DO DZ EC EE EG ER ES ET FI FJ FR GA GB GD "
    "GE GH GM GN GQ GR GT GW GY HK HN HR HT HU ID IE IL IN IQ IR IS IT JM JO JP KE KG KH KI KM "
    "KN KP KR KW KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MG MK ML MM MN MR MT MU MV MW "
    "MX MY MZ NA NE NG NI NL NO NP NR NZ OM PA PE PG PH PK PL PT PY QA RO RS RU RW SA SB SC SD "
    "SE SG SI SK SL SM SN SO SR SS ST SV SY SZ TD TG TH TJ TL TM TN TO TR TT TV TZ UA UG US UY "
    "UZ VA VC VE VN VU WS YE ZA ZM ZW"
)
_ZIP = r"(?:420[0-9]{5}(?:[0-9]{4})?)?"


def _impb(start: str, nine: str, six: str) -> str:
    """A USPS number: the routing code, then 22 or 26 (or 20 after ``nine``) digits."""
    nines = "|".join(f"9[0-9]{{8}}[0-9]{{{n}}}" for n in nine.split())
    others = "|".join(f"[0-8][0-9]{{5}}[0-9]{{{n}}}" for n in six.split())
    return _ZIP + rf"(?P<s>{start}(?:{nines}|{others}))(?P<c>[0-9])"


def _rule(carrier: str, name: str, pattern: str, check: Check | None = None, url: str = "") -> Rule:
    return Rule(carrier, name, re.compile(pattern, re.ASCII), check, url)


RULES: tuple[Rule, ...] = (
    _rule("ups", "UPS", r"1Z(?P<s>[A-Z0-9]{15})(?P<c>[0-9])", _UPS, _UPS_URL),
    _rule("ups", "UPS Waybill", r"[AHJKTV](?P<s>[0-9]{9})(?P<c>[0-9])", _UPS, _UPS_URL),
    _rule("s10", "S10", rf"[A-Z]{{2}}(?P<s>[0-9]{{8}})(?P<c>[0-9])(?:{_POSTS.replace(' ', '|')})",
          _s10),
    _rule("fedex", "FedEx Express (12)", r"(?P<s>[0-9]{11})(?P<c>[0-9])", _FEDEX_12, _FEDEX),
    _rule("fedex", "FedEx Express (34)", r"[0-8][0-9]{19}(?P<s>[0-9]{13})(?P<c>[0-9])",
          _FEDEX_14, _FEDEX),
    _rule("fedex", "FedEx ASTRA (32)", r"3[0-9]{15}(?P<s>[0-9]{11})(?P<c>[0-9])[0-9]{4}",
          _FEDEX_12),
    _rule("fedex", "FedEx Ground", r"(?P<s>[0-9]{14})(?P<c>[0-9])", _GROUND, _FEDEX),
    _rule("fedex", "FedEx Ground (SSCC-18)", r"[0-9]{2}(?P<s>[0-9]{15})(?P<c>[0-9])",
          _USPS, _FEDEX),
    _rule("fedex", "FedEx Ground 96 (22)", r"96[0-9]{5}(?P<s>[0-9]{14})(?P<c>[0-9])",
          _GROUND, _FEDEX),
    _rule("fedex", "FedEx Ground GSN", r"96[0-9]{18}(?P<s>[0-9]{13})(?P<c>[0-9])",
          _FEDEX_14, _FEDEX),
    _rule("usps", "USPS 20", r"(?P<s>[0-9]{19})(?P<c>[0-9])", _USPS, _USPS_URL),
    _rule("usps", "USPS IMpb N", _impb("94[0-9]{3}", "15 11 7", "14 10"),
          partial(_mod10, evens=3, odds=1, back=True), _USPS_URL),
    _rule("usps", "USPS Legacy", _ZIP + r"(?P<s>(?:91)?[0-9]{19})(?P<c>[0-9])", _usps_legacy,
          _USPS_URL),
    _rule("usps", "USPS IMpb C", _impb("(?:92(?=[0-9]{3}9)|93(?=[0-9]{3}[0-8])|95)[0-9]{3}",
                                       "11 7", "14 10"), _USPS, _USPS_URL),
    _rule("dhl", "DHL Express", r"(?P<s>[0-9]{9,10})(?P<c>[0-9])", _mod7, _DHL),
    _rule("dhl", "DHL Express (Piece ID)", r"J[A-Z]{2,3}[0-9]{9,10}", None, _DHL),
    _rule("dhl", "DHL E-Commerce",
          r"(?:GM|LX|RX|UV|CN|SG|TH|IN|HK|MY)(?=[A-Z]*[0-9])[0-9A-Z]{10,39}", None, _DHL),
    _rule("dhl", "DHL E-Commerce (14)", r"[0-9]{14}", None, _DHL),
    _rule("dpd", "DPD (28)", r"(?P<s>[0-9]{27})(?P<c>[0-9A-Z])", _mod_37_36, _DPD),
    _rule("dpd", "DPD (14)", r"(?P<s>[0-9]{14})(?P<c>[0-9A-Z])", _mod_37_36, _DPD),
    _rule("canada_post", "Canada Post (16)", r"(?P<s>[0-9]{15})(?P<c>[0-9])", _USPS,
          "https://www.canadapost-postescanada.ca/track-reperage/en#/search?searchFor={}"),
    _rule("canpar", "Canpar (22)", r"[CDKLSUXZ][0-9]{21}", None,
          "https://www.canpar.com/en/track/tracking.jsp?reference={}&locale=en"),
    _rule("purolator", "Purolator (12)", r"(?P<s>[0-5][0-9]{10})(?P<c>[0-9])", _luhn, _PUROLATOR),
    _rule("purolator", "Purolator (alpha + 9)", r"[A-Z]{3}[0-9]{9}", None, _PUROLATOR),
    _rule("ontrac", "OnTrac", r"C(?P<s>[0-9]{13})(?P<c>[0-9])", partial(_ontrac, first="4"),
          "https://www.ontrac.com/tracking/?number={}"),
    _rule("ontrac", "OnTrac D", r"D(?P<s>[0-9]{13})(?P<c>[0-9])", partial(_ontrac, first="5"),
          "https://www.ontrac.com/tracking/?number={}"),
    _rule("old_dominion", "Old Dominion", r"(?P<s>(?:77[78]|072|780)[0-9]{7})(?P<c>[0-9])", _luhn,
          _ODFL),
    _rule("old_dominion", "Old Dominion Guaranteed Shipment", r"(?P<s>80[0-9]{8})(?P<c>[0-9])",
          _luhn, _ODFL),
    _rule("amazon", "Amazon Logistics", r"TB[ACM][0-9]{12}"),
    _rule("amazon", "Amazon International", r"[AFC][0-9]{10}"),
    _rule("gofo", "GOFO Express (US)", r"GFUS[0-9]{14}", None,
          "https://www.gofoexpress.com/tracking.html?searchID={}"),
    _rule("landmark", "Landmark Global LTN", r"LTN[0-9]{8}N1", None,
          "https://track.landmarkglobal.com/?search={}"),
    _rule("lasership", "LaserShip LX", r"L[AIEHNX][1-3][0-9]{7}"),
    _rule("lasership", "LaserShip 1LS7 (15)", r"1LS7[12][0-9]{10}"),
    _rule("lasership", "LaserShip 1LS7 (18)", r"1LS7[12][0-9]{2}01[1234][0-9]{6}-1"),
    _rule("lasership", "LaserShip 1LSCX (15)", r"1LSCX[0-9A-Z]{10}"),
    _rule("speedee", "Spee-Dee (20)", r"SP[0-9]{18}", None,
          "https://www.speedeedelivery.com/track/?tracking={}"),
    _rule("yodel", "Yodel", r"JJ?D[0-9]{16}", None, "https://www.yodel.co.uk/tracking/{}"),
    _rule("yunexpress", "YunExpress", r"YT[0-9]{16}", None,
          "https://www.yuntrack.com/parcelTracking?id={}"),
)  # fmt: skip
"""All known formats; one with a check character is more certain than one without."""

"""Identifiers: GS1 numbers with check digits, and codes to read out.

Uniqueness comes from a counter (see :class:`orderflow.ports.Numbers`); these functions are pure.
"""

from orderflow.identifiers.codes import ALPHABET, code, read_code
from orderflow.identifiers.gs1 import check_digit, read_gtin, read_sscc, sscc

__all__ = ["ALPHABET", "check_digit", "code", "read_code", "read_gtin", "read_sscc", "sscc"]

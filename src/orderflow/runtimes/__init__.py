"""Where orders are worked past one machine; the local worker is :mod:`orderflow.engine`'s."""

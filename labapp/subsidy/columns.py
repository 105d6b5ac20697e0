"""How money is kept: whole cents, also where a programme spends hundreds of millions."""

from typing import Annotated, Any

from sqlalchemy import BigInteger, Dialect, TypeDecorator
from sqlalchemy.orm import mapped_column


class WholeCents(TypeDecorator[int]):
    """Cents in 64 bits. PostgreSQL adds such columns up as decimals; what is read is an int."""

    impl = BigInteger
    cache_ok = True

    def process_result_value(self, value: Any | None, _dialect: Dialect) -> int | None:
        return None if value is None else int(value)


Cents = Annotated[int, mapped_column(WholeCents)]

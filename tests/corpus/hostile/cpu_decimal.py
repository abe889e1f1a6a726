# A root with ten million digits, in one call of libmpdec.
# ends: limit WallTime
import decimal

decimal.getcontext().prec = 10_000_000
decimal.Decimal(2).sqrt()

# ends: exception sqlite3.OperationalError
import sqlite3

sqlite3.connect(":memory:").execute("select 1" + "+1" * 100_000)

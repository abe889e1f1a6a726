# A database in memory that fills itself, by one statement that never ends.
# ends: exception sqlite3.DatabaseError | exception sqlite3.OperationalError | exception MemoryError | limit Memory | limit WallTime
# limits: memory=64MiB
import sqlite3

database = sqlite3.connect(":memory:")
database.execute("create table t (a)")
database.execute(
    "with recursive c(x) as (select 1 union all select x + 1 from c)"
    " insert into t select zeroblob(1000000) from c"
)

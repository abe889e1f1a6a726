# A database's own ways to files and libraries.
import sqlite3

done = []
for statement in (
    "attach '/etc/passwd' as other; select * from other.sqlite_master",
    "attach '/python/evil.db' as other; create table other.t (a)",
    "attach '/dev/../python/os.py' as other; create table other.t (a)",
    "attach 'file:/etc/passwd?mode=ro' as other; select * from other.sqlite_master",
    "vacuum into '/python/evil.db'",
    "select load_extension('/tmp/x.so')",
    "select readfile('/python/os.py')",
    "select writefile('/python/evil', 'x')",
    "select fts3_tokenizer('simple', x'ffffffff'); create virtual table t using fts3(a)",
):
    try:
        database = sqlite3.connect("/tmp/db", uri=True)
        try:
            database.enable_load_extension(True)
        except AttributeError:
            pass
        database.executescript(statement)
        done.append(statement)
    except sqlite3.Error:
        pass
print(done)

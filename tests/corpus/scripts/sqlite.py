import sqlite3

db = sqlite3.connect(":memory:")
db.execute("create table t (id integer primary key, name text, score real)")
with db:
    db.executemany("insert into t (name, score) values (?, ?)", [("ä", 1.5), ("b", 2.5), (None, 4)])
print(db.execute("select count(*), sum(score), max(name) from t").fetchone())
db.create_function("double", 1, lambda x: x * 2)
print(db.execute("select double(score) from t where name is not null order by score desc").fetchall())
try:
    db.execute("select * from nothing")
except sqlite3.OperationalError as error:
    print(error)
try:
    with db:
        db.execute("insert into t (id) values (1)")
except sqlite3.IntegrityError as error:
    print(error)
print(list(db.iterdump())[2])

# tempfile, sqlite3 and zipfile, which want much of a file system; the devices.
import os
import sqlite3
import sys
import tempfile
import zipfile

with tempfile.TemporaryDirectory() as folder:
    print(folder.startswith("/tmp/"))
    open(folder + "/q", "w").close()
    print(os.listdir(folder))
print(os.path.exists(folder))
with tempfile.NamedTemporaryFile() as file:
    file.write(b"1")
    print(os.path.exists(file.name))
print(os.path.exists(file.name))
with tempfile.TemporaryFile() as file:
    file.write(b"1")
    file.seek(0)
    print(file.read())
with tempfile.SpooledTemporaryFile(max_size=10) as file:
    file.write(b"x" * 100)
    file.seek(0)
    print(len(file.read()))

database = sqlite3.connect("/tmp/x.db")
database.execute("create table t (a)")
database.executemany("insert into t values (?)", [(number,) for number in range(100)])
database.commit()
database.close()
print(sqlite3.connect("/tmp/x.db").execute("select sum(a) from t").fetchone())

with zipfile.ZipFile("/tmp/m.zip", "w") as archive:
    archive.writestr("module_in_zip.py", "V = 5")
    archive.write("/python/os.py")
sys.path.insert(0, "/tmp/m.zip")
import module_in_zip

print(module_in_zip.V)

print(repr(open("/dev/null").read()), open("/dev/null", "w").write("gone"))
print(open("/dev/zero", "rb").read(5))
print(len(set(open("/dev/urandom", "rb").read(1000))) > 100)

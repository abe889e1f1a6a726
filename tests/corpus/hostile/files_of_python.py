# Changes the standard library, which all runs have, in every way that there is.
import os
import shutil

done = []


def attempt(name, function, *arguments):
    try:
        function(*arguments)
    except (OSError, AttributeError, NotImplementedError):
        return
    done.append(name)


target = "/python/os.py"
open("/tmp/evil.py", "w").write("raise SystemExit('evil')")
os.symlink(target, "/tmp/link")
os.symlink("/python", "/tmp/folder")
attempt("write", open, target, "w")
attempt("read and write", open, target, "r+")
attempt("through a link", open, "/tmp/link", "a")
attempt("through a folder's link", open, "/tmp/folder/os.py", "w")
attempt("opened to truncate", os.open, target, os.O_RDONLY | os.O_TRUNC)
attempt("truncate", os.truncate, target, 0)
attempt("descriptor", lambda: os.ftruncate(os.open(target, os.O_RDONLY), 0))
attempt("pwrite", lambda: os.pwrite(os.open(target, os.O_RDONLY), b"#", 0))
attempt("replace", os.replace, "/tmp/evil.py", target)
attempt("rename a folder", os.rename, "/python/json", "/tmp/json")
attempt("link, to write to it", os.link, target, "/tmp/hard")
attempt("unlink", os.unlink, target)
attempt("tree", shutil.rmtree, "/python")
attempt("mode", lambda: (os.chmod("/python", 0o777), open("/python/evil.py", "w")))
attempt("new", open, "/site-packages/evil.py", "w")
attempt("folder", os.mkdir, "/python/evil")
attempt("root", os.rename, "/python", "/tmp/python")
attempt("times", os.utime, target, (0, 0))
attempt("cache", os.makedirs, "/python/__pycache__/evil")
print(done)

# Archives whose members would be written elsewhere.
import io
import os
import tarfile
import zipfile

before = {path: sorted(os.listdir(path)) for path in ("/", "/python", "/dev")}
file = io.BytesIO()
with zipfile.ZipFile(file, "w") as archive:
    for name in ("../../python/evil.py", "/python/evil.py", "a/../../evil", "..\\evil", "C:/evil"):
        archive.writestr(name, "evil")
os.mkdir("/tmp/z")
zipfile.ZipFile(file).extractall("/tmp/z")

file = io.BytesIO()
with tarfile.open(fileobj=file, mode="w") as archive:
    link = tarfile.TarInfo("link")
    link.type, link.linkname = tarfile.SYMTYPE, "/python"
    archive.addfile(link)
    for name in ("link/evil.py", "../../python/evil.py", "/python/evil.py"):
        member = tarfile.TarInfo(name)
        member.size = 4
        archive.addfile(member, io.BytesIO(b"evil"))
    device = tarfile.TarInfo("device")
    device.type = tarfile.CHRTYPE
    archive.addfile(device)
for how in ("fully_trusted", "tar", "data"):
    file.seek(0)
    try:
        tarfile.open(fileobj=file).extractall("/tmp/z", filter=how)
    except (OSError, tarfile.TarError, AttributeError):
        pass
print([path for path in before if sorted(os.listdir(path)) != before[path]])

"""Stands in for a build backend while pip downloads an sdist.

pip asks the backend for metadata before it keeps the file. The sdist's own PKG-INFO is the answer;
the real backend would want a compiler.
"""

import email
import pathlib


def prepare_metadata_for_build_wheel(folder, config_settings=None):
    text = pathlib.Path("PKG-INFO").read_bytes()
    info = email.message_from_bytes(text)
    name = f"{info['Name']}-{info['Version']}.dist-info"
    path = pathlib.Path(folder, name)
    path.mkdir()
    (path / "METADATA").write_bytes(text)
    return name


def build_wheel(*arguments, **options):
    raise NotImplementedError("this backend only gives metadata")

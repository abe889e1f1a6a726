"""A build backend that answers pip while it downloads an sdist.

pip asks the backend for metadata before it saves the file. This backend returns the sdist's PKG-INFO;
the real backend would need a compiler.
"""

import email
import pathlib


def prepare_metadata_for_build_wheel(directory, config_settings=None):
    text = pathlib.Path("PKG-INFO").read_bytes()
    info = email.message_from_bytes(text)
    name = f"{info['Name']}-{info['Version']}.dist-info"
    path = pathlib.Path(directory, name)
    path.mkdir()
    (path / "METADATA").write_bytes(text)
    return name


def build_wheel(*arguments, **options):
    raise NotImplementedError("this backend only gives metadata")

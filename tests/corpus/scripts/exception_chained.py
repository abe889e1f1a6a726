# ends: exception LookupError
def read(text):
    try:
        return int(text)
    except ValueError as error:
        raise RuntimeError(f"cannot read {text!r}") from error


def use():
    try:
        read("four")
    except RuntimeError as error:
        error.add_note("in the first of two files")
        error.add_note("a second note\nof two lines")
        try:
            raise KeyError("while at it") from None
        except KeyError:
            raise LookupError("in the end")


print("before")
use()

# What an element may hold, as Expat hands it on.
# ends: trap stack
import xml.parsers.expat

parser = xml.parsers.expat.ParserCreate()
parser.ElementDeclHandler = lambda name, model: None
parser.Parse("<!DOCTYPE a [<!ELEMENT a " + "(" * 100_000 + "b" + ")" * 100_000 + ">]><a/>", True)

# Entities made of entities: a billion laughs.
# ends: exception xml.etree.ElementTree.ParseError
import xml.etree.ElementTree

entities = "".join(f'<!ENTITY e{n + 1} "{f"&e{n};" * 10}">' for n in range(9))
document = f'<!DOCTYPE r [<!ENTITY e0 "ha">{entities}]><r>&e9;</r>'
xml.etree.ElementTree.fromstring(document)

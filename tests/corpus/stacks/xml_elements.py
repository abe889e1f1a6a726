# ends: exception RecursionError
import xml.etree.ElementTree as tree

element = tree.XML("<a>" * 100_000 + "</a>" * 100_000)
tree.tostring(element)

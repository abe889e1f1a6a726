# ends: done | trap stack
import xml.etree.ElementTree as tree

element = tree.XML("<a>" * 300_000 + "</a>" * 300_000)
del element

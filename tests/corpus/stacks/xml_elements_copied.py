# ends: exception RecursionError | trap stack
import copy
import xml.etree.ElementTree as tree

copy.deepcopy(tree.XML("<a>" * 100_000 + "</a>" * 100_000))

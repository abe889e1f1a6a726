import numpy as np
from numpy.dtypes import StringDType

names = np.array(["Zürich", "", "東京 Tokyo", "a" * 50], StringDType())
print(names.dtype, np.strings.str_len(names), np.strings.upper(names)[0])
print(np.sort(names).tolist())
print((names + "!").tolist()[:3], names == "", np.strings.find(names, "o"))
missing = np.array(["x", None], StringDType(na_object=None))
print(missing.tolist())
fixed = np.array(["one", "two three"])
print(np.strings.startswith(fixed, "t"), np.char.split(fixed).tolist(), np.strings.replace(fixed, "t", "T"))
print(np.strings.add(fixed, fixed), np.strings.isalpha(fixed), np.array(["3", "4"]).astype(float))

import numpy as np

dtype = [("name", "U10"), ("age", "i4"), ("weight", "f8")]
people = np.array([("Ada", 36, 61.5), ("Grace", 85, 58.0), ("Alan", 41, 70.25)], dtype)
print(people["name"], people["age"].mean(), people[people["age"] > 40]["name"].tolist())
print(np.sort(people, order="age")["name"])
people["age"][0] += 1
print(people[0], people.dtype.names, people.dtype.itemsize)
record = people.view(np.recarray)
print(record.weight.sum())
nested = np.zeros(2, [("p", [("x", "f4"), ("y", "f4")]), ("ids", "i2", (2,))])
nested["p"]["x"] = [1, 2]
nested["ids"] = [[1, 2], [3, 4]]
print(nested)

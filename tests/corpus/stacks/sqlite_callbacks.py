# ends: exception sqlite3.OperationalError | exception RecursionError
import sqlite3

connection = sqlite3.connect(":memory:")


def forever(number):
    return connection.execute("select forever(?)", (number,)).fetchone()[0]


connection.create_function("forever", 1, forever)
forever(1)

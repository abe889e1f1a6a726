# ends: exception ZeroDivisionError
def again(n):
    return again(n - 1) if n else 1 / 0


again(20)

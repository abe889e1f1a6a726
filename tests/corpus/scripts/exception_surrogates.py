# ends: exception ValueError
print("before")
raise ValueError("lone \udc80 and \ud83d surrogates")

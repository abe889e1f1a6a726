# ends: exception ValueError
raise ValueError

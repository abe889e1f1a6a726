# ends: exception KeyboardInterrupt
raise KeyboardInterrupt("no keyboard here")

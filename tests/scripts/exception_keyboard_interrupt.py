raise KeyboardInterrupt("no keyboard here")

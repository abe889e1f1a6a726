# ends: exception TabError
if True:
	x = 1
        y = 2

if True:
    x = """
\

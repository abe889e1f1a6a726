# ends: exception ValueError
größe = 3
变量 = größe * 2
print(größe, 变量)
raise ValueError(f"größe {变量} 🎈")

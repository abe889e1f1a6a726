# ends: exception GeneratorExit
raise GeneratorExit

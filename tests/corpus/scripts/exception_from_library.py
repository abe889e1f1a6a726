# ends: exception json.decoder.JSONDecodeError
import json

json.loads("[1, 2")

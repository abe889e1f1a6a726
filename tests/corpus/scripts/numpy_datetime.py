import datetime
import numpy as np

a = np.datetime64("2024-02-28")
print(a + 2, (np.datetime64("2024-03-01") - a), a.astype("M8[M]"), a.item())
days = np.arange("2024-12-29", "2025-01-03", dtype="M8[D]")
print(days, np.diff(days).sum(), np.is_busday(days), np.busday_count("2024-01-01", "2025-01-01"))
print(np.datetime64("2024-01-01T12:00:00.123456789"), np.datetime64("NaT") == np.datetime64("NaT"))
print(np.timedelta64(90, "m") / np.timedelta64(1, "h"), np.timedelta64(1, "D").astype("m8[s]"))
print(np.array(["2001-01-01", "1969-12-31T23:59"], "M8[s]").astype("i8"))
print(np.datetime_as_string(days[:2], unit="h"), np.array([datetime.date(2020, 1, 2)], "M8[D]"))
try:
    np.datetime64("2024-13-01")
except ValueError as error:
    print("ValueError:", error)

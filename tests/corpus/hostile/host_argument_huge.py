# Hands the host more than it may.
# ends: limit HostCallBytes
# limits: host_call_bytes=1MiB
echo("x" * 2_000_000)

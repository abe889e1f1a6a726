# Characters that are six times as long in JSON.
# ends: limit HostCallBytes
# limits: host_call_bytes=1MiB
echo("\0" * 400_000)

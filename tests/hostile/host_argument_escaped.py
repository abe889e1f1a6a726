# Letters that are six times as long as JSON writes them.
# expect: limit HostCallBytes
# limits: host_call_bytes=1MiB
echo("\0" * 400_000)

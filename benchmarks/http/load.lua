-- What wrk sends, and what it says at the end: `wrk -s load.lua URL -- BODY SIGNATURE`.

function init(args)
   local file = assert(io.open(args[1], "rb"))
   wrk.method = "POST"
   wrk.body = file:read("*a")
   file:close()
   wrk.headers["Content-Type"] = "application/json"
   wrk.headers["X-Tink-Signature"] = args[2]
   -- Without a function `request` wrk writes the request once and sends the same bytes each time.
end

-- The last line of its output. `status` counts the answers of 400 and above.
function done(summary, latency, _)
   local errors = summary.errors
   print(
      string.format(
         '{"requests": %d, "seconds": %.6f, "p99_ms": %.3f, '
            .. '"errors": {"connect": %d, "read": %d, "write": %d, "timeout": %d, "status": %d}}',
         summary.requests,
         summary.duration / 1e6,
         latency:percentile(99) / 1e3,
         errors.connect,
         errors.read,
         errors.write,
         errors.timeout,
         errors.status
      )
   )
end
